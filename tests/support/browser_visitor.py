"""A person in the browser: one context with one or several tabs, and everything that went wrong in it.

What a visitor's pages may never do is checked at the end, in every test: break the content security policy, raise an
error, call another origin, put the key into an address, get a 5xx answer, open a dialog of the browser.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, Response, WebError

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")

TIMEOUT_MS = 90_000
"""Time until a missing element fails a test. Long, because tests share the machine; a test that passes never waits."""

DESKTOP = (1280, 800)
PHONE = (390, 844)

REPORT_VIOLATIONS = """
addEventListener("securitypolicyviolation", event => {
  reportViolation(`${event.effectiveDirective} blocked ${event.blockedURI} in ${event.sourceFile}:${event.lineNumber}`);
});
"""

FAILED_REQUEST = "Failed to load resource"
"""Beginning of the line that Chromium logs for every answer of 400 or more, and for every lost connection."""


@dataclass  # no slots: Playwright keeps a wrapper of each handler in an attribute
class Visitor:
    """A person in the browser.

    Attributes:
        context: cookies, storage and cache of the person.
        page: the first tab.
        url: base URL of the app.
        key: the function key, which may occur in no address; None = no key.
        problems: what went wrong so far.
        requests: all requests of all tabs.
        allowed_statuses: answers of 500 or more that a test provokes.
        allowed_dialogs: kinds of browser dialogs that a test provokes, such as ``beforeunload``.
    """

    context: BrowserContext
    page: Page
    url: str
    key: str | None = None
    problems: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    allowed_statuses: set[int] = field(default_factory=set)
    allowed_dialogs: set[str] = field(default_factory=set)

    async def open(self, address: str = "", page: Page | None = None) -> Page:
        """Open an address of the review page, such as ``#/catalogs``, in a tab; return the tab."""
        page = page or self.page
        target = f"{self.url}/api/review/{address}"
        if page.url.partition("#")[0] == target.partition("#")[0]:
            await page.goto("about:blank")  # else the browser only changes the fragment and loads nothing
        await page.goto(target)
        return page

    async def go(self, address: str) -> None:
        """Go to an address of the page that is open, as by a link."""
        await self.page.evaluate("address => { location.hash = address }", address)

    async def open_tab(self, address: str = "") -> Page:
        """Open an address of the review page in another tab; return the tab."""
        return await self.open(address, await self.context.new_page())

    def list_requests(self, part: str, method: str | None = None) -> list[Request]:
        """Return the requests whose URL contains a text."""
        return [request for request in self.requests if part in request.url and method in {None, request.method}]

    def watch(self, context: BrowserContext) -> None:
        """Record what goes wrong in all tabs of a context."""
        context.on("request", self._check_request)
        context.on("response", self._check_response)
        context.on("console", self._check_console)
        context.on("weberror", self._check_error)
        context.on("dialog", self._check_dialog)

    async def report_violation(self, _: Any, text: str) -> None:
        """Record a violation of the content security policy; pages call it."""
        self.problems.append(f"content security policy: {text}")

    def _check_request(self, request: Request) -> None:
        self.requests.append(request)
        if self.key is not None and self.key in request.url:
            self.problems.append(f"the key is in the address {request.url}")
        parts = urlsplit(request.url)
        if parts.scheme in {"blob", "data", "about"}:
            return
        if f"{parts.scheme}://{parts.netloc}" != self.url:
            self.problems.append(f"request to another origin: {request.url}")

    def _check_response(self, response: Response) -> None:
        if response.status >= 500 and response.status not in self.allowed_statuses:
            self.problems.append(f"{response.request.method} {response.url}: {response.status}")

    def _check_console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"} and not message.text.startswith(FAILED_REQUEST):
            self.problems.append(f"console {message.type}: {message.text}")

    async def _check_dialog(self, dialog: Dialog) -> None:
        if dialog.type not in self.allowed_dialogs:
            self.problems.append(f"dialog ({dialog.type}): {dialog.message}")
        await dialog.accept()

    def _check_error(self, error: WebError) -> None:
        self.problems.append(f"page error: {error.error}")


@asynccontextmanager
async def open_visitor(
    browser: Browser,
    url: str,
    *,
    theme: Theme = "light",
    size: tuple[int, int] = DESKTOP,
    key: str | None = None,
    permissions: Sequence[str] = (),
) -> AsyncIterator[Visitor]:
    """Open a context with one empty tab, and close it at the end of the block. The caller checks ``problems``.

    Args:
        browser: the browser.
        url: base URL of the app.
        theme: color scheme of the system.
        size: width and height of the window; a narrow one is a phone with a touch screen.
        key: the function key, which may not occur in any address.
        permissions: of the browser, such as ``clipboard-read``.
    """
    context = await browser.new_context(
        color_scheme=theme,
        viewport={"width": size[0], "height": size[1]},
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
        locale="en-US",
        timezone_id="UTC",
        reduced_motion="reduce",
        permissions=permissions,
    )
    try:
        context.set_default_timeout(TIMEOUT_MS)
        visitor = Visitor(context, await context.new_page(), url, key)
        visitor.watch(context)
        await context.expose_binding("reportViolation", visitor.report_violation)
        await context.add_init_script(REPORT_VIOLATIONS)
        yield visitor
    finally:
        await context.close()
