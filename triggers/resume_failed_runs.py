"""Timer: recovers runs whose root failed or was terminated without ending the run."""

import azure.durable_functions as df
import azure.functions as func

from shared.runs.durable_client import DurableClient
from shared.runs.recover_all import recover_runs
from shared.services.container import get_services
from shared.telemetry.observed_timers import observe_timer

blueprint = df.Blueprint()

SCHEDULE = "30 */4 * * * *"
"""Every four minutes: a lost run resumes within five minutes, and an idle app wakes 11,000 times a month."""


@blueprint.timer_trigger(arg_name="timer", schedule=SCHEDULE, run_on_startup=False, use_monitor=True)
@blueprint.durable_client_input(client_name="client")
@observe_timer
async def resume_failed_runs(timer: func.TimerRequest, client: DurableClient) -> None:  # noqa: ARG001 - as triggered
    """Timer: restart or end runs that lost their root."""
    await recover_runs(get_services(), client)
