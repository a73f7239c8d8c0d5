"""``@activity``: everything that the activities of the app have in common around their work.

An activity takes the services and one message, and returns one message. The decorator registers it under its own name,
decodes the message, finds the services, deduplicates deliveries, returns expected failures as data, and observes the
execution (span, metrics, log). An exception is a surprise: the orchestrator's retry policy treats it as a lost worker.
"""

import inspect
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, get_origin

import azure.durable_functions as df

from shared.errors import StoreUnavailableError
from shared.messages.base import Failure, Message
from shared.reasons import Reason, shorten_message
from shared.runs.run_files import record_stop
from shared.services.container import Services, get_services
from shared.setting_values import SettingError
from shared.storage import paths
from shared.storage.json_files import DamagedFileError
from shared.storage.protocol import Store
from shared.telemetry.observed_activities import observe_activity

InputT = TypeVar("InputT", bound=Message)
ResultT = TypeVar("ResultT", bound=Message)
Work = Callable[[Services, InputT], Awaitable[ResultT]]
Payload = dict[str, Any]


def activity(
    blueprint: df.Blueprint,
    *,
    deduplicate_by: Callable[[Any], str] | None = None,
    reads_root_state: bool = False,
) -> Callable[[Work[InputT, ResultT]], Any]:
    """Register a function of services and a message as an activity of the same name.

    Args:
        blueprint: the blueprint of the module.
        deduplicate_by: returns what a message is about, such as ``image/{productId}``: a redelivery in the same process
            gets the result of the first delivery. None = each delivery does the work.
        reads_root_state: the work asks the durable host whether the run is suspended or terminated; the host passes
            its address.
    """

    def register(work: Work[InputT, ResultT]) -> Any:
        input_type, result_type = _read_types(work)

        async def execute(payload: Payload) -> Payload:
            services, message = get_services(), input_type.from_json(payload)
            run_id: str = payload["run_id"]

            async def run() -> Payload:
                return (await _catch_failures(services, run_id, result_type, lambda: work(services, message))).to_json()

            if deduplicate_by is None:
                return await run()
            return await services.deliveries.run_once(f"{run_id}/{deduplicate_by(message)}", payload, run)

        # The worker decodes a payload only if its parameter is annotated with a plain type.
        async def trigger(payload: dict) -> dict:  # type: ignore[type-arg]
            return await execute(payload)

        async def trigger_with_client(payload: dict, durable_client: str = "") -> dict:  # type: ignore[type-arg]
            get_services().root_states.set_client_binding(durable_client)
            return await execute(payload)

        function: Any = trigger_with_client if reads_root_state else trigger
        for attribute in ("__module__", "__name__", "__qualname__", "__doc__"):
            setattr(function, attribute, getattr(work, attribute))
        function = observe_activity(function)
        if reads_root_state:
            function = blueprint.generic_input_binding(arg_name="durable_client", type="durableClient")(function)
        return blueprint.activity_trigger(input_name="payload")(function)

    return register


def _read_types(work: Work[InputT, ResultT]) -> tuple[type[InputT], Callable[..., ResultT]]:
    """Return the types of the message and of the result, from the annotations of an activity."""
    signature = inspect.signature(work)
    _, message = signature.parameters.values()
    given, returned = message.annotation, signature.return_annotation
    # A parametrized class cannot be called: it would set an attribute of the frozen instance.
    return get_origin(given) or given, get_origin(returned) or returned


async def _catch_failures(
    services: Services,
    run_id: str,
    result_type: Callable[..., ResultT],
    work: Callable[[], Awaitable[ResultT]],
) -> ResultT:
    """Return a result with a failure if the store does not answer, a file is damaged, or a setting is missing.

    A missing setting also stops the run.
    """
    try:
        try:
            return await work()
        except SettingError as error:
            failure = Failure(Reason.NOT_CONFIGURED, shorten_message(str(error)))
            await record_stop(services.store, run_id, failure)
        except DamagedFileError as error:
            failure = await _move_damaged_file(services.store, error, run_id)
    except StoreUnavailableError as error:
        failure = Failure(Reason.STORE_UNAVAILABLE, shorten_message(str(error)))
    except SettingError as error:  # a setting of the store itself: there is no place for a stop record
        failure = Failure(Reason.NOT_CONFIGURED, shorten_message(str(error)))
    return result_type(failure=failure)


async def _move_damaged_file(store: Store, error: DamagedFileError, run_id: str) -> Failure:
    """Move a damaged file out of the way, so that the next run rebuilds it; nothing is deleted.

    A file that no run can rebuild stays, and every run fails until a person has restored or deleted it.
    """
    if not error.can_rebuild:
        message = f"{error}. Restore it from a backup, or delete it: what it held is lost then."
        return Failure(Reason.DAMAGED_FILE, shorten_message(message))
    new_path = paths.damaged_file(error.path, run_id)
    await store.move(error.path, new_path)
    message = f"{error}. It was moved to {new_path}. Start the same run again to rebuild it from the catalog's state."
    return Failure(Reason.DAMAGED_FILE, shorten_message(message))
