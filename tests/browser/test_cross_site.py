"""A page of another site changes nothing, and cannot show the review page in a frame."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from playwright.async_api import Browser

from tests.support.browser_visitor import TIMEOUT_MS
from tests.support.review_catalogs import list_rows, make_catalog
from tests.support.running_app import RunningApp


@asynccontextmanager
async def serve_other_site(html: str) -> AsyncIterator[str]:
    """Serve a page from another origin, ``localhost`` instead of ``127.0.0.1``; the value is its URL."""

    async def respond(_: web.Request) -> web.Response:
        return web.Response(text=f"<!doctype html><title>Other</title>{html}", content_type="text/html")

    app = web.Application()
    app.router.add_get("/", respond)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://localhost:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        (
            "PUT",
            "/api/catalogs/toys/decisions",
            '{"decisions": [{"productId": "ID", "decision": "rejected", "sha256": "SHA"}]}',
        ),
        ("POST", "/api/catalogs/toys/publish", "{}"),
        ("POST", "/api/runs", '{"catalog": "other", "targetCount": 1}'),
        ("POST", "/api/catalogs/toys/regenerate", '{"productIds": ["ID"]}'),
        ("POST", "/api/catalogs/toys/prune", "{}"),
    ],
)
async def test_calls_of_another_site_are_refused(
    app: RunningApp, browser: Browser, method: str, path: str, body: str
) -> None:
    await make_catalog(app, 2)
    (row, _) = await list_rows(app)
    sent = body.replace("ID", row["itemId"]).replace("SHA", row["image"]["sha256"])
    page = await browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    async with serve_other_site("") as url:
        await page.goto(url)
        # "no-cors" and a plain type need no permission, so the request reaches the app.
        outcomes = await page.evaluate(
            """async ([address, method, body]) => {
              const attempts = [{method, body, headers: {"Content-Type": "application/json"}}];
              if (method === "POST") attempts.push({method, body, mode: "no-cors"});
              const send = options => fetch(address, options).then(answer => answer.status, () => -1);
              return Promise.all(attempts.map(send));
            }""",
            [app.host.url + path, method, sent],
        )
        await page.evaluate(
            """([address, body]) => {
              const form = document.createElement("form");
              form.method = "post";
              form.enctype = "text/plain";
              form.action = address;
              const field = document.createElement("input");
              field.name = body.slice(0, -1) + ', "x": "';
              field.value = '"}';
              form.append(field);
              document.body.append(form);
              form.submit();
            }""",
            [app.host.url + path, sent],
        )
        await page.wait_for_load_state("networkidle")
    await page.close()
    assert set(outcomes) <= {-1, 0, 403}
    assert [listed["decision"] for listed in await list_rows(app)] == [None, None]
    assert not (app.folder / "catalogs/toys/catalog.json").exists()
    runs = (await app.call("GET", "/api/runs")).body["runs"]
    assert len(runs) == 1


async def test_the_page_cannot_be_framed(app: RunningApp, browser: Browser) -> None:
    page = await browser.new_page()
    page.set_default_timeout(TIMEOUT_MS)
    async with serve_other_site(f'<iframe src="{app.host.url}/api/review/"></iframe>') as url:
        await page.goto(url)
        await page.wait_for_load_state("networkidle")
        frames = [frame for frame in page.frames if frame.parent_frame is not None]
        texts = [await frame.locator("body").inner_text() for frame in frames]
    await page.close()
    assert "Catalog Seeder" not in " ".join(texts)
