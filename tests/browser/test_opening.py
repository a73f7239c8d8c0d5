"""Opening a review: the requests before the first thumbnail, which do not wait for the modules of the view."""

import asyncio

from playwright.async_api import Request, Route, expect

from tests.support.browser_visitor import Visitor
from tests.support.review_catalogs import CATALOG, make_catalog
from tests.support.review_page import ReviewPage
from tests.support.running_app import RunningApp


async def test_the_first_items_are_requested_before_the_modules_of_the_view_are_there(
    app: RunningApp, person: Visitor
) -> None:
    names = await make_catalog(app, 4)
    is_requested = asyncio.Event()

    def notice(request: Request) -> None:
        if f"/catalogs/{CATALOG}/items?" in request.url:
            is_requested.set()

    async def hold(route: Route) -> None:
        await is_requested.wait()
        await route.continue_()

    person.page.on("request", notice)
    for module in ("main.js", "views/review.js", "review/item_grid.js"):
        await person.page.route(f"**/{module}", hold, times=1)
    review = await ReviewPage.open(person, CATALOG)
    await review.expect_verdict("undecided", *names)


async def test_only_the_catalog_and_its_first_items_are_requested_before_the_first_thumbnail(
    app: RunningApp, person: Visitor
) -> None:
    names = await make_catalog(app, 4)
    review = await ReviewPage.open(person, CATALOG)
    await expect(review.cell(names[0]).get_by_role("presentation")).to_be_visible()
    calls = [request.url.partition("/api/")[2] for request in person.requests if "/api/catalogs" in request.url]
    first_thumbnail = next(number for number, call in enumerate(calls) if "/thumbnails/" in call)
    items = f"catalogs/{CATALOG}/items?sort=category&offset=0&limit=200"
    assert items in calls[:first_thumbnail]
    assert set(calls[:first_thumbnail]) <= {items, f"catalogs/{CATALOG}"}


async def test_a_list_that_cannot_be_read_before_its_view_is_there_is_read_again(
    app: RunningApp, person: Visitor
) -> None:
    names = await make_catalog(app, 4)
    person.allowed_statuses.add(503)
    answered = asyncio.Event()

    async def fail(route: Route) -> None:
        answered.set()
        await route.fulfill(status=503, body="")

    async def hold(route: Route) -> None:
        await answered.wait()
        await route.continue_()

    await person.page.route(f"**/catalogs/{CATALOG}/items?*", fail, times=1)
    await person.page.route("**/main.js", hold, times=1)
    review = await ReviewPage.open(person, CATALOG)
    await review.expect_verdict("undecided", *names)
