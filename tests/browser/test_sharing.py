"""Every decision survives a reload, a second tab and a second person; an image that was replaced asks again."""

import asyncio
import json

from playwright.async_api import Route, expect

from tests.browser.conftest import OpenVisitor
from tests.support.browser_visitor import Visitor
from tests.support.review_catalogs import decide, find_row, list_rows, make_catalog, read_verdicts, regenerate
from tests.support.review_page import ReviewPage, review_address
from tests.support.running_app import RunningApp

TABS = 20
ITEMS_PER_TAB = 3


async def test_a_reload_and_a_second_tab_show_every_decision(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 6)
    review = await ReviewPage.open(person, "toys")
    await review.cell(names[0]).click()
    await review.press("a", "x")
    await review.expect_verdict("approved", names[0])
    await review.expect_verdict("rejected", names[1])
    await person.page.reload()
    await review.expect_verdict("approved", names[0])
    await review.expect_verdict("rejected", names[1])
    second = ReviewPage(await person.open_tab(review_address("toys")))
    await second.expect_verdict("approved", names[0])
    await second.expect_verdict("undecided", *names[2:])


async def test_what_a_second_person_decides_appears_without_a_reload(app: RunningApp, open_person: OpenVisitor) -> None:
    names = await make_catalog(app, 6)
    first, second = await open_person(app), await open_person(app, theme="dark")
    here, there = await ReviewPage.open(first, "toys"), await ReviewPage.open(second, "toys")
    await here.decide(names[0], "a")
    await there.decide(names[1], "x")
    await there.decide(names[2], "a")
    for review in (here, there):
        await review.expect_verdict("approved", names[0], names[2])
        await review.expect_verdict("rejected", names[1])
        await review.expect_verdict("undecided", *names[3:])


async def decide_in_turn(app: RunningApp, open_person: OpenVisitor, name: str) -> tuple[ReviewPage, ReviewPage]:
    """Let one person approve an item, and then another one reject it; return their pages."""
    first, second = await open_person(app), await open_person(app)
    here, there = await ReviewPage.open(first, "toys"), await ReviewPage.open(second, "toys")
    await here.decide(name, "a")
    await there.expect_verdict("approved", name)
    await there.decide(name, "x")
    await here.expect_verdict("rejected", name)
    return here, there


async def test_the_later_of_two_decisions_about_one_item_counts(app: RunningApp, open_person: OpenVisitor) -> None:
    names = await make_catalog(app, 4)
    await decide_in_turn(app, open_person, names[0])
    assert (await read_verdicts(app))[names[0]] == "rejected"


async def test_an_undo_keeps_what_another_reviewer_has_decided_since(app: RunningApp, open_person: OpenVisitor) -> None:
    names = await make_catalog(app, 4)
    here, there = await decide_in_turn(app, open_person, names[0])
    await here.decide(names[1], "a")
    await here.press("u")
    await here.expect_verdict("undecided", names[1])
    await here.press("u")
    await here.decide(names[2], "a")  # sent after what the undo would send
    await there.expect_verdict("approved", names[2])
    assert await read_verdicts(app) == dict(zip(names, ["rejected", "undecided", "approved", "undecided"], strict=True))


async def test_an_image_that_was_regenerated_meanwhile_asks_again(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 4)
    await decide(app, await list_rows(app), "approved")
    review = await ReviewPage.open(person, "toys")
    await review.expect_verdict("approved", *names)
    await regenerate(app, [await find_row(app, names[1])])
    await review.expect_verdict("undecided", names[1])
    await review.expect_verdict("approved", names[0], *names[2:])


async def test_a_change_that_the_grid_has_missed_appears_when_it_is_shown_again(
    app: RunningApp, person: Visitor
) -> None:
    names = await make_catalog(app, 4)
    await decide(app, await list_rows(app), "approved")
    review = await ReviewPage.open(person, "toys")
    await review.expect_verdict("approved", *names)
    await person.context.route("**/api/catalogs/toys", lambda route: route.abort())
    await regenerate(app, [await find_row(app, names[1])])
    await person.go("#/runs")
    await expect(person.page.get_by_role("heading", name="Runs")).to_be_visible()
    await person.context.unroute("**/api/catalogs/toys")
    await person.go(review_address("toys"))
    await review.expect_verdict("undecided", names[1])


