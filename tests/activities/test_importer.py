"""The importer takes in what is published of any rows, in any order of events, and finds its products again."""

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.catalog.catalog_files import Batch, create_batch, iterate_items, read_categories, write_categories
from shared.catalog.category_rules import validate_categories
from shared.catalog.importer_state import list_known_categories
from shared.catalog.items import Category, SourceItem
from shared.catalog.prune import prune_catalog
from shared.catalog.publish import publish, read_catalog_view
from shared.catalog.theme import Theme
from shared.errors import NothingToKeepError
from shared.messages.run import RunRef
from shared.messages.text import TextCall
from shared.storage import paths
from shared.storage.protocol import Store
from shared.text.digest_table import hash_text
from tests.strategies import QUICK, nasty_texts
from tests.support.activity_calls import RUN, deliver, start_process, start_run_in
from tests.support.catalogs import CATALOG, IMAGE_METADATA, make_source_item, read_data
from tests.support.importer_rules import Importer, slugify
from tests.support.input_rows import dump_rows
from tests.support.memory_store import MemoryStore
from tests.support.scripted_model import ScriptedModel
from tests.support.sql_server import weigh

INPUT = "inputs/rows.json"
IDS = (
    "PROD-1", "prod-1", "Prod-1 ", "PROD\u200d-1", "\uff30ROD-1", "PROD-1\x07", "pro\u00add-1", "PROD\u202e-1",
    "\u200b", "caf\u00e9", "cafe\u0301", "CAFE\u0301", "cafe", "stra\u00dfe", "STRASSE", "\u0130d", "id",
    "\u0131d", "i\u0307d", "x" * 36, "x" * 36 + "1", "X" * 36 + "2", "x" * 35 + "\U0001f680", "\U0001f680",
    "\U0001f381", "\u30a2", "\u3042", "\u178f", "\u1780", "m\u00b2", "m2", "\u0661", "1", "../a", "a/b", "A/B",
)  # fmt: skip
CATEGORIES = (
    "Men's Shoes", "Mens Shoes", "MENS  SHOES", "Sci-Fi", "SciFi", "\u2605\u2605", "\u2665", "\u2605",
    "\U0001f381", "\U0001f384", "\U00020bb7", "\u0130stanbul", "istanbul", "\u0131stanbul",
    "\u039f\u0394\u039f\u03a3", "\u03bf\u03b4\u03bf\u03c3", "\u03bf\u03b4\u03bf\u03c2", "Cafe\u0301", "Caf\u00e9",
    "Cafe", "\uff33hoes", "Shoes", "shoes\u200b", "\u202eShoes", "???", "-", "", "\u3164", "y" * 64 + "1",
    "y" * 64 + "2", "\u178f & a", "\u1780 - a", "Stra\u00dfe", "Strasse", "\u3042", "\u30a2", "Gifts \U0001f381",
    "Gifts \U0001f384", "\U0001f1e9\U0001f1ea", "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
)  # fmt: skip


@dataclass(slots=True)
class Shop:
    """A catalog of rows, and an importer that reads it after each publication.

    Attributes:
        refused: the ids of the rows whose image the service refuses.
    """

    store: Store = field(default_factory=MemoryStore)
    importer: Importer = field(default_factory=Importer)
    refused: set[str] = field(default_factory=set)
    runs: int = 0

    async def run(self, rows: Sequence[dict[str, Any]]) -> int:
        """Take rows, make the images that are not refused, publish and import; return how many rows were imported."""
        self.runs += 1
        run_id = f"{8204736755521 - self.runs}-af1e9c55"
        await self.store.write(INPUT, json.dumps(rows).encode(), content_type="application/json")
        await start_run_in(self.store, run_id=run_id, source="products", input=INPUT, skip_invalid=True)
        process = start_process(self.store, ScriptedModel())
        await deliver(process, "prepare_run", RunRef(run_id, CATALOG))
        taken = await deliver(process, "import_input", RunRef(run_id, CATALOG))
        assert taken.get("failure") is None
        return await self.repair()

    async def repair(self) -> int:
        """Make the missing images that are not refused, publish and import."""
        async for item in iterate_items(self.store, CATALOG):
            if item.public_id not in self.refused:
                path = paths.image_file(CATALOG, item.filename)
                await self.store.write(path, b"image", content_type="image/png", metadata=IMAGE_METADATA)
        await publish(self.store, await read_catalog_view(self.store, CATALOG, with_images=True))
        return await self.read()

    async def lose_images(self, source_ids: set[str]) -> None:
        """Lose the images of rows, which are refused from then on."""
        self.refused |= source_ids
        async for item in iterate_items(self.store, CATALOG):
            if item.public_id in source_ids:
                await self.store.delete(paths.image_file(CATALOG, item.filename))

    async def prune(self) -> int:
        """Prune, which publishes, and import."""
        try:
            await prune_catalog(self.store, CATALOG, f"prune-{self.runs}")
        except NothingToKeepError:
            return 0
        return await self.read()

    async def read(self) -> int:
        """Import, and check what holds of every publication; return how many rows were imported."""
        rows = await self.list_rows()
        categories = await read_data(self.store, "catalogs/lego/categories.json") if rows else []
        assert {row["category"] for row in rows} <= {category["name"] for category in categories}
        assert all(category["slug"] == slugify(category["name"]) for category in categories)
        assert all(weigh(category["slug"]).strip("- ") or "\u1780" in category["name"] for category in categories)
        assert len({weigh(category["slug"]) for category in categories}) == len(categories)
        known = set(self.importer.products)
        imported = self.importer.run(rows)
        assert {row["productId"] for row in rows} <= set(self.importer.products)
        assert known.isdisjoint(row["productid"] for row in imported)
        return len(imported)

    async def list_rows(self) -> list[dict[str, Any]]:
        """Return the rows that the importer reads."""
        rows: list[dict[str, Any]] = await read_data(self.store, "catalogs/lego/importer-catalog.json")
        return rows

    async def list_ids(self) -> dict[str, str | None]:
        """Return the ids in the importer by those of the rows."""
        items = [item async for item in iterate_items(self.store, CATALOG) if isinstance(item, SourceItem)]
        return {item.source_id: item.importer_id for item in items}


