"""Reads the audit of a run, or explains why the run has none."""

from shared.audit.call_records import has_calls
from shared.audit.write_audit import audit_path
from shared.errors import AuditTooLargeError, NoAuditError
from shared.runs.durable_client import DurableClient
from shared.runs.status import RunStatus, Status
from shared.runs.view import load_run_status
from shared.services.container import Services
from shared.storage.protocol import FileInfo

MAX_AUDIT_BYTES = 64 * 1024 * 1024
"""Maximum size of an audit in an HTTP response, about 230,000 calls. ``azure.functions.HttpResponse`` holds its whole
body, and the worker copies it more than once."""


async def find_audit(services: Services, client: DurableClient | None, run_id: str) -> FileInfo:
    """Return the file of a run's audit.

    Args:
        services: the services.
        client: the durable client; None = read the store alone.
        run_id: the run.

    Raises:
        UnknownRunError: the run does not exist.
        NoAuditError: the run has no audit.
        StoreUnavailableError: the store does not answer.
    """
    run = await load_run_status(services, client, run_id)
    info = await services.store.describe(audit_path(run_id))
    if info is None:
        raise NoAuditError(await _explain_missing_audit(services, run), runStatus=str(run.status))
    return info


async def read_audit(services: Services, client: DurableClient, run_id: str, *, max_bytes: int) -> bytes:
    """Return the content of a run's audit.

    Raises:
        UnknownRunError: the run does not exist.
        NoAuditError: the run has no audit.
        AuditTooLargeError: the audit is larger than ``max_bytes``.
        StoreUnavailableError: the store does not answer.
    """
    info = await find_audit(services, client, run_id)
    if info.size > max_bytes:
        raise AuditTooLargeError(
            f"the audit of run {run_id} has {info.size} bytes; expected at most {max_bytes} over HTTP: copy "
            f"{info.path} from the store, or run 'seeder audit {run_id}' without --url",
            path=info.path,
            bytes=info.size,
        )
    content = await services.store.read(info.path)
    return b"" if content is None else content.data


async def _explain_missing_audit(services: Services, run: RunStatus) -> str:
    """Return why a run has no audit, and when it gets one."""
    subject = f"run {run.run_id} has no audit"
    if run.status is Status.INTERRUPTED:
        return f"{subject}: its host stopped; the audit is written when the run or the next run of {run.catalog!r} ends"
    if not run.has_ended:
        return f"{subject} yet: it is {run.status}; the audit is written when it ends"
    if await has_calls(services.store, run.run_id):
        return f"{subject}: writing it failed when the run ended; the next run of {run.catalog!r} writes it"
    return f"{subject}: no calls of it were recorded; versions up to 0.2.0 did not record calls"
