"""The size of a WebP image, read from its header: the decoder reserves memory for whatever a file claims.

https://developers.google.com/speed/webp/docs/riff_container and .../webp_lossless_bitstream_specification
"""

SIDE_BITS = 14
SIDE_MASK = (1 << SIDE_BITS) - 1


def read_webp_size(data: bytes) -> tuple[int, int]:
    """Return the width and height in pixels that the file claims; bytes that are missing count as zeros."""
    kind = data[12:16]
    if kind == b"VP8X":  # the canvas of an extended file, stored less 1 in 3 bytes each
        return _read(data, 24, 27) + 1, _read(data, 27, 30) + 1
    if kind == b"VP8L":  # lossless: a signature byte, then 14 bits each, stored less 1
        bits = _read(data, 21, 25)
        return (bits & SIDE_MASK) + 1, (bits >> SIDE_BITS & SIDE_MASK) + 1
    return _read(data, 26, 28) & SIDE_MASK, _read(data, 28, 30) & SIDE_MASK  # lossy: behind the start code


def _read(data: bytes, start: int, end: int) -> int:
    return int.from_bytes(data[start:end], "little")
