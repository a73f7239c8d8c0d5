"""How many images one batch generates. Pure."""

from shared.runs.request import SeedRequest, parse_image_size

MAX_RESULT_BYTES = 200 * 2**20
"""Of a batch's result file: what is read again if the process dies while it collects."""

MAX_BATCH_IMAGES = 100

BYTES_PER_PIXEL = {"png": 2.0, "jpeg": 0.6}
"""Typical sizes of photographic images; a result file holds base64, which is a third longer."""

BASE64_GROWTH = 4 / 3


def choose_batch_size(request: SeedRequest) -> int:
    """Return the maximum number of images of a batch."""
    width, height = parse_image_size(request.image_size)
    image_bytes = width * height * BYTES_PER_PIXEL[request.image_format] * BASE64_GROWTH
    return max(1, min(MAX_BATCH_IMAGES, int(MAX_RESULT_BYTES / image_bytes)))
