"""What a request gets for the fields that it leaves out: the settings' defaults, then the schema's."""

from typing import Any

from shared.config import RequestDefaults


def apply_defaults(body: dict[str, Any], defaults: RequestDefaults) -> dict[str, Any]:
    """Return the body with the settings' defaults for absent fields."""
    given = {
        "targetCount": defaults.target_count,
        "batchSize": defaults.batch_size,
        "imageSize": defaults.image_size,
        "parallelImageRequests": defaults.parallel_image_requests,
        "maxRetries": defaults.max_retries,
        "dryRun": defaults.dry_run,
    }
    return {name: value for name, value in given.items() if value is not None} | body
