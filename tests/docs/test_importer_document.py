"""``docs/reference/importer.md`` names the published files, and its C# is one program in a compiler's order."""

import re

from shared.catalog.published_files import PUBLISHED_FILES
from tests.support.markdown_documents import find_blocks, read

DOCUMENT = read("docs/reference/importer.md")
(PROGRAM,) = find_blocks(DOCUMENT, "csharp")
TYPE = re.compile(r"^public (?:sealed |static )*(?:record|class) (\w+)", re.MULTILINE)


def test_every_published_file_and_both_settings_of_the_importer_are_named() -> None:
    for name in (*PUBLISHED_FILES, "categories.json", "SEED_DATA_PATH", "IMAGE_ROOT_PATH", "importerId"):
        assert f"`{name}" in DOCUMENT


def test_the_program_has_usings_then_statements_then_types_and_saves() -> None:
    at_top = [line for line in PROGRAM.splitlines() if re.match(r"[A-Za-z]", line)]
    kinds = [
        "using" if re.match(r"using [\w.]+;$", line) else "type" if TYPE.match(line) else "other" for line in at_top
    ]
    first_type = kinds.index("type")
    assert kinds[: kinds.index("other")] == ["using"] * kinds.index("other") != []
    assert set(kinds[kinds.index("other") : first_type]) == {"other"}
    assert set(kinds[first_type:]) == {"type"}
    assert "await db.SaveChangesAsync();" in at_top
    for opened, closed in ("{}", "()", "[]"):
        assert PROGRAM.count(opened) == PROGRAM.count(closed)


def test_every_type_and_namespace_of_the_program_is_there() -> None:
    types = set(TYPE.findall(PROGRAM))
    assert set(re.findall(r"(?:DbSet|Entity|ReadAsync)<(\w+)>", PROGRAM)) - {"T"} <= types
    used = {
        "System.Text.Json": "JsonSerializer",
        "Microsoft.EntityFrameworkCore": "DbContext",
        "System.Numerics": "BitOperations",
        "System.IO": "File.",
        "System.Linq": ".Where(",
        "System.Collections.Generic": "List<",
        "System.Threading.Tasks": "Task<",
    }
    for namespace, name in used.items():
        assert name in PROGRAM
        assert f"using {namespace};" in PROGRAM
