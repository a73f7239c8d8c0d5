"""Timer: purges the history of finished runs from the durable host. The files of the runs stay."""

from datetime import UTC, datetime, timedelta

import azure.durable_functions as df
import azure.functions as func

from shared.runs.durable_client import DurableClient
from shared.runs.purge import purge_finished_runs
from shared.services.container import get_services
from shared.telemetry.observed_timers import observe_timer

blueprint = df.Blueprint()

SCHEDULE = "0 17 3 * * *"
"""Daily at 03:17 UTC: at night, and not at the full hour, when other timers fire."""


@blueprint.timer_trigger(arg_name="timer", schedule=SCHEDULE, run_on_startup=False, use_monitor=True)
@blueprint.durable_client_input(client_name="client")
@observe_timer
async def purge_history(timer: func.TimerRequest, client: DurableClient) -> None:  # noqa: ARG001 - as triggered
    """Timer: purge runs that finished more than HISTORY_RETENTION_DAYS ago."""
    days = get_services().settings.history_retention_days
    await purge_finished_runs(client, before=datetime.now(UTC) - timedelta(days=days))
