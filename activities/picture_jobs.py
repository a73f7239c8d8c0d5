"""What the steps of an item's picture have in common: who asks, from which prompt, and how it becomes the item's own.

Without refinement a picture is drawn where it stays, below the catalog. With it each round's picture is kept among the
run's results, and the best one so far is the item's: so whatever happens next, something that was paid for is there.
"""

from dataclasses import dataclass

from activities.allowance import Allowance, open_allowance
from activities.item_prompts import use_written_prompt
from shared.domain import paths
from shared.domain.image_messages import Action, ImageCall, Step
from shared.domain.items import Item, find_content_type
from shared.domain.messages import Cost
from shared.domain.requests import SeedRequest
from shared.ports import FileInfo
from shared.records.refinements import IterationRecord, Results
from shared.wiring import Services

COST_FACTS = ("input_tokens", "output_tokens", "nano_usd")
LEG_FACT = "leg"


@dataclass(frozen=True, slots=True)
class PictureJob:
    """One step of an item's picture.

    Attributes:
        call: who asks for it.
        request: what the run was asked.
        item: whose picture it is.
        allowance: what of the budget it takes.
        results: what the run has of the item so far.
    """

    call: ImageCall
    request: SeedRequest
    item: Item
    allowance: Allowance
    results: Results

    @property
    def path(self) -> str:
        """Where the item's picture is."""
        return paths.image_file(self.call.catalog, self.item.filename)

    @property
    def round_path(self) -> str:
        """Where the picture of this round is drawn to."""
        if not self.request.refine.is_wanted:
            return self.path
        return self.results.name_picture(self.call.step.round, self.item.filename)

    @property
    def key(self) -> str:
        """Names the result that is paid for, in all runs."""
        return f"{self.call.run_id}/{self.allowance.subject}"

    @property
    def order(self) -> str:
        """Names the picture to a service with a queue, the same in every try: see ``ImageRequest.job``."""
        step = self.call.step
        place = "" if step == Step() else f"iteration-{step.round}.{step.rewrite}/"
        return f"{self.call.run_id}/{place}{self.call.product_id}"

    async def read_prompt(self, step: Step | None = None) -> str:
        """Return the prompt of this step, or of another one.

        Raises:
            LookupError: it is not there, which no run of ours can bring about.
        """
        step = step or self.call.step
        if step.round == 1 and not step.rewrite:
            return self.item.image_prompt
        record = await self.results.read_prompt(step)
        if record is None:
            raise LookupError(f"item {self.call.product_id!r} has no prompt for picture {step.round}.{step.rewrite}")
        return record.prompt

    def is_told(self, leg: int) -> bool:
        """Tell whether what was paid in a leg of the run is counted: a lane ends only when it knows all its results."""
        return leg < self.call.leg

    def tell_cost(self, cost: Cost, leg: int) -> Cost:
        """Return what this leg has to tell of what was paid in a leg: nothing of what an earlier one has told."""
        return Cost() if self.is_told(leg) else cost

    def find_next_rewrite(self) -> Step | None:
        """Return the step that words a refused prompt anew; None where the request allows no further one."""
        step = self.call.step
        if step.rewrite >= self.request.policy_rewrites:
            return None
        return Step(Action.REWRITE, step.round, step.rewrite + 1)


async def open_picture_job(services: Services, call: ImageCall) -> PictureJob:
    """Return the job that a call is for.

    Raises:
        DamagedFileError: a file of the catalog or the run cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    store, step = services.store, call.step
    request = await services.caches.read_request(store, call.run_id)
    item = await find_item(services, call.catalog, call.run_id, call.batch, call.product_id)
    kind = "image" if step.action is Action.DRAW else str(step.action)
    place = "" if step.round == 1 and not step.rewrite else f"/{step.round}.{step.rewrite}"
    allowance = open_allowance(services, call.run_id, request, f"{kind}/{call.product_id}{place}")
    return PictureJob(call, request, item, allowance, Results(store, call.run_id, call.product_id))


async def find_item(services: Services, catalog: str, run_id: str, batch: int, product_id: str) -> Item:
    """Return an item of a batch, with the prompt that its picture is asked for with.

    Raises:
        LookupError: it is not there, which no run of ours can bring about.
    """
    found = await services.caches.read_batch(services.store, catalog, run_id, batch)
    for item in found.items if found is not None else ():
        if item.product_id == product_id:
            return await use_written_prompt(services, catalog, run_id, batch, item)
    raise LookupError(f"item {product_id!r} is not in batch {batch} of catalog {catalog!r}")


async def keep_iteration(job: PictureJob, drawn: FileInfo, prompt: str) -> None:
    """Record what is known of a round's picture.

    Raises:
        StoreUnavailableError: the store does not answer.
    """
    facts = drawn.facts
    await job.results.keep_iteration(
        IterationRecord(
            iteration=job.call.step.round,
            prompt=prompt,
            rewrites=job.call.step.rewrite,
            file=drawn.path.rpartition("/")[2],
            content_type=find_content_type(drawn.path),
            bytes=drawn.size,
            width=int(facts["width"]),
            height=int(facts["height"]),
            sha256=facts["sha256"],
            model=facts.get("model", ""),
            request_id=facts.get("request_id"),
            cost=read_cost(drawn),
        ),
    )


def read_cost(stored: FileInfo) -> Cost:
    """Return what a picture cost, by its facts."""
    tokens_in, tokens_out, nano_usd = (int(stored.facts.get(fact, "0")) for fact in COST_FACTS)
    return Cost(image_calls=1, input_tokens=tokens_in, output_tokens=tokens_out, nano_usd=nano_usd)


def read_leg(stored: FileInfo) -> int:
    """Return how often the run was resumed before a picture was counted, by its facts."""
    return int(stored.facts.get(LEG_FACT, "0"))
