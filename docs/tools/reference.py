"""Write the generated parts of the documents, or check them: ``python -m docs.tools.reference [--check]``.

A document has a generated part between ``<!-- generated: NAME -->`` and ``<!-- end -->``. Some files are generated as a
whole. The sources are the tables, models and docstrings of the code, so each description is written once.
"""

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from docs.tools import command_reference, deployment_reference, http_reference, reference_tables
from docs.tools.catalog_schema import make_schema
from docs.tools.openapi import document as openapi

ROOT = Path(__file__).resolve().parents[2]

BLOCKS: Mapping[str, Callable[[], str]] = {
    "audit": reference_tables.describe_audit,
    "columns": reference_tables.describe_columns,
    "command-list": command_reference.list_commands,
    "commands": command_reference.describe_commands,
    "default-theme": reference_tables.show_default_theme,
    "deployment": deployment_reference.describe_parameters,
    "messages": command_reference.show_messages,
    "operations": http_reference.describe_operations,
    "metrics": reference_tables.describe_metrics,
    "problems": reference_tables.describe_problems,
    "prompt-template": reference_tables.show_prompt_template,
    "reasons": reference_tables.describe_reasons,
    "refine": reference_tables.describe_refinement,
    "request": reference_tables.describe_request,
    "settings": reference_tables.describe_settings,
    "span-attributes": reference_tables.describe_attributes,
    "style": reference_tables.describe_style,
    "style-reference": reference_tables.describe_style_reference,
    "theme": reference_tables.describe_theme,
}
FILES: Mapping[str, Callable[[], str]] = {
    ".env.example": reference_tables.make_env_example,
    "local.settings.example.json": reference_tables.make_local_settings,
    openapi.FILE: openapi.dump_document,
    "docs/reference/catalog.schema.json": lambda: json.dumps(make_schema(), indent=2) + "\n",
    "web/lib/reason_texts.js": reference_tables.make_reason_texts,
}

_BLOCK = re.compile(r"(<!-- generated: ([\w-]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def generate_files(root: Path) -> Iterator[tuple[str, str, str]]:
    """Yield path, present content and generated content of each file with generated parts."""
    for name, build in FILES.items():
        path = root / name
        yield name, path.read_text(encoding="utf-8") if path.exists() else "", build()
    for path in sorted([*root.glob("*.md"), *(root / "docs").rglob("*.md")]):
        text = path.read_text(encoding="utf-8")
        if _BLOCK.search(text):
            yield path.relative_to(root).as_posix(), text, _BLOCK.sub(_fill_block, text)


def _fill_block(match: re.Match[str]) -> str:
    return f"{match[1]}\n{BLOCKS[match[2]]().strip()}\n\n{match[3]}"


def main(arguments: list[str] | None = None) -> int:
    """Write what differs; with ``--check`` print it and return 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit 1 if a generated part is outdated")
    options = parser.parse_args(arguments)
    outdated = [(name, text) for name, present, text in generate_files(ROOT) if present != text]
    for name, text in outdated:
        if options.check:
            print(f"{name} is outdated; run: make docs")
        else:
            (ROOT / name).write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return int(options.check and bool(outdated))


if __name__ == "__main__":
    sys.exit(main())
