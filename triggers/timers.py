"""Timers: purge the history of finished runs, and recover runs that lost their root."""

from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

from shared.runs.durable_client import DurableClient
from shared.runs.purge import purge_finished_runs
from shared.runs.recover_all import recover_runs
from shared.services.container import get_services
from shared.telemetry.observed_triggers import observe_timer

blueprint = df.Blueprint()

PURGE_SCHEDULE = "0 17 3 * * *"
"""Daily at 03:17 UTC: at night, and not at the full hour, when other timers fire."""

RECOVERY_SCHEDULE = "30 */4 * * * *"
"""Every four minutes: a lost run resumes within five minutes, and an idle app wakes 11,000 times a month."""


@blueprint.timer_trigger(arg_name="timer", schedule=PURGE_SCHEDULE, run_on_startup=False, use_monitor=True)
@blueprint.durable_client_input(client_name="client")
@observe_timer
async def purge_history(timer: func.TimerRequest, client: DurableClient) -> None:  # noqa: ARG001 - as triggered
    """Timer: purge runs that finished more than HISTORY_RETENTION_DAYS ago. The files of the runs stay."""
    days = get_services().settings.history_retention_days
    await purge_finished_runs(client, before=datetime.now(UTC) - timedelta(days=days))


@blueprint.timer_trigger(arg_name="timer", schedule=RECOVERY_SCHEDULE, run_on_startup=False, use_monitor=True)
@blueprint.durable_client_input(client_name="client")
@observe_timer
async def resume_failed_runs(timer: func.TimerRequest, client: DurableClient) -> None:  # noqa: ARG001 - as triggered
    """Timer: restart or end runs whose root failed or was terminated without ending the run."""
    await recover_runs(get_services(), client)