async def test_a_decision_about_an_image_that_was_replaced_is_refused_by_name(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 4)
    review = await ReviewPage.open(person, "toys")
    row = await find_row(app, names[1])
    # The page learns of the new image only after the decision was sent.
    await person.context.route("**/api/catalogs/toys", lambda route: route.abort())
    await regenerate(app, [row])
    await review.decide(names[1], "a")
    note = person.page.get_by_role("alert").filter(has_text=names[1])
    await expect(note).to_be_visible()
    await review.expect_verdict("undecided", names[1])
    assert (await read_verdicts(app))[names[1]] == "undecided"


async def test_the_undo_of_a_refused_decision_blames_no_other_reviewer(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, 4)
    review = await ReviewPage.open(person, "toys")
    problem = {"type": "urn:catalog-seeder:problem:invalid-request", "title": "Bad request", "status": 400}

    async def refuse(route: Route) -> None:
        await route.fulfill(status=400, content_type="application/problem+json", body=json.dumps(problem))

    await person.page.route("**/api/catalogs/toys/decisions", refuse, times=1)
    await review.decide(names[1], "a")
    await expect(person.page.get_by_role("alert").filter(has_text=names[1])).to_be_visible()
    await review.expect_verdict("undecided", names[1])
    await review.press("u")
    await expect(person.page.get_by_text(f"Undone: {names[1]} is undecided")).to_be_visible()
    await expect(person.page.get_by_text("another reviewer")).to_have_count(0)
    assert set((await read_verdicts(app)).values()) == {"undecided"}


async def test_twenty_simultaneous_bulk_decisions_lose_none(app: RunningApp, person: Visitor) -> None:
    names = await make_catalog(app, TABS * ITEMS_PER_TAB)
    rows = await list_rows(app)
    parts = [rows[first : first + ITEMS_PER_TAB] for first in range(0, len(rows), ITEMS_PER_TAB)]
    page = await person.open(review_address("toys"))
    bodies = [
        [{"productId": row["productId"], "decision": verdict, "sha256": row["image"]["sha256"]} for row in part]
        for part, verdict in zip(parts, ["approved", "rejected"] * (TABS // 2), strict=True)
    ]
    statuses = await page.evaluate(
        """bodies => Promise.all(bodies.map(decisions => fetch("../catalogs/toys/decisions", {
             method: "PUT",
             headers: {"Content-Type": "application/json"},
             body: JSON.stringify({decisions}),
           }).then(async answer => [answer.status, (await answer.json()).recorded])))""",
        bodies,
    )
    assert statuses == [[200, ITEMS_PER_TAB]] * TABS
    verdicts = await read_verdicts(app)
    expected = {row["name"]: body[0]["decision"] for part, body in zip(parts, bodies, strict=True) for row in part}
    assert verdicts == expected
    assert set(names) == set(expected)
    review = await ReviewPage.open(person, "toys", decision="rejected")
    await expect(
        person.page.get_by_role("status").filter(has_text=f"{TABS // 2 * ITEMS_PER_TAB} items")
    ).to_be_visible()
    await review.expect_verdict("rejected", parts[1][0]["name"])


async def test_several_people_who_decide_at_once_in_the_grid_lose_nothing(
    app: RunningApp, open_person: OpenVisitor
) -> None:
    names = await make_catalog(app, 12)
    people = [await open_person(app) for _ in range(4)]
    grids = [await ReviewPage.open(person, "toys") for person in people]
    for number, grid in enumerate(grids):
        await grid.cell(names[number * 3]).click()
        await grid.cell(names[number * 3 + 2]).click(modifiers=["Shift"])
        await expect(grid.selected).to_have_count(3)
    await asyncio.gather(*(grid.press("ax"[number % 2]) for number, grid in enumerate(grids)))
    for grid in grids:
        await grid.expect_verdict("approved", *names[0:3], *names[6:9])
        await grid.expect_verdict("rejected", *names[3:6], *names[9:12])
