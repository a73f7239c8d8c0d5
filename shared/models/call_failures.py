"""How activities tell failures: as data that the orchestrator decides on; only surprises raise."""

import contextlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.config import SettingError
from shared.errors import Mismatch, ModelError, StoreUnavailableError
from shared.messages.base import Failure
from shared.messages.images import ClaimWorkPageResult, ImageCall, ImageResult
from shared.messages.run import ActivityResult, ImportedInput, PublishResult, StartInventory, StopResult
from shared.messages.text import TextResult
from shared.reasons import FATAL_REASONS, Reason
from shared.runs.run_files import record_stop
from shared.services.container import Services
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from shared.storage.protocol import Store

ResultT = TypeVar(
    "ResultT",
    StartInventory,
    ImportedInput,
    ActivityResult,
    TextResult,
    PublishResult,
    StopResult,
    ClaimWorkPageResult,
    ImageResult,
)


async def catch_failures(
    services: Services,
    run_id: str,
    result_type: type[ResultT],
    work: Callable[[], Awaitable[ResultT]],
) -> ResultT:
    """Run an activity's work; what may go wrong around the model becomes a failure in its result.

    That is a store that does not answer, a damaged file, and a setting that is missing; the last one stops the run.
    """
    try:
        try:
            return await work()
        except SettingError as error:
            failure = Failure(Reason.NOT_CONFIGURED, shorten(str(error)))
            await record_stop(services.store, run_id, failure)
        except DamagedFileError as error:
            failure = await move_damaged_file(services.store, error, run_id)
    except StoreUnavailableError as error:
        failure = Failure(Reason.STORE_UNAVAILABLE, shorten(str(error)))
    except SettingError as error:  # the store's own: there is nowhere to record it
        failure = Failure(Reason.NOT_CONFIGURED, shorten(str(error)))
    return result_type(failure=failure)


async def move_damaged_file(store: Store, error: DamagedFileError, run_id: str) -> Failure:
    """Move a damaged file out of the way, so that the next run rebuilds it; nothing is deleted."""
    kept = paths.damaged_file(error.path, run_id)
    await store.move(error.path, kept)
    return Failure(
        Reason.DAMAGED_FILE,
        shorten(f"{error}; moved to {kept}: start the same run again, it rebuilds the file from the catalog's state"),
    )


async def handle_model_error(store: Store, run_id: str, error: ModelError) -> Failure:
    """Return a model error as data; one for which every further call would fail stops the run at once."""
    failure = Failure(error.reason, shorten(error.message), error.retry_after_seconds, error.request_id, error.is_final)
    if error.reason in FATAL_REASONS:
        await record_stop(store, run_id, failure)
    return failure


async def count_outcome(
    services: Services, call: ImageCall, reason: Reason | None, mismatch: Mismatch | None = None
) -> None:
    """Count how an image call went (None = well); too many bad ones among the latest stop the run.

    So does a service that answers with images of the wrong format, size or form: every further one would be paid, too.

    A store that does not take the stop record costs nothing but the next call: its outcome tries again.
    """
    failure = services.circuit_breakers.record_outcome(call.run_id, call.resume_count, reason, mismatch)
    if failure is not None:
        with contextlib.suppress(StoreUnavailableError):
            await record_stop(services.store, call.run_id, failure)


def shorten(text: str) -> str:
    """Return one line of at most 300 characters: messages travel through histories and status pages."""
    line = " ".join(text.split())
    return line if len(line) <= 300 else f"{line[:297]}..."  # noqa: PLR2004 - told in the docstring