def make_rows(*pairs: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"id": row_id, "name": f"Item {row_id}", "category": category} for row_id, category in pairs]


hostile_rows = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(IDS), nasty_texts, st.text(max_size=3)),
        st.one_of(st.sampled_from(CATEGORIES), nasty_texts, st.text(max_size=3)),
    ),
    max_size=8,
)
steps = st.lists(
    st.tuples(st.sampled_from(("run", "repair", "lose", "prune")), hostile_rows, st.integers(0, 2**16)),
    min_size=1,
    max_size=6,
)


@QUICK
@given(steps)
async def test_whatever_rows_come_in_whatever_order_the_importer_takes_what_is_new(
    courses: list[tuple[str, list[tuple[str, str]], int]],
) -> None:
    shop = Shop()
    assigned: dict[str, str | None] = {}
    for action, pairs, luck in courses:
        chosen = {row_id for row_id, _ in pairs if hash_text(f"{row_id}{luck}") % 2}
        if action == "run" or not shop.runs:
            shop.refused = chosen
            await shop.run([{"id": "sure", "name": "Sure", "category": "Sure"}, *make_rows(*pairs)])
        elif action == "repair":
            shop.refused -= chosen
            await shop.repair()
        elif action == "lose":
            await shop.lose_images({row_id for row_id in assigned if hash_text(f"{row_id}{luck}") % 2})
        else:
            await shop.prune()
        ids = await shop.list_ids()
        assert all(assigned.get(source_id, given_id) == given_id for source_id, given_id in ids.items())
        assigned |= ids


@pytest.mark.slow
async def test_three_thousand_hostile_rows_import_twice_first_all_then_none() -> None:
    luck = random.Random(11)
    pieces = [*IDS, *CATEGORIES, "A", "a", "-", "\u200c", "\ufeff"]
    pairs = [
        (f"{luck.choice(IDS)}{luck.choice(pieces)}{luck.randrange(40)}", luck.choice(CATEGORIES)) for _ in range(6000)
    ]
    rows = list({" ".join(row["id"].split()): row for row in make_rows(*pairs)}.values())[:3000]
    assert len(rows) == 3000
    shop = Shop()
    assert await shop.run(rows) == 3000
    assert await shop.read() == 0
    assert await shop.run([*make_rows(("New", "SHOES")), *rows[:-100:-1]]) == 1


async def test_ids_that_differ_in_case_only_are_distinct_for_ever_whichever_is_left() -> None:
    shop = Shop(refused={"prod-1"})
    first, second, other = make_rows(("PROD-1", "A b"), ("prod-1", "A b"), ("other", "A b"))
    assert await shop.run([first, second, other]) == 2
    ids = await shop.list_ids()
    assert ids["PROD-1"] == "PROD-1"
    assert str(ids["prod-1"]).startswith("prod-1-")
    shop.refused = set()
    assert await shop.run([second, first, other]) == 1
    assert await shop.list_ids() == ids
    await shop.lose_images({"PROD-1"})
    assert await shop.prune() == 0
    third = make_rows(("Prod-1", "A b"))
    assert await shop.run([*third, second, other]) == 1
    shop.refused = set()
    assert await shop.run([*third, second, first]) == 0
    assert (await shop.list_ids())["PROD-1"] == "PROD-1"
    manifest = await read_data(shop.store, "catalogs/lego/manifest.json")
    assert {row["productId"]: row.get("importerId") for row in manifest} | {"PROD-1": "PROD-1", "other": "other"} == (
        await shop.list_ids()
    )


