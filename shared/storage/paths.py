"""Names in the store. They follow from ids alone, so that a repeated activity finds its own work."""

import hashlib

RUN_ID_EPOCH_END_MS = 10**13
"""2286-11-20: run ids count down to it, so that listing ``runs/`` in name order is newest first."""


def make_run_id(now_ms: int, entropy: str) -> str:
    """Return a run's id: inverted time, then randomness.

    Args:
        now_ms: milliseconds since 1970.
        entropy: a few random lower-case hex digits.
    """
    return f"{RUN_ID_EPOCH_END_MS - now_ms:013d}-{entropy}"


def parse_inverted_time(run_id: str) -> int:
    """Return the inverted time of a run's id: the later the run, the less it is.

    Raises:
        ValueError: it is not the id of a run.
    """
    return int(run_id.partition("-")[0])


def catalog_file(catalog: str, name: str) -> str:
    """``catalog.json``, ``categories.json`` or ``manifest.json`` of a catalog."""
    return f"catalogs/{catalog}/{name}"


def image_file(catalog: str, filename: str) -> str:
    """The image of an item."""
    return f"catalogs/{catalog}/images/{filename}"


def image_folder(catalog: str) -> str:
    """Prefix of a catalog's images."""
    return f"catalogs/{catalog}/images/"


def thumbnail_file(catalog: str, filename: str) -> str:
    """The thumbnail of an image: its name, but for the ending."""
    stem, dot, _ = filename.rpartition(".")
    return f"{thumbnail_folder(catalog)}{stem if dot else filename}.webp"


def thumbnail_folder(catalog: str) -> str:
    """Prefix of a catalog's thumbnails."""
    return f"catalogs/{catalog}/thumbnails/"


def batch_file(catalog: str, batch: int) -> str:
    """A batch's accepted items; batches count from 1."""
    return f"{batch_folder(catalog)}{batch:05d}.json"


def batch_folder(catalog: str) -> str:
    """Prefix of a catalog's batches."""
    return f"catalogs/{catalog}/state/batches/"


def prompts_file(catalog: str, batch: int) -> str:
    """The image prompts that a text model has written for a batch's items."""
    return f"{prompts_folder(catalog)}{batch:05d}.json"


def prompts_folder(catalog: str) -> str:
    """Prefix of the image prompts that a text model has written."""
    return f"catalogs/{catalog}/state/prompts/"


def run_claim_file(catalog: str) -> str:
    """The claim of the run that works on a catalog."""
    return f"catalogs/{catalog}/state/active.json"


def run_file(run_id: str, name: str) -> str:
    """A file of a run: ``request.json``, ``progress.json``, ``summary.json``, ..."""
    return f"runs/{run_id}/{name}"


def stop_file(run_id: str, resume_count: int | None = None) -> str:
    """Why a run pays no more; with a leg: why it paused then, kept for a look after it was resumed."""
    return run_file(run_id, "stop.json" if resume_count is None else f"stops/{resume_count}.json")


def resume_file(run_id: str, resume_count: int) -> str:
    """Record that the pause of a leg was ended: it is there before the run has noticed."""
    return run_file(run_id, f"resumes/{resume_count}.json")


def items_closed_file(run_id: str, resume_count: int = 0) -> str:
    """Record that a leg of a run writes no more items; the first leg's file has no number."""
    return run_file(run_id, f"items-closed-{resume_count}.json" if resume_count else "items-closed.json")


def work_page_file(run_id: str, page: int, resume_count: int = 0) -> str:
    """A page of image jobs that an image worker claimed; pages count from 1, and in each leg of a run anew."""
    return f"runs/{run_id}/pages/{f'leg-{resume_count}/' if resume_count else ''}{page:06d}.json"


def recovery_file(run_id: str, kind: str, number: int) -> str:
    """Record that a run was started again after its root was lost, or ended from outside, for the n-th time."""
    return run_file(run_id, f"recoveries/{kind}-{number:03d}.json")


def failure_folder(run_id: str) -> str:
    """Prefix of a run's failed images."""
    return f"runs/{run_id}/failures/"


def failure_file(run_id: str, product_id: str) -> str:
    """Why an item's image failed for good in a run."""
    return f"{failure_folder(run_id)}{product_id}.json"


def results_folder(run_id: str) -> str:
    """Prefix of what a run drew of its items, and thought of it."""
    return f"runs/{run_id}/results/"


def result_file(run_id: str, product_id: str, name: str) -> str:
    """A file of an item's results: ``iteration_1.png``, ``summary.json``, ..."""
    return f"{results_folder(run_id)}{product_id}/{name}"


def request_log_file(run_id: str, product_id: str) -> str:
    """What an image service with a queue was asked to make for an item in a run."""
    return run_file(run_id, f"requests/{product_id}.json")


def rejection_folder(run_id: str) -> str:
    """Prefix of a run's rejected drafts."""
    return f"runs/{run_id}/rejected/"


def rejection_file(run_id: str, batch: int, writer: str | None = None) -> str:
    """The rejected drafts of a batch; those of a writer by its own count, as the number may still change."""
    if writer is None:
        return f"{rejection_folder(run_id)}{batch:05d}.json"
    name, _, count = writer.partition("/")
    return f"{rejection_folder(run_id)}{count:0>5}-{name}.json"


def call_folder(run_id: str) -> str:
    """Prefix of the records of a run's calls to the model."""
    return f"runs/{run_id}/calls/"


def call_file(run_id: str, call_id: str) -> str:
    """The record of one call to the model."""
    return f"{call_folder(run_id)}{call_id}.json"


def input_file(name: str) -> str:
    """Rows that somebody has put there for a run to read."""
    return f"inputs/{name}"


def idempotency_key_file(idempotency_key: str) -> str:
    """The run that an Idempotency-Key started; the key itself is not stored."""
    return f"runs/keys/{hashlib.sha256(idempotency_key.encode()).hexdigest()}.json"


def backup_file(run_id: str, path: str) -> str:
    """Where prune keeps what it changes."""
    return f"backups/{run_id}/{path}"


def damaged_file(path: str, run_id: str) -> str:
    """The name that a damaged file is moved to."""
    return f"{path}.damaged-{run_id}"


def state_file(catalog: str, name: str) -> str:
    """A file of a catalog's state: what later runs continue from."""
    return f"catalogs/{catalog}/state/{name}"
