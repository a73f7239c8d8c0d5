"""Style references are recorded by content before a run starts, and every image call of the run carries them."""

from dataclasses import replace

import pytest

from shared.errors import InvalidRequestError
from shared.images.image_metadata import read_image_metadata
from shared.images.style_files import (
    keep_last_style,
    list_reference_images,
    load_style,
    read_style,
    record_style,
    resolve_last_style,
    resolve_style,
)
from shared.messages.images import ImageCall
from shared.models.protocol import ImageAnswer, ImageRequest
from shared.models.provider_names import Provider, ProviderAccess
from shared.reasons import Reason
from shared.runs.request import SeedRequest
from shared.runs.run_files import read_stop_record
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from tests.support.activity_calls import RUN, SETTINGS, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, list_paths, make_item, read_data, write_batches
from tests.support.memory_store import KilledError, MemoryStore, RecordingStore
from tests.support.sample_images import draw
from tests.support.scripted_model import ScriptedModel

STYLE = {"images": ["inputs/red.png", "inputs/blue.webp"]}
REQUEST = SeedRequest.from_json({"catalog": CATALOG, "styleReference": STYLE})
ANN = make_item("Ann")
CALL = ImageCall(RUN, CATALOG, product_id=ANN.product_id, batch=1)


class RememberingModel(ScriptedModel):
    """A scripted model that remembers the references of its image requests."""

    seen: tuple[tuple[str, bytes], ...] = ()

    async def generate_image(self, request: ImageRequest) -> ImageAnswer:
        type(self).seen = tuple((one.content_type, one.data) for one in request.references)
        return await ScriptedModel.generate_image(self, request)


@pytest.fixture
async def store() -> RecordingStore:
    """A store with two inputs."""
    store = RecordingStore(MemoryStore())
    await store.write("inputs/red.png", draw((250, 0, 0), size=(1500, 750)), content_type="image/png")
    await store.write("inputs/blue.webp", draw((0, 0, 250), size=(64, 96), kind="WEBP"), content_type="image/webp")
    return store


async def test_references_are_recorded_as_they_are_sent_and_a_changed_input_changes_nothing(
    store: RecordingStore,
) -> None:
    style = await resolve_style(store, REQUEST)
    assert style is not None
    await record_style(store, RUN, CATALOG, style)
    await store.write("inputs/red.png", draw((0, 250, 0)), content_type="image/png")
    changed = await resolve_style(store, REQUEST)
    assert changed is not None
    await record_style(store, RUN, CATALOG, changed)

    loaded = await load_style(store, RUN, CATALOG)
    assert loaded.record == style.record != changed.record
    assert [(one.width, one.height) for one in loaded.record.images] == [(1024, 512), (64, 96)]
    assert loaded.record.tokens == 32 * 16 + 2 * 3
    assert [one.data[:3] for one in list_reference_images(loaded)] == [b"\xff\xd8\xff"] * 2
    assert style.record.digest != changed.record.digest


async def test_the_same_images_have_the_same_digest_whatever_their_inputs_are_called(store: RecordingStore) -> None:
    await store.write("inputs/copy.png", draw((250, 0, 0), size=(1500, 750)), content_type="image/png")
    one, other, swapped = [
        await resolve_style(store, SeedRequest.from_json({"catalog": CATALOG, "styleReference": {"images": images}}))
        for images in (STYLE["images"], ["inputs/copy.png", "inputs/blue.webp"], STYLE["images"][::-1])
    ]
    assert one is not None
    assert other is not None
    assert swapped is not None
    assert one.record.digest == other.record.digest != swapped.record.digest


async def test_a_repair_takes_the_references_of_the_last_request_and_without_a_record_those_of_the_inputs(
    store: RecordingStore,
) -> None:
    style = await resolve_style(store, REQUEST)
    assert style is not None
    assert await resolve_last_style(store, REQUEST) == style
    await record_style(store, RUN, CATALOG, style)
    await keep_last_style(store, RUN, CATALOG)
    await store.delete("inputs/red.png")
    last = await resolve_last_style(store, REQUEST)
    assert last is not None
    assert (last.record, last.files) == (style.record, {})
    assert await resolve_last_style(store, SeedRequest(catalog=CATALOG)) is None
    with pytest.raises(InvalidRequestError):
        await resolve_style(store, REQUEST)


async def test_a_process_that_dies_while_it_records_leaves_no_record_without_its_files(store: RecordingStore) -> None:
    style = await resolve_style(store, REQUEST)
    assert style is not None
    dying = KillingStore(store)
    for allowed in range(3):
        dying.allowed = allowed
        with pytest.raises(KilledError):
            await record_style(dying, RUN, CATALOG, style)
        assert await read_style(store, RUN) is None
    await record_style(store, RUN, CATALOG, style)
    assert (await load_style(store, RUN, CATALOG)).record == style.record


