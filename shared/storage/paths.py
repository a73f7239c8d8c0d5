"""Paths in the store, and instance ids. Both follow from ids alone, so that a repeated activity finds its own work."""

import hashlib

RUN_ID_EPOCH_END_MS = 10**13
"""2286-11-20. Run ids count down to it, so that ``runs/`` in name order lists the newest run first."""


STYLE_REFERENCE_NAME = "style_reference.json"
"""Which style references a run has, or the last request of a catalog."""


def make_run_id(now_ms: int, entropy: str) -> str:
    """Return a run's id: inverted time and random digits.

    Args:
        now_ms: milliseconds since 1970.
        entropy: random lower-case hex digits.
    """
    return f"{RUN_ID_EPOCH_END_MS - now_ms:013d}-{entropy}"


def parse_inverted_time(run_id: str) -> int:
    """Return the inverted time of a run's id: the later the run, the smaller.

    Raises:
        ValueError: it is not a run's id.
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
    """The thumbnail of an image: the image's name with the ending ``.webp``."""
    stem, dot, _ = filename.rpartition(".")
    return f"{thumbnail_folder(catalog)}{stem if dot else filename}.webp"


def thumbnail_folder(catalog: str) -> str:
    """Prefix of a catalog's thumbnails."""
    return f"catalogs/{catalog}/thumbnails/"


def variant_file(catalog: str, variant: str, filename: str, extension: str) -> str:
    """An image variant: the image's name with the variant's extension, in the folder of the variant."""
    stem, dot, _ = filename.rpartition(".")
    return f"{variant_folder(catalog)}{variant}/{stem if dot else filename}.{extension}"


def variant_folder(catalog: str) -> str:
    """Prefix of a catalog's image variants."""
    return f"catalogs/{catalog}/variants/"


def batch_file(catalog: str, batch: int) -> str:
    """A batch's accepted items; batches count from 1."""
    return f"{batch_folder(catalog)}{batch:05d}.json"


def batch_folder(catalog: str) -> str:
    """Prefix of a catalog's batches."""
    return f"catalogs/{catalog}/state/batches/"


def style_image_file(catalog: str, sha256: str) -> str:
    """A style reference as it is sent, named by its content; it never changes."""
    return f"catalogs/{catalog}/state/style_references/{sha256}.jpg"


def prompts_file(catalog: str, batch: int) -> str:
    """The text model's image prompts for the items of a batch."""
    return f"{prompts_folder(catalog)}{batch:05d}.json"


def prompts_folder(catalog: str) -> str:
    """Prefix of the text model's image prompts."""
    return f"catalogs/{catalog}/state/prompts/"


def rounds_folder(catalog: str, product_id: str) -> str:
    """Prefix of the earlier images of an item that were kept when another image replaced them."""
    return f"catalogs/{catalog}/state/rounds/{product_id}/"


def archived_round_file(catalog: str, product_id: str, run_id: str, number: int, ending: str) -> str:
    """An earlier image of an item, or with ``json`` its prompt; ``run_id`` is "placed" without a run."""
    return f"{rounds_folder(catalog, product_id)}{run_id}-{number:03d}.{ending}"


def decisions_file(catalog: str) -> str:
    """The compacted decisions of reviewers about a catalog's images."""
    return f"catalogs/{catalog}/state/reviews/decisions.json"


def decision_log_folder(catalog: str) -> str:
    """Prefix of the decisions that are not compacted."""
    return f"catalogs/{catalog}/state/reviews/log/"


def decision_log_file(catalog: str, now_ms: int, entropy: str) -> str:
    """A file of the decision log: the decisions of one request.

    Args:
        catalog: the catalog.
        now_ms: milliseconds since 1970.
        entropy: random lower-case hex digits.
    """
    return f"{decision_log_folder(catalog)}{now_ms:013d}-{entropy}.json"


def run_claim_file(catalog: str) -> str:
    """The claim of the run that works on a catalog."""
    return f"catalogs/{catalog}/state/active.json"


def run_file(run_id: str, name: str) -> str:
    """A file of a run: ``request.json``, ``progress.json``, ``summary.json``, ..."""
    return f"runs/{run_id}/{name}"


def stop_file(run_id: str, resume_count: int | None = None) -> str:
    """The stop record of a run; with a resume count, the record of an earlier pause."""
    return run_file(run_id, "stop.json" if resume_count is None else f"stops/{resume_count}.json")


