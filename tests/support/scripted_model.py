"""A model without a service: answers at once, counts billed calls, and fails as scripted."""

import hashlib
import itertools
import json
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from shared.catalog.items import CategoryDraft, CategoryList, Draft, DraftBatch, PromptDraft, PromptDraftBatch
from shared.errors import ModelError
from shared.images.refinement_answers import Evaluation, PromptRewrite, StyledEvaluation
from shared.models.protocol import AnswerT, ImageAnswer, ImageRequest, TextAnswer, TextRequest
from shared.models.usage import Usage
from tests.support.sample_images import draw

USAGE = Usage(input_tokens=100, output_tokens=1000)
IMAGE = draw(size=(64, 64))


@dataclass(slots=True)
class ScriptedModel:
    """A `Model` without a network.

    Attributes:
        paid: billed calls by task or prompt, including failed ones.
        calls: all calls.
        failures: raised by the next calls, one each.
        images: answers of the next image calls instead of a valid image.
        max_categories: in one answer.
        scores: of evaluated images, by round.
        likenesses: of evaluated images to style references, by round.
        tasks: of all text calls, in order.
        rewrite: returns the new prompt for a prompt.
        jobs: of the requested images.
        prompts: answers for rows instead of a valid prompt for each.
    """

    paid: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    failures: deque[ModelError] = field(default_factory=deque)
    images: deque[bytes] = field(default_factory=deque)
    max_categories: int = 100
    scores: Sequence[int] = (50, 80, 65)
    likenesses: Sequence[int] = (90, 90, 90)
    tasks: list[dict[str, Any]] = field(default_factory=list)
    rewrite: Callable[[str], str] = lambda prompt: f"a better {prompt}"
    jobs: list[str | None] = field(default_factory=list)
    prompts: list[PromptDraft] = field(default_factory=list)
    _numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        self._begin(request.task)
        task = json.loads(request.task)
        self.tasks.append(task)
        value: CategoryList | DraftBatch | PromptDraftBatch | Evaluation | PromptRewrite
        if task["task"] == "categories":
            count = min(task["count"], self.max_categories)
            value = CategoryList(categories=[CategoryDraft(name=self._make_name("Crew")) for _ in range(count)])
        elif task["task"] in {"evaluation", "style_evaluation"}:
            assert request.image is not None
            score = self.scores[task["iteration"] - 1]
            value = Evaluation(score=score, missing=["a hat"], wrong=[], unwanted=["stray text"])
            if request.references:
                likeness = self.likenesses[task["iteration"] - 1]
                value = StyledEvaluation(**value.model_dump(), likeness=likeness, unlike=["darker light"])
        elif task["task"] == "rewrite":
            value = PromptRewrite(prompt=self.rewrite(task["prompt"]))
        elif task["task"] == "prompts":
            value = PromptDraftBatch(prompts=self.prompts or [_write_prompt(task, row) for row in task["rows"]])
        else:
            value = DraftBatch(items=[self._write_draft(task, quota) for quota in _spread(task["categories"])])
        return TextAnswer(cast("AnswerT", value), USAGE, "gpt-5", "request-1")

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        self._begin(request.prompt)
        self.jobs.append(request.job)
        data = self.images.popleft() if self.images else IMAGE
        return ImageAnswer(data, USAGE, "gpt-image-2", "request-2")

    async def probe(self) -> None:
        """Succeed: there is no service to reach."""

    async def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def _begin(self, what: str) -> None:
        self.calls += 1
        failure = self.failures.popleft() if self.failures else None
        if failure is None or failure.usage is not None:
            self.paid[what] += 1
        if failure is not None:
            raise failure

    def _make_name(self, kind: str) -> str:
        digest = hashlib.sha256(str(next(self._numbers)).encode()).hexdigest()
        return f"{digest[:16]} {kind}"

    def _write_draft(self, task: dict[str, Any], category: str) -> Draft:
        name = self._make_name("Hero")
        return Draft(
            name=name,
            description=f"This is {name} at work. It has a hat and a smile.",
            category=category,
            image_prompt=f"{task['openings'][0]} of {name}, {task['tail']}",
        )


def _write_prompt(task: dict[str, Any], row: dict[str, Any]) -> PromptDraft:
    return PromptDraft(
        index=row["index"], prompt=f"{task['openings'][0]} {row['name']} on a {row['index']}-legged table"
    )


def _spread(quotas: list[dict[str, Any]]) -> list[str]:
    return [quota["name"] for quota in quotas for _ in range(quota["count"])]