async def test_an_id_that_another_row_would_have_got_is_not_given_twice() -> None:
    shop, other = Shop(), Shop()
    await shop.run(make_rows(("PROD-1", "A b"), ("prod-1", "A b")))
    derived = str((await shop.list_ids())["prod-1"])
    rows = make_rows((derived.upper(), "A b"), ("PROD-1", "A b"), ("prod-1", "A b"), (derived, "A b"))
    assert await other.run(rows) == 4
    assert await other.read() == 0


async def test_a_category_keeps_its_spelling_if_its_first_row_changes() -> None:
    shop = Shop(refused={"1"})
    rows = make_rows(("1", "Men's Shoes"), ("2", "Mens Shoes"), ("3", "Boots"))
    assert await shop.run(rows) == 2
    spelled = {row["productId"]: row["category"] for row in await shop.list_rows()}
    shop.refused = set()
    assert await shop.repair() == 1
    assert (await shop.list_rows())[1]["category"] == spelled["2"]
    assert await shop.run([{**rows[0], "category": "Boots"}, *rows[1:]]) == 0
    await shop.lose_images({"1", "3"})
    assert await shop.prune() == 0
    assert await shop.run(make_rows(("4", "MENS SHOES"))) == 1
    assert {row["category"] for row in await shop.list_rows()} == {spelled["2"]}


async def test_what_was_published_first_counts_after_a_version_without_a_record_too() -> None:
    shop = Shop(refused={"PROD-1", "x\u200by"})
    await start_run_in(shop.store, source="products", input=INPUT)
    process = start_process(shop.store, ScriptedModel())
    await deliver(process, "prepare_run", RunRef("8204736755521-af1e9c55", CATALOG))
    items = [
        make_source_item(source_id, source_id=source_id, category=category)
        for source_id, category in (
            ("PROD-1", "Men's Shoes"),
            ("prod-1", "Mens Shoes"),
            ("x\u200by", "A"),
            ("z\u200b", "A"),
        )
    ]
    await create_batch(shop.store, CATALOG, Batch(1, "run-0", tuple(items)))
    published = [
        {"productId": item.source_id, "name": item.name, "category": item.category, "filename": item.filename}
        for item in (items[1], items[3])
    ]
    await shop.store.write("catalogs/lego/importer-catalog.json", dump_rows(published), content_type="application/json")
    assert len(shop.importer.run(published)) == 2
    assert await shop.repair() == 0
    shop.refused = set()
    assert await shop.repair() == 2
    ids = await shop.list_ids()
    assert (ids["prod-1"], ids["z\u200b"]) == ("prod-1", "z\u200b")
    assert str(ids["PROD-1"]).startswith("PROD-1-")
    assert {row["category"] for row in await shop.list_rows()} == {"Mens Shoes", "A"}


async def test_lost_records_are_found_again_in_what_was_published() -> None:
    shop = Shop()
    rows = make_rows(("1", "Men's Shoes"), ("2", "\u2605"), ("PROD-1", "A"), ("prod-1", "A"))
    assert await shop.run(rows) == 4
    before = (await shop.list_ids(), await read_data(shop.store, "catalogs/lego/categories.json"))
    for lost in ("categories.json", "state/importer.json"):
        await shop.store.delete(f"catalogs/lego/{lost}")
        assert await shop.run([{**rows[0], "category": "Mens Shoes"}, *rows[:0:-1]]) == 0
    await shop.store.move("catalogs/lego/state/batches/00001.json", "catalogs/lego/state/batches/00001.json.damaged-1")
    assert await shop.run(rows[::-1]) == 0
    after = (await shop.list_ids(), await read_data(shop.store, "catalogs/lego/categories.json"))
    assert after == before


async def test_categories_that_were_dropped_are_spelled_as_before_when_the_model_proposes_them_again() -> None:
    store, model = MemoryStore(), ScriptedModel()
    await write_categories(store, CATALOG, [Category("Sci-Fi Crew", "scifi-crew"), Category("Sea Team", "sea-team")])
    await start_run_in(store, force_categories=True)
    await deliver(start_process(store, model), "write_categories", TextCall(RUN, CATALOG))
    assert "Sci-Fi Crew" not in [category.name for category in await read_categories(store, CATALOG) or ()]
    known = await list_known_categories(store, CATALOG)
    assert {"Sci-Fi Crew", "Sea Team"} < set(known)
    picked = validate_categories(["SciFi Crew"], taken=[], count=1, theme=Theme(), known=known).chosen
    assert picked == (Category("Sci-Fi Crew", "scifi-crew"),)
