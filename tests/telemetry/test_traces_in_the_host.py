"""The durable emulator passes traces from the call to the instance, its children and every activity."""

import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

import azure.durable_functions as df
import azure.functions as func
import pytest
from opentelemetry.trace import StatusCode

from durable_emulator.engine import ManualClock
from durable_emulator.host import DurableEmulator
from shared.errors import StoreUnavailableError
from shared.telemetry.observed_activities import observe_activity
from shared.telemetry.observed_triggers import observe_request
from shared.telemetry.tracing import add_context_parameter, start_span
from shared.telemetry.unexpected_errors import UnexpectedError
from tests.telemetry.conftest import Telemetry

Steps = Generator[Any, Any, Any]
TRACE_PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
MESSAGE = {"run_id": "run-1", "catalog": "lego"}


def make_app(seen: list[str]) -> Any:
    """Return an app whose activity notes the trace that it is handed, in an instance and in its child."""
    app = df.DFApp()

    @app.orchestration_trigger(context_name="context")
    def parent(context: df.DurableOrchestrationContext) -> Steps:
        yield context.call_activity("look", "parent")
        yield context.call_sub_orchestrator("child", None, "child-1")

    @app.orchestration_trigger(context_name="context")
    def child(context: df.DurableOrchestrationContext) -> Steps:
        generation = context.get_input() or 0
        yield context.call_activity("look", f"child {generation}")
        if generation == 0:
            context.continue_as_new(1)

    @app.activity_trigger(input_name="who")
    async def look(who: str, context: func.Context) -> None:
        seen.append(f"{who}: {context.trace_context.trace_parent}")

    return app


async def test_children_and_later_generations_are_in_the_trace_of_their_starter(tmp_path: Path) -> None:
    seen: list[str] = []
    async with DurableEmulator(make_app(seen), tmp_path, clock=ManualClock()) as host:
        host.engine.start_instance("parent", None, "one", trace_parent=TRACE_PARENT)
        await host.engine.wait_for_completion("one")

    assert seen == [f"parent: {TRACE_PARENT}", f"child 0: {TRACE_PARENT}", f"child 1: {TRACE_PARENT}"]


async def test_an_activity_of_an_instance_without_a_trace_is_handed_an_empty_one(tmp_path: Path) -> None:
    seen: list[str] = []
    async with DurableEmulator(make_app(seen), tmp_path, clock=ManualClock()) as host:
        await host.engine.wait_for_completion(host.engine.start_instance("parent"))

    assert seen == ["parent: ", "child 0: ", "child 1: "]


class Invocation:
    """An invocation's context, as the worker makes it."""

    class trace_context:  # noqa: N801 - an attribute of this name
        trace_parent = TRACE_PARENT
        trace_state = ""


async def test_an_invocation_without_a_trace_begins_one_of_its_own(telemetry: Telemetry) -> None:
    class Untraced:
        class trace_context:  # noqa: N801 - an attribute of this name
            trace_parent = ""
            trace_state = ""

    async def close_items(_payload: dict[str, Any]) -> dict[str, Any]:
        return {}

    with start_span("something else"):
        await observe_activity(close_items)(payload=MESSAGE, context=Untraced())

    (span,) = telemetry.spans("close_items")
    assert span.parent is None


async def test_an_activity_that_raises_is_reported_by_type_and_not_by_its_words(telemetry: Telemetry) -> None:
    async def generate_image(payload: dict[str, Any]) -> dict[str, Any]:
        raise LookupError(f"a prompt that nobody may read, of {payload['run_id']}")

    with pytest.raises(UnexpectedError, match=r"^LookupError at .*\.py:\d+") as raised:
        await observe_activity(generate_image)(payload=MESSAGE, context=Invocation())

    assert "run-1" not in "".join(traceback.format_exception(raised.value))
    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    (span,) = telemetry.spans("generate_image")
    (event,) = span.events
    assert dict(event.attributes or {}) == {"exception.type": "LookupError"}
    assert (span.status.is_ok, span.status.description) == (False, "LookupError")
    assert (span.attributes or {})["catalog_seeder.outcome"] == "error"