class KillingStore(RecordingStore):
    """A store whose process dies after a number of new files."""

    allowed = 0

    async def create(self, path: str, *arguments: object, **options: object) -> bool:
        if not self.allowed:
            raise KilledError
        self.allowed -= 1
        return await super().create(path, *arguments, **options)  # type: ignore[arg-type]


async def test_an_image_call_carries_the_references_and_its_image_their_digest_and_its_distance(
    store: RecordingStore,
) -> None:
    style = await resolve_style(store, REQUEST)
    assert style is not None
    await record_style(store, RUN, CATALOG, style)
    await start_run_in(store, style_reference=STYLE)
    await write_batches(store, ["Ann"])
    result = await deliver(start_process(store, RememberingModel()), "generate_image", CALL)
    metadata = read_image_metadata(await store.describe(paths.image_file(CATALOG, ANN.filename)))

    assert result["made"]
    assert [kind for kind, _ in RememberingModel.seen] == ["image/jpeg", "image/jpeg"]
    assert metadata is not None
    assert metadata.style == style.record.digest
    assert metadata.style_distance is not None
    assert metadata.style_distance < 0.2  # the scripted image is as red as one of them


async def test_a_provider_that_takes_no_references_gets_no_call_although_the_run_has_started(
    store: RecordingStore,
) -> None:
    style = await resolve_style(store, REQUEST)
    assert style is not None
    await record_style(store, RUN, CATALOG, style)
    await start_run_in(store, style_reference=STYLE)
    await write_batches(store, ["Ann"])
    model = replace(SETTINGS.model, image_provider=Provider.MAI, mai=ProviderAccess("http://127.0.0.1:9"))
    scripted = ScriptedModel()
    result = await deliver(
        start_process(store, scripted, settings=replace(SETTINGS, model=model)), "generate_image", CALL
    )
    stop = await read_stop_record(store, RUN)

    assert (scripted.calls, result["failure"]["reason"]) == (0, "not_configured")
    assert "cost" not in result  # nothing was billed
    assert stop is not None
    assert stop.reason is Reason.NOT_CONFIGURED


async def test_the_record_names_each_input_and_its_content(store: RecordingStore) -> None:
    style = await resolve_style(store, REQUEST)
    assert style is not None
    await record_style(store, RUN, CATALOG, style)
    record = await read_data(store, paths.run_file(RUN, "style_reference.json"))
    assert [image["path"] for image in record["images"]] == STYLE["images"]
    stored = await list_paths(store, f"catalogs/{CATALOG}/state/style_references/")
    assert sorted(stored) == sorted(paths.style_image_file(CATALOG, image["sha256"]) for image in record["images"])


async def test_the_same_image_given_twice_is_sent_once(store: RecordingStore) -> None:
    twice = {"images": ["inputs/red.png", "inputs/blue.webp", "inputs/red.png"]}
    style = await resolve_style(store, SeedRequest.from_json({"catalog": CATALOG, "styleReference": twice}))
    assert style is not None
    assert [image.path for image in style.record.images] == ["inputs/red.png", "inputs/blue.webp"]


async def test_an_empty_file_is_refused_as_such(store: RecordingStore) -> None:
    request = SeedRequest.from_json({"catalog": CATALOG, "styleReference": {"images": ["inputs/empty.png"]}})
    with pytest.raises(InvalidRequestError, match="0 bytes"):
        await resolve_style(store, request, known={"inputs/empty.png": b""})


async def test_a_record_without_references_is_damaged(store: RecordingStore) -> None:
    await store.write(paths.run_file(RUN, paths.STYLE_REFERENCE_NAME), b'{"images": []}', content_type="text/plain")
    with pytest.raises(DamagedFileError):
        await read_style(store, RUN)


@pytest.mark.parametrize(("size", "is_accepted"), [((6000, 4000), True), ((8193, 16), False)])
async def test_a_photo_of_a_camera_is_sent_smaller_and_a_larger_image_is_refused(
    store: RecordingStore, size: tuple[int, int], is_accepted: bool
) -> None:
    await store.write("inputs/photo.jpg", draw((0, 0, 250), size=size, kind="JPEG"), content_type="image/jpeg")
    request = SeedRequest.from_json({"catalog": CATALOG, "styleReference": {"images": ["inputs/photo.jpg"]}})
    if not is_accepted:
        with pytest.raises(InvalidRequestError) as raised:
            await resolve_style(store, request)
        assert raised.value.properties["errors"][0]["field"] == "styleReference.images.0"
        return
    style = await resolve_style(store, request)
    assert style is not None
    assert [(one.width, one.height) for one in style.record.images] == [(1024, 683)]
