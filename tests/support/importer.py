"""Import a published catalog as the .NET importer does, and check that the images exist."""

import json
from pathlib import Path
from typing import Any

from tests.support.importer_rules import import_rows


def import_catalog(folder: Path) -> list[dict[str, Any]]:
    """Return the products that the importer would insert, with lower-case names of columns.

    Raises:
        ImportAbortedError: the database would refuse a row.
        AssertionError: the file is not an array, or a row names a missing image.
    """
    rows = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    assert isinstance(rows, list)
    products = import_rows(rows)
    for product in products:
        assert (folder / "images" / product["filename"]).is_file(), "image to serve"
    return products