async def test_finished_work_does_not_fail_because_its_span_cannot_be_recorded(
    telemetry: Telemetry, caplog: pytest.LogCaptureFixture
) -> None:
    async def generate_image(payload: dict[str, Any]) -> dict[str, Any]:
        return {"made": True, "cost": "a prompt of nobody", "for": payload["run_id"]}

    result = await observe_activity(generate_image)(payload=MESSAGE, context=Invocation())

    assert result["made"] is True
    assert len(telemetry.spans("generate_image")) == 1
    assert "cannot record telemetry of generate_image: AttributeError at shared/telemetry/" in caplog.text
    assert "prompt" not in caplog.text


async def test_our_errors_propagate_with_their_message_and_without_causes(telemetry: Telemetry) -> None:
    async def generate_image(_payload: dict[str, Any]) -> dict[str, Any]:
        raise StoreUnavailableError("the store does not answer") from LookupError("a secret of others")

    with pytest.raises(StoreUnavailableError, match="does not answer") as raised:
        await observe_activity(generate_image)(payload=MESSAGE, context=Invocation())

    assert (raised.value.__cause__, raised.value.__context__) == (None, None)
    assert telemetry.spans("generate_image")


async def test_the_error_of_a_failed_request_propagates_without_its_message(telemetry: Telemetry) -> None:
    async def get_run(req: func.HttpRequest) -> func.HttpResponse:
        raise LookupError(f"a prompt in {req.url}")

    request = func.HttpRequest(method="GET", url="https://example.com/api/runs/1", body=b"")
    with pytest.raises(UnexpectedError) as raised:
        await observe_request(get_run)(req=request, context=Invocation())

    assert "example.com" not in str(raised.value)
    assert telemetry.spans() == []


@pytest.mark.parametrize(
    ("result", "outcome", "is_error"),
    [
        ({"deferred_seconds": 12.5}, "waiting", False),
        (
            {"failure": {"reason": "content_policy", "message": ""}, "next_step": {"action": "rewrite_prompt"}},
            "failed",
            False,
        ),
        ({"failure": {"reason": "content_policy", "message": ""}}, "failed", True),
        ({"failure": {"reason": "rate_limited", "message": ""}}, "failed", False),
        ({"made": True}, "made", False),
    ],
)
async def test_a_span_has_its_outcome_and_is_an_error_only_without_a_retry(
    telemetry: Telemetry, result: dict[str, Any], outcome: str, is_error: bool
) -> None:
    async def generate_image(_payload: dict[str, Any]) -> dict[str, Any]:
        return result

    await observe_activity(generate_image)(payload=MESSAGE, context=Invocation())

    (span,) = telemetry.spans("generate_image")
    assert (span.attributes or {})["catalog_seeder.outcome"] == outcome
    assert (span.status.status_code is StatusCode.ERROR) is is_error


async def test_a_server_error_is_an_error_of_the_span(telemetry: Telemetry) -> None:
    async def post_run(req: func.HttpRequest) -> func.HttpResponse:
        return func.HttpResponse(req.url, status_code=503)

    request = func.HttpRequest(method="POST", url="https://example.com/api/runs?code=secret", body=b"")
    response = await observe_request(post_run)(req=request, context=Invocation())

    (span,) = telemetry.spans("post_run")
    assert response.status_code == 503
    assert (span.status.is_ok, span.status.description) == (False, "HTTP 503")
    assert not [value for value in (span.attributes or {}).values() if "secret" in str(value)]


def test_a_wrapped_function_shows_the_worker_its_parameters_and_the_context() -> None:
    async def function(req: func.HttpRequest, client: str) -> str:
        """Say something."""
        return f"{client} {req.url}"

    async def wrapper(**arguments: Any) -> Any:
        return await function(**arguments)

    add_context_parameter(wrapper, function)

    assert wrapper.__name__ == "function"
    assert wrapper.__doc__ == "Say something."
    assert wrapper.__annotations__ == {
        "req": func.HttpRequest,
        "client": str,
        "return": str,
        "context": func.Context,
    }
    assert not hasattr(wrapper, "__wrapped__")
