"""Several writers, several processes, one catalog: whatever the order, names are unique and the size is exact."""

import asyncio
import itertools
import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.catalog_files import (
    Batch,
    create_batch,
    iterate_items,
    list_batch_numbers,
    read_batch,
    write_categories,
)
from shared.catalog.draft_rules import NameIndex
from shared.catalog.items import Category, Draft, DraftBatch
from shared.messages.text import TextCall, TextResult
from shared.models.protocol import AnswerT, TextAnswer, TextRequest
from shared.runs import run_files
from shared.services.container import Services
from shared.storage.protocol import Content
from tests.strategies import QUICK
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.scripted_model import USAGE, ScriptedModel

CATEGORIES = [Category(f"Crew {word}", f"crew-{word.lower()}") for word in ("Alpha", "Beta", "Gamma", "Delta", "Omega")]


def name_call(worker: int, workers: int, sequence: int, **more: Any) -> TextCall:
    """Return the call of a writer for one of its batches, named as ``write_items`` names it."""
    writer = f"0.{workers}.{worker}/{sequence}"
    return TextCall(RUN, CATALOG, batch=sequence, writer=writer, writer_index=worker, writer_count=workers, **more)


async def write_call(process: Services, call: TextCall) -> TextResult:
    return TextResult.from_json(await deliver(process, "write_batch", call))


async def read_batches(store: MemoryStore | RecordingStore) -> list[Batch]:
    """Return the catalog's batches; their numbers have no gaps."""
    numbers = await list_batch_numbers(store, CATALOG)
    assert numbers == list(range(1, len(numbers) + 1))
    found = [await read_batch(store, CATALOG, number) for number in numbers]
    return [batch for batch in found if batch is not None]


async def check_catalog(store: MemoryStore | RecordingStore, *, target: int) -> list[Batch]:
    """Check that the catalog holds exactly ``target`` items and no name twice, by the rule; returns its batches."""
    batches = await read_batches(store)
    names = NameIndex()
    for item in [item async for item in iterate_items(store, CATALOG)]:
        assert names.find_duplicate(item.name, item.category) is None, item.name
        names.add(item.name, item.category)
    assert sum(len(batch.items) for batch in batches) == target
    written = [batch.writer for batch in batches]
    assert len(set(written)) == len(written)
    return batches


# --- any interleaving -------------------------------------------------------------------------------------------------


