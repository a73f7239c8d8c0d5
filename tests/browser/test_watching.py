"""The fixtures notice what a page may never do."""

import pytest
from aiohttp import web
from playwright.async_api import Browser, expect

from tests.support.browser_accessibility import find_violations
from tests.support.browser_program import find_browser, is_required
from tests.support.browser_visitor import TIMEOUT_MS, Visitor, open_visitor

POLICY = "default-src 'none'; script-src 'self'; img-src 'self'; connect-src 'self' http://127.0.0.1:9"
PAGE = "<!doctype html><title>Test</title><link rel=icon href=/ok><script src=/script.js></script><body>"


async def visit(browser: Browser, script: str, *, key: str | None = None, body: str = "") -> Visitor:
    """Open a page with a script, and return its visitor after the script has run."""

    async def respond(request: web.Request) -> web.Response:
        if request.path == "/script.js":
            return web.Response(text=script + "\n;document.title = 'Done'", content_type="text/javascript")
        if request.path == "/broken":
            return web.Response(status=500)
        if request.path == "/ok":
            return web.Response(text="")
        return web.Response(text=PAGE + body, content_type="text/html", headers={"Content-Security-Policy": POLICY})

    app = web.Application()
    app.router.add_get("/{path:.*}", respond)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with open_visitor(browser, url, key=key) as visitor:
            await visitor.open()
            await expect(visitor.page).to_have_title("Done")
            await visitor.page.wait_for_load_state("networkidle")
        return visitor
    finally:
        await runner.cleanup()


async def test_a_page_that_behaves_has_no_problems(browser: Browser) -> None:
    visitor = await visit(browser, "fetch('/ok?a=1')", key="secret")
    assert visitor.problems == []
    assert [request.method for request in visitor.list_requests("/ok?a=1")] == ["GET"]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ("setTimeout(() => { throw new Error('lost') })", "page error: lost"),
        ("Promise.reject(new Error('lost'))", "page error: lost"),
        ("console.error('lost')", "console error: lost"),
        ("console.warn('lost')", "console warning: lost"),
        ("fetch('/broken')", "/broken: 500"),
        ("fetch('/ok?code=secret')", "the key is in the address"),
        ("fetch('http://127.0.0.1:9/').catch(() => 0)", "request to another origin: http://127.0.0.1:9/"),
        ("document.body.insertAdjacentHTML('beforeend', '<img src=http://127.0.0.1:9/x>')", "img-src blocked"),
        ("document.body.setAttribute('onclick', 'alert(1)')", "script-src-attr blocked inline"),
        ("setTimeout(() => alert('lost'))", "dialog (alert): lost"),
        ("try { eval('1') } catch { 0 }", "script-src blocked eval"),
    ],
)
async def test_a_problem_of_a_page_is_recorded(browser: Browser, script: str, expected: str) -> None:
    visitor = await visit(browser, f"addEventListener('load', () => {{ {script} }})", key="secret")
    assert expected in "\n".join(visitor.problems)


async def test_axe_finds_what_a_screen_reader_cannot_read(browser: Browser) -> None:
    page = await browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    await page.set_content(
        "<html lang=en><title>Test</title><main><h1>Test</h1><img src=data:,><button></button></main>"
    )
    violations = await find_violations(page)
    await page.close()
    assert {violation.partition(" ")[0] for violation in violations} == {"button-name", "image-alt"}


async def test_a_browser_that_is_not_on_the_path_is_searched_for_where_playwright_installs_one(
    tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    assert await find_browser(search_path=str(tmp_path)) is None


def test_a_missing_browser_fails_the_tests_in_ci_only() -> None:
    assert is_required({"CI": "true"})
    assert not is_required({})
    assert not is_required({"CI": "false"})
