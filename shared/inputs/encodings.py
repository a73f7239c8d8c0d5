"""How an input's bytes become characters: UTF-8, or UTF-16 and UTF-32 that say so by a byte order mark."""

import codecs
from typing import Final

ZIP_SIGNATURE: Final = b"PK\x03\x04"
"""What a ZIP file begins with, and so the workbooks of spreadsheets: .xlsx and .ods."""

_FILE_SIGNATURES: Final = (
    (ZIP_SIGNATURE, "a workbook, or another ZIP file", "it saved as CSV, as 'CSV UTF-8'"),
    (b"\xd0\xcf\x11\xe0", "a workbook of an old spreadsheet (.xls)", "it saved as CSV, as 'CSV UTF-8'"),
    (b"\x1f\x8b", "compressed with gzip", "it unpacked"),
    (b"BZh", "compressed with bzip2", "it unpacked"),
    (b"(\xb5/\xfd", "compressed with zstd", "it unpacked"),
    (b"\xfd7zXZ", "compressed with xz", "it unpacked"),
    (b"%PDF", "a PDF file", "CSV, TSV, JSON or JSON Lines"),
    (b"PAR1", "a Parquet file", "it converted to CSV or JSON Lines"),
    (b"SQLite", "a SQLite database", "one of its tables as CSV"),
    (b"\x89PNG", "an image", "CSV, TSV, JSON or JSON Lines"),
    (b"\xff\xd8\xff", "an image", "CSV, TSV, JSON or JSON Lines"),
)
"""What files that are no text begin with, what they are, and what to give instead."""

_BYTE_ORDER_MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def make_decoder(beginning: bytes) -> codecs.IncrementalDecoder:
    """Return what decodes an input, by its first four bytes."""
    name = next((name for mark, name in _BYTE_ORDER_MARKS if beginning.startswith(mark)), "utf-8-sig")
    return codecs.getincrementaldecoder(name)()


def describe_undecodable(error: UnicodeDecodeError, latest: str, line: int, *, is_first: bool) -> str:
    """Return what is wrong with bytes that cannot be decoded: with the line, as editors count them.

    Args:
        error: of the decoder.
        latest: the last characters before the bytes that it was given.
        line: how many lines there are before these bytes, and one.
        is_first: nothing of the input was read before.
    """
    before, found = error.object[: error.start], error.object[error.start]
    for mark, kind, expected in _FILE_SIGNATURES if is_first else ():
        if error.object.startswith(mark):
            return f"is {kind}; expected {expected}"
    if error.encoding.startswith(("utf-16", "utf-32", "utf16", "utf32")):
        return f"is cut off or damaged: its byte order mark says {error.encoding}; expected UTF-8"
    words = latest + before.decode("utf-8-sig", "replace")
    line += before.count(b"\n")
    words = words[words.rfind("\n") + 1 :][-30:]
    return (
        f"is not UTF-8: line {line} has the byte {found:#04x} behind {words!r}; expected UTF-8, with or without a "
        "byte order mark, which spreadsheets call 'CSV UTF-8'"
    )
