"""Records decisions about the images of a catalog: what approve and reject share."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from rich.text import Text

from cli.app_client import AppClient, ProblemError, open_client
from cli.command_context import CommandContext, CommandResult
from cli.command_settings import begin_command
from cli.command_target import CommandTarget
from cli.errors import ExitStatus, WrongUsageError
from cli.interrupts import run_interruptibly
from cli.review_page import check_catalog_exists, check_catalog_name
from cli.run_output import fill_document, print_rows
from shared.browse.item_details import list_items, read_item
from shared.browse.item_query import ItemQuery
from shared.browse.views import ItemRow
from shared.config import Settings
from shared.errors import UnknownItemError
from shared.reviews.decide import record_decisions
from shared.reviews.decision_request import (
    MAX_DECISIONS,
    MAX_NOTE_CHARACTERS,
    Decided,
    DecisionResult,
    RefusalReason,
)
from shared.services.container import Services, get_services, use_settings

MAX_CONCURRENT_READS = 8

REFUSALS = {
    RefusalReason.IMAGE_CHANGED: "has another image than a moment ago; check it, and repeat the command",
    RefusalReason.NO_IMAGE: "has no image",
    RefusalReason.UNKNOWN_ITEM: "is not an item of the catalog",
}


@dataclass(frozen=True, slots=True)
class WantedDecision:
    """What a command decides, and about which items.

    Attributes:
        decision: the decision.
        product_ids: ids of the items, as published or internal.
        first: the first items of the catalog instead; None = those with the ids.
        note: a remark.
    """

    decision: Decided
    product_ids: Sequence[str]
    first: int | None = None
    note: str | None = None

    def __post_init__(self) -> None:
        if bool(self.product_ids) == (self.first is not None):
            given = "both were given" if self.product_ids else "none was given"
            raise WrongUsageError(f"expected ids of items, or --first N; {given}")
        if len(self.product_ids) > MAX_DECISIONS:
            raise WrongUsageError(f"{len(self.product_ids)} ids; expected at most {MAX_DECISIONS} per command")
        if self.note is not None and len(self.note) > MAX_NOTE_CHARACTERS:
            raise WrongUsageError(f"--note has {len(self.note)} characters; expected at most {MAX_NOTE_CHARACTERS}")


class Reviews(Protocol):
    """Items and decisions of a catalog: in a store, or of an app."""

    async def list_first(self, count: int) -> Sequence[ItemRow]:
        """Return the first items of the catalog, in acceptance order."""

    async def find(self, product_id: str) -> ItemRow | None:
        """Return an item; None if the catalog has none with this id."""

    async def record(self, body: Mapping[str, Any]) -> DecisionResult:
        """Record decisions."""


class StoreReviews:
    """Items and decisions of a catalog in a store; needs no durable host."""

    def __init__(self, services: Services, catalog: str) -> None:
        self._services = services
        self._catalog = catalog

    async def list_first(self, count: int) -> Sequence[ItemRow]:
        """Return the first items of the catalog, in acceptance order."""
        return (await list_items(self._services, self._catalog, ItemQuery(sort="accepted", limit=count))).items

    async def find(self, product_id: str) -> ItemRow | None:
        """Return an item; None if the catalog has none with this id."""
        try:
            return await read_item(self._services, self._catalog, product_id)
        except UnknownItemError:
            return None

    async def record(self, body: Mapping[str, Any]) -> DecisionResult:
        """Record decisions."""
        return await record_decisions(self._services, self._catalog, body)


class AppReviews:
    """Items and decisions of a catalog of an app."""

    def __init__(self, client: AppClient, catalog: str) -> None:
        self._client = client
        self._catalog = catalog

    async def list_first(self, count: int) -> Sequence[ItemRow]:
        """Return the first items of the catalog, in acceptance order."""
        return (await self._client.list_items(self._catalog, {"sort": "accepted", "limit": str(count)})).items

    async def find(self, product_id: str) -> ItemRow | None:
        """Return an item; None if the catalog has none with this id."""
        try:
            return await self._client.get_item(self._catalog, product_id)
        except ProblemError as problem:
            if problem.kind == UnknownItemError.kind:
                return None
            raise

    async def record(self, body: Mapping[str, Any]) -> DecisionResult:
        """Record decisions."""
        return await self._client.put_decisions(self._catalog, body)


@dataclass(frozen=True, slots=True)
class _Decided:
    """What a command has done.

    Attributes:
        result: what was recorded.
        names: of the items, by the ids of the result.
        refused: why an item was refused, by its id.
    """

    result: DecisionResult
    names: Mapping[str, str]
    refused: Mapping[str, RefusalReason]


def decide_images(
    context: CommandContext, target: CommandTarget, catalog: str, wanted: WantedDecision
) -> CommandResult:
    """Record the same decision about the current images of some items, and return what was recorded and refused.

    Raises:
        CliError: the app cannot be reached, or the catalog does not exist.
        StoreUnavailableError: the store does not answer.
    """
    check_catalog_name(catalog)
    settings = begin_command(context, target)

    async def decide(reviews: Reviews) -> _Decided:
        return await _decide(reviews, wanted)

    decided = run_interruptibly(lambda: _open(target, settings, catalog, decide))
    rows = [("catalog", Text(catalog, style="bold")), *_make_rows(decided, wanted.decision)]
    status = ExitStatus.DONE if not decided.refused else ExitStatus.DONE_WITH_FAILURES
    if not decided.result.recorded:
        status = ExitStatus.FAILED
    document = fill_document(catalog=catalog, status="Completed") | {
        "recorded": decided.result.recorded,
        "decisions": [one.model_dump(mode="json", by_alias=True) for one in decided.result.decisions],
        "refused": [{"productId": item, "reason": str(reason)} for item, reason in decided.refused.items()],
    }
    return CommandResult(status, document, lambda console: print_rows(console, rows))


async def _open(
    target: CommandTarget, settings: Settings, catalog: str, decide: Callable[[Reviews], Awaitable[_Decided]]
) -> _Decided:
    if target.url is not None:
        async with open_client(target.origin, settings.functions_key) as client:
            return await decide(AppReviews(client, catalog))
    await use_settings(settings)
    try:
        services = get_services()
        await check_catalog_exists(services.store, catalog, settings.store)
        return await decide(StoreReviews(services, catalog))
    finally:
        await use_settings(None)


async def _decide(reviews: Reviews, wanted: WantedDecision) -> _Decided:
    """Decide about the images as they are now; one that is replaced in between is refused."""
    found = await _find_items(reviews, wanted)
    refused: dict[str, RefusalReason] = {}
    entries: dict[str, dict[str, Any]] = {}
    for given_id, row in found.items():
        if row is None:
            refused[given_id] = RefusalReason.UNKNOWN_ITEM
        elif row.image is None or row.image.is_placeholder:
            refused[given_id] = RefusalReason.NO_IMAGE
        else:
            entry = {"productId": row.item_id, "decision": wanted.decision, "sha256": row.image.sha256}
            entries[row.item_id] = entry if wanted.note is None else entry | {"note": wanted.note}
    result = DecisionResult(recorded=0, decisions=[], refused=[])
    if entries:
        result = await reviews.record({"decisions": list(entries.values())})
    refused |= {one.product_id: one.reason for one in result.refused}
    names = {row.item_id: row.name for row in found.values() if row is not None}
    return _Decided(result, names, refused)


async def _find_items(reviews: Reviews, wanted: WantedDecision) -> dict[str, ItemRow | None]:
    """Return the items by the ids of the command."""
    if wanted.first is not None:
        return {row.product_id: row for row in await reviews.list_first(wanted.first)}
    slots = asyncio.Semaphore(MAX_CONCURRENT_READS)

    async def find(product_id: str) -> ItemRow | None:
        async with slots:
            return await reviews.find(product_id)

    ids = list(dict.fromkeys(wanted.product_ids))
    return dict(zip(ids, await asyncio.gather(*map(find, ids)), strict=True))


def _make_rows(decided: _Decided, decision: Decided) -> Iterator[tuple[str, Text]]:
    """Yield a line for each item: its id and name, or why it was refused."""
    label: str = decision
    for one in decided.result.decisions:
        yield label, Text(f"{one.product_id}  {decided.names.get(one.item_id, '')}")
        label = ""
    label = "refused"
    for item, reason in decided.refused.items():
        yield label, Text(f"{item}  {REFUSALS[reason]}", style="yellow")
        label = ""
