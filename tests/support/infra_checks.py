"""Rules for the deployment's files, as functions from a source tree to its problems, one line each.

They take any folder that looks like this repository, so that a test can hold them against the real tree and against
copies with a mistake in them.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.support.infra_language import find_language_problems, find_syntax_problems
from tests.support.infra_security import find_security_problems
from tests.support.infra_settings import find_setting_problems
from tests.support.infra_wiring import find_wiring_problems

REPOSITORY = Path(__file__).parent.parent.parent

PARTS = ("infra", ".github", "azure.yaml", "host.json", "shared/settings_table.py", "docs/reference/deployment.md")
"""What the checks look at."""

Check = Callable[[Path], Iterator[str]]

CHECKS: tuple[Check, ...] = (
    find_language_problems,
    find_security_problems,
    find_setting_problems,
    find_wiring_problems,
)


def find_problems(tree: Path) -> list[str]:
    """Return the problems of a tree. If a template has syntax errors, only those are returned."""
    return list(find_syntax_problems(tree)) or [problem for check in CHECKS for problem in check(tree)]


def copy_parts(folder: Path) -> Path:
    """Copy the files that the checks read into a folder, and return the folder."""
    for part in PARTS:
        source, target = REPOSITORY / part, folder / part
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    return folder