def resume_file(run_id: str, resume_count: int) -> str:
    """The record that ends a pause; written before the run continues."""
    return run_file(run_id, f"resumes/{resume_count}.json")


def items_closed_file(run_id: str, resume_count: int = 0) -> str:
    """The record that a run writes no more items; without a number before the first resume."""
    return run_file(run_id, f"items-closed-{resume_count}.json" if resume_count else "items-closed.json")


def work_page_file(run_id: str, page: int, resume_count: int = 0) -> str:
    """A work page that an image worker has claimed; pages count from 1, again after each resume."""
    return f"runs/{run_id}/pages/{f'leg-{resume_count}/' if resume_count else ''}{page:06d}.json"


def batch_claim_folder(run_id: str, kind: str) -> str:
    """The claims of a run's batches of a kind: ``image`` or ``prompt``."""
    return f"runs/{run_id}/{kind}_batches/"


def batch_claim_file(run_id: str, kind: str, chunk: int) -> str:
    """The claim of a batch; chunks count from 1, and continue after a resume."""
    return f"{batch_claim_folder(run_id, kind)}{chunk:05d}.json"


def batched_run_folder(catalog: str, kind: str) -> str:
    """The runs of a catalog that may have open batches of a kind."""
    return state_file(catalog, f"{kind}_batches/")


def batched_run_file(catalog: str, kind: str, run_id: str) -> str:
    """The file that says that a run of a catalog may have open batches of a kind."""
    return f"{batched_run_folder(catalog, kind)}{run_id}.json"


def style_uploads_file(run_id: str) -> str:
    """Which files of the provider are the style references of a run's image batches."""
    return run_file(run_id, "style_uploads.json")


def recovery_file(run_id: str, kind: str, number: int) -> str:
    """The n-th record that a run was restarted after its root was lost, or was ended from outside."""
    return run_file(run_id, f"recoveries/{kind}-{number:03d}.json")


def failure_folder(run_id: str) -> str:
    """Prefix of a run's failed images."""
    return f"runs/{run_id}/failures/"


def failure_file(run_id: str, product_id: str) -> str:
    """Why an item's image failed for good in a run."""
    return f"{failure_folder(run_id)}{product_id}.json"


def results_folder(run_id: str) -> str:
    """Prefix of a run's rounds: images, evaluations and summaries by item."""
    return f"runs/{run_id}/results/"


def result_file(run_id: str, product_id: str, name: str) -> str:
    """A file of an item's rounds: ``iteration_1.png``, ``summary.json``, ..."""
    return f"{results_folder(run_id)}{product_id}/{name}"


def request_log_file(run_id: str, product_id: str) -> str:
    """The request log of an item in a run: the request that an image provider has queued."""
    return run_file(run_id, f"requests/{product_id}.json")


def rejection_folder(run_id: str) -> str:
    """Prefix of a run's rejected drafts."""
    return f"runs/{run_id}/rejected/"


def rejection_file(run_id: str, batch: int, writer: str | None = None) -> str:
    """The rejected drafts of a batch; with several writers, by the writer's own count instead of the batch."""
    if writer is None:
        return f"{rejection_folder(run_id)}{batch:05d}.json"
    name, _, count = writer.partition("/")
    return f"{rejection_folder(run_id)}{count:0>5}-{name}.json"


def call_folder(run_id: str) -> str:
    """Prefix of a run's call records."""
    return f"runs/{run_id}/calls/"


def call_file(run_id: str, call_id: str) -> str:
    """The record of one billed call."""
    return f"{call_folder(run_id)}{call_id}.json"


def input_file(name: str) -> str:
    """An input: a file of products or prompts."""
    return f"inputs/{name}"


def idempotency_key_file(idempotency_key: str) -> str:
    """The run that an Idempotency-Key started, by the key's SHA-256; the key itself is not stored."""
    return f"runs/keys/{hashlib.sha256(idempotency_key.encode()).hexdigest()}.json"


def backup_file(run_id: str, path: str) -> str:
    """The copy that prune keeps of a file that it changes."""
    return f"backups/{run_id}/{path}"


def damaged_file(path: str, run_id: str) -> str:
    """The name that a damaged file is moved to."""
    return f"{path}.damaged-{run_id}"


def state_file(catalog: str, name: str) -> str:
    """A file of a catalog's state: what later runs continue from."""
    return f"catalogs/{catalog}/state/{name}"