class SlowStore(MemoryStore):
    """A store whose reads and creations take their time, drawn from ``chance``."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__()
        self._random_streams = chance

    async def read(self, path: str) -> Content | None:
        await wait_a_while(self._random_streams)
        return await super().read(path)

    async def create(
        self, path: str, data: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> bool:
        await wait_a_while(self._random_streams)
        return await super().create(path, data, content_type=content_type, metadata=metadata)


@dataclass(slots=True)
class RepetitiveModel(ScriptedModel):
    """Half of its drafts have one of a few names, and some belong to a category that was not asked for."""

    chance: random.Random = field(default_factory=lambda: random.Random(1))

    async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
        self._begin(request.task)
        await wait_a_while(self.chance)
        quotas = json.loads(request.task)["categories"]
        drafts = [self._draft(quota["name"]) for quota in quotas for _ in range(quota["count"])]
        return TextAnswer(cast("AnswerT", DraftBatch(items=drafts)), USAGE, "gpt-5", None)

    def _draft(self, category: str) -> Draft:
        name = f"Bold Baker {self.chance.choice('ABCDEFGH') * 8}" if self.chance.random() < 0.5 else self._make_name("")
        if self.chance.random() < 0.1:
            category = self.chance.choice(CATEGORIES).name
        return Draft(name=name, description="A hat.", category=category, image_prompt="Photo of a hat")


async def wait_a_while(chance: random.Random) -> None:
    for _ in range(chance.randrange(6)):
        await asyncio.sleep(0)


async def write_share(
    processes: Sequence[Services], chance: random.Random, worker: int, workers: int, target: int
) -> int:
    """Write batches as ``write_items`` does, each call delivered to any process, now and then to two at once.

    Returns:
        How many items were written, as the results tell.
    """
    accepted = 0
    for sequence in range(1, 1000):
        call = name_call(worker, workers, sequence)
        deliveries = [
            write_call(process, call) for process in chance.sample(processes, chance.randint(1, len(processes)))
        ]
        results = await asyncio.gather(*deliveries)
        # One that finds the image worker full does not wait for another one that has been paid and is not stored yet.
        result, *others = [result for result in results if result.asked] or results
        assert {other.accepted for other in others} <= {result.accepted}
        accepted += result.accepted
        if not result.asked or result.total >= target:
            return accepted
    raise AssertionError("the writer does not end")


@QUICK
@given(seed=st.integers(0, 10**6), workers=st.integers(1, 5), processes=st.integers(1, 3), target=st.integers(1, 60))
def test_names_are_unique_and_the_size_is_exact_whatever_the_interleaving(
    seed: int, workers: int, processes: int, target: int
) -> None:
    async def write() -> None:
        chance = random.Random(seed)
        store = SlowStore(chance)
        await start_run_in(store, target_count=target, batch_size=7)
        await write_categories(store, CATALOG, CATEGORIES)
        model = RepetitiveModel(chance=chance)
        services = [start_process(store, model) for _ in range(processes)]
        reported = sum(
            await asyncio.gather(*(write_share(services, chance, worker, workers, target) for worker in range(workers)))
        )
        if workers > 1:  # what image workers could not write, a last writer for all categories does
            reported += await write_share(services, chance, 0, 1, target)
        await check_catalog(store, target=target)
        assert reported == target

    asyncio.run(write())


# --- image workers ----------------------------------------------------------------------------------------------------


async def test_a_writer_requests_its_own_categories_only_and_ends_when_they_are_full(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start_run_in(store, target_count=15, batch_size=4)
    await write_categories(store, CATALOG, CATEGORIES)
    process = start_process(store, model)
    results = [await write_call(process, name_call(1, 2, sequence)) for sequence in (1, 2, 3)]
    assert [(result.asked, result.accepted, result.total) for result in results] == [(4, 4, 4), (2, 2, 6), (0, 0, 6)]
    assert {item.category async for item in iterate_items(store, CATALOG)} == {CATEGORIES[1].name, CATEGORIES[3].name}


async def test_writers_of_one_process_work_side_by_side(store: RecordingStore) -> None:
    class WaitingModel(ScriptedModel):
        """Answers only after both writers have asked."""

        async def answer(self, request: TextRequest[AnswerT]) -> TextAnswer[AnswerT]:
            answer = await super().answer(request)
            while self.calls < 2:  # noqa: ASYNC110 - a test that fails by its time limit
                await asyncio.sleep(0)
            return answer

    await start_run_in(store, target_count=10, batch_size=5)
    await write_categories(store, CATALOG, CATEGORIES)
    process = start_process(store, WaitingModel())
    async with asyncio.timeout(300):
        await asyncio.gather(*(write_call(process, name_call(worker, 2, 1)) for worker in range(2)))
    assert {batch.writer for batch in await read_batches(store)} == {"0.2.0/1", "0.2.1/1"}


async def test_no_two_requests_of_writers_are_the_same(store: RecordingStore, model: ScriptedModel) -> None:
    await start_run_in(store, target_count=10, batch_size=1)
    await write_categories(store, CATALOG, [CATEGORIES[0]])
    process = start_process(store, model)
    for worker, workers, sequence in ((0, 2, 1), (0, 2, 2), (0, 1, 1), (0, 1, 2)):
        await write_call(process, name_call(worker, workers, sequence))
    assert len(model.paid) == 4
    assert set(model.paid.values()) == {1}


async def test_a_process_lists_the_batches_once_and_reads_each_of_them_once(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start_run_in(store, target_count=200, batch_size=4)
    await write_categories(store, CATALOG, CATEGORIES)
    others = start_process(store, model)
    for sequence in range(1, 21):
        await write_call(others, name_call(0, 2, sequence))
    store.reads.clear()
    process = start_process(store, model)
    for sequence in range(1, 21):
        await write_call(process, name_call(1, 2, sequence))
    batches = {path: count for path, count in store.reads.items() if "/batches/" in path}
    assert len(batches) == 20 + 20
    # Those of others are read once; an own one is looked for before it is written, and not read back.
    assert set(batches.values()) == {1}


# --- deliveries -------------------------------------------------------------------------------------------------------


async def make_world(store: RecordingStore) -> None:
    """Leave a run in the middle: another writer has written a batch with a name that this one proposes again."""
    await start_run_in(store, target_count=30)
    await write_categories(store, CATALOG, CATEGORIES)
    await create_batch(store, CATALOG, Batch(1, RUN, (make_item("Ann"),), asked=1, writer="0.2.0/1"))
    store.changes.clear()


async def test_killed_before_any_of_its_changes_it_is_finished_by_the_next_delivery() -> None:
    call = name_call(1, 2, 1)
    for changes_to_live in itertools.count():
        store, model = RecordingStore(MemoryStore()), ScriptedModel()
        await make_world(store)
        store.changes_to_live = changes_to_live
        survived = True
        try:
            await write_call(start_process(store, model), call)
        except KilledError:
            survived = False
        store.changes_to_live = None
        paid_in_vain = model.calls if len(await read_batches(store)) == 1 else 0

        result = await write_call(start_process(store, model), call)
        assert (result.accepted, result.asked, result.cost.text_calls) == (4, 4, 1)
        assert await write_call(start_process(store, model), call) == result
        assert sum(model.paid.values()) == 1 + paid_in_vain
        assert [batch.writer for batch in await read_batches(store)] == ["0.2.0/1", "0.2.1/1"]
        if survived:
            assert changes_to_live > 0
            break


async def test_a_batch_is_found_by_its_writer_behind_the_batches_of_others(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await make_world(store)
    process = start_process(store, model)
    first = await write_call(process, name_call(1, 2, 1))
    await write_call(process, name_call(0, 2, 2))
    paid = sum(model.paid.values())
    again = await write_call(start_process(store, model), name_call(1, 2, 1, attempt=1))
    assert (again.accepted, again.rejected, again.cost) == (first.accepted, first.rejected, first.cost)
    assert again.total == 9
    assert sum(model.paid.values()) == paid


async def test_a_batch_of_the_same_name_in_another_run_is_not_taken_for_this_one(
    store: RecordingStore,
    model: ScriptedModel,
) -> None:
    await start_run_in(store, target_count=30)
    await write_categories(store, CATALOG, CATEGORIES)
    await create_batch(store, CATALOG, Batch(1, "8204736755522-00000000", (make_item("Ann"),), writer="0.2.1/1"))
    assert (await write_call(start_process(store, model), name_call(1, 2, 1))).accepted == 4
    assert model.calls == 1


@dataclass(slots=True)
class OvertakenStore(RecordingStore):
    """Somebody else takes the first number that is tried, and has accepted the given names."""

    names: tuple[str, ...] = ()

    async def create(
        self, path: str, data: bytes, *, content_type: str, metadata: Mapping[str, str] | None = None
    ) -> bool:
        if self.names and "/batches/" in path:
            names, self.names = self.names, ()
            number = int(path.rpartition("/")[2].removesuffix(".json"))
            batch = Batch(number, RUN, tuple(map(make_item, names)), writer="0.2.0/1")
            assert await create_batch(self, CATALOG, batch)
        return await RecordingStore.create(self, path, data, content_type=content_type, metadata=metadata)


class OneNameModel(ScriptedModel):
    """Proposes Ann, and others."""

    def _make_name(self, kind: str) -> str:
        number = next(self._numbers)
        return "Ann" if number == 0 else f"{chr(ord('B') + number) * 9} {kind}"


async def test_drafts_are_validated_again_if_another_writer_took_the_number() -> None:
    store, model = OvertakenStore(MemoryStore(), names=("Ann",)), OneNameModel()
    await start_run_in(store, target_count=30)
    await write_categories(store, CATALOG, CATEGORIES)
    result = await write_call(start_process(store, model), name_call(1, 2, 1))
    assert (result.accepted, result.total, result.rejected) == (3, 4, {"duplicate_name": 1})
    assert model.calls == 1
    rows = [row async for row in run_files.iterate_rejections(store, RUN)]
    assert [(row["name"], row["batch"]) for row in rows] == [("Ann", 2)]
    assert len(await list_paths(store, f"runs/{RUN}/rejected/")) == 1
    await check_catalog(store, target=4)


async def test_what_others_have_added_leaves_less_room_and_surplus_is_dropped() -> None:
    store = OvertakenStore(MemoryStore(), names=("Ann", "Bob", "Cem", "Dan"))
    model = ScriptedModel()
    await start_run_in(store, target_count=5)
    await write_categories(store, CATALOG, CATEGORIES)
    result = await write_call(start_process(store, model), name_call(0, 1, 1))
    assert (result.asked, result.accepted, result.total, result.rejected) == (4, 1, 5, {})
    await check_catalog(store, target=5)


async def test_a_paid_answer_without_room_is_recorded_all_the_same() -> None:
    store, model = OvertakenStore(MemoryStore(), names=("Ann", "Bob")), ScriptedModel()
    await start_run_in(store, target_count=2)
    await write_categories(store, CATALOG, CATEGORIES)
    call = name_call(0, 1, 1)
    result = await write_call(start_process(store, model), call)
    assert (result.accepted, result.total, result.cost.text_calls) == (0, 2, 1)
    assert await write_call(start_process(store, model), call) == result
    assert model.calls == 1
