"""Checks a page with axe, which tests the rules of WCAG 2.2 A and AA that a program can test, and best practices."""

from functools import cache
from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).resolve().parents[1] / "web" / "node_modules" / "axe-core" / "axe.min.js"

RUN = """async () => {
  const found = await axe.run(document, {resultTypes: ["violations"]});
  return found.violations.map(violation => ({
    rule: violation.id,
    help: violation.help,
    nodes: violation.nodes.map(node => `${node.target.join(" ")}: ${node.failureSummary}`),
  }));
}"""


async def find_violations(page: Page) -> list[str]:
    """Return the violations on a page as it is, one text each."""
    if not await page.evaluate("'axe' in window"):
        await page.evaluate(_read_axe())
    found: list[dict[str, Any]] = await page.evaluate(RUN)
    return [f"{violation['rule']} ({violation['help']}): {node}" for violation in found for node in violation["nodes"]]


@cache
def _read_axe() -> str:
    if not AXE.is_file():
        raise FileNotFoundError(f"{AXE} is missing; run `make web`, which installs it")
    return f"{AXE.read_text(encoding='utf-8')}\n;0"
