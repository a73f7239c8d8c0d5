"""The order by style in the page: there where images have a distance from style references, and nowhere else."""

from playwright.async_api import expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_accessibility import find_violations
from tests.support.review_catalogs import list_rows, make_catalog
from tests.support.review_page import ReviewPage, list_names
from tests.support.running_app import RunningApp
from tests.support.sample_images import draw_gradient

ORDER = "Farthest from the style"


async def test_outliers_come_first_in_a_catalog_with_style_references(
    app: RunningApp, open_person: OpenVisitor
) -> None:
    await app.call("PUT", "/api/inputs/look.png", draw_gradient())
    await make_catalog(app, 6, styleReference={"images": ["inputs/look.png"]})
    names = list_names(await list_rows(app, sort="style"))
    review = await ReviewPage.open(await open_person(app), "toys")
    await review.page.get_by_label("Order").select_option(label=ORDER)
    await expect(review.grid.locator("[data-index='0']")).to_contain_text(names[0])
    await expect(review.grid.locator("[data-index='5']")).to_contain_text(names[-1])
    assert await find_violations(review.page) == []


async def test_a_catalog_without_style_references_has_no_such_order(app: RunningApp, open_person: OpenVisitor) -> None:
    await make_catalog(app, 2)
    review = await ReviewPage.open(await open_person(app), "toys")
    options = review.page.get_by_label("Order").get_by_role("option")
    await expect(options.last).to_have_text("Lowest score")
    assert ORDER not in await options.all_inner_texts()
