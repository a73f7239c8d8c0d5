"""The .NET importer's rules, written down again from its side: what it would make of a published catalog."""

import json
from pathlib import Path


def import_catalog(folder: Path) -> list[dict[str, str]]:
    """Return the products that the importer would insert.

    Raises:
        AssertionError: a unique index or a column's length would make the import fail.
    """
    rows = json.loads((folder / "catalog.json").read_text(encoding="utf-8"))
    assert isinstance(rows, list)
    products: dict[str, dict[str, str]] = {}
    slugs: dict[str, str] = {}
    for raw in rows:
        row = {key.lower(): value for key, value in raw.items()}
        if not (row["productid"].strip() and row["name"].strip() and row["category"].strip()):
            continue
        slug = "".join(c for c in row["category"].lower() if c.isalnum() or c == " ").replace(" ", "-")
        assert slugs.setdefault(slug, row["category"]).lower() == row["category"].lower(), "unique index on slug"
        lengths = {"name": 80, "category": 64, "filename": 64, "productid": 36}
        for column, most in lengths.items():
            assert len(row[column].encode("utf-16-le")) // 2 <= most, f"{column} is too long"
        assert (folder / "images" / row["filename"]).is_file(), "picture to serve"
        products.setdefault(row["productid"][:36], row)
    return list(products.values())
