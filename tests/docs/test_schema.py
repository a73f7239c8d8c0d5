"""A published catalog follows the published schema."""

import json
from pathlib import Path

import jsonschema  # type: ignore[import-untyped]  # it ships no type information
import pytest

from docs.tools.catalog_schema import make_schema
from tests.support.running_app import run_app


async def test_a_real_catalog_keeps_the_schema_and_a_damaged_one_does_not(tmp_path: Path) -> None:
    async with run_app(tmp_path) as app:
        await app.run(targetCount=3)
        rows = json.loads((tmp_path / "catalogs/toys/catalog.json").read_text(encoding="utf-8"))
    schema = make_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    validator.validate(rows)
    assert len(rows) == 3
    for damage in ({"name": "x" * 81}, {"category": "x" * 65}, {"filename": "x" * 65}, {"productId": None}):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate([rows[0] | damage])
    with pytest.raises(jsonschema.ValidationError):
        validator.validate([{key: value for key, value in rows[0].items() if key != "imagePrompt"}])
