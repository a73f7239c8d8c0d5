"""The request of ``seeder regenerate``: its body from flags, and its estimate."""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from cli.app_client import open_client
from cli.command_context import CommandContext, CommandResult
from cli.command_settings import begin_command
from cli.command_target import CommandTarget
from cli.errors import WrongUsageError
from cli.interrupts import run_interruptibly
from cli.print_estimate import show_estimate
from cli.request_from_flags import make_body
from cli.request_options import describe_problems
from shared.config import Settings
from shared.runs import regenerate
from shared.runs.request import describe_validation_error
from shared.services.container import get_services, use_settings


def make_regenerate_body(
    product_ids: Sequence[str], prompts: Sequence[str], flags: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the JSON data of a request for new images.

    Args:
        product_ids: ids of the items.
        prompts: edited prompts, each as ``ID=TEXT``.
        flags: further fields, by parameter name.

    Raises:
        WrongUsageError: a value cannot be used.
    """
    body = make_body(flags) | {"productIds": list(product_ids)}
    image_prompts: dict[str, str] = {}
    for one in prompts:
        # An id may hold an equals sign, so the longest named id counts.
        named = [product_id for product_id in product_ids if one.startswith(f"{product_id}=")]
        if not named:
            raise WrongUsageError(f"--prompt: {one[:60]!r}; expected ID=TEXT with an ID of --product-id")
        product_id = max(named, key=len)
        image_prompts[product_id] = one.removeprefix(f"{product_id}=")
    if image_prompts:
        body["imagePrompts"] = image_prompts
    try:
        regenerate.RegenerateRequest.model_validate(body)
    except ValidationError as error:
        raise WrongUsageError(describe_problems(describe_validation_error(error))) from error
    return body


def estimate_regenerate(
    context: CommandContext, target: CommandTarget, catalog: str, body: dict[str, Any]
) -> CommandResult:
    """Return the estimate of a run for new images; starts, calls and writes nothing.

    Raises:
        CliError: the app cannot be reached, or an id or a prompt cannot be used.
        StoreUnavailableError: the store does not answer.
    """
    settings = begin_command(context, target)
    document = run_interruptibly(lambda: _estimate(target, settings, catalog, body))
    return show_estimate(document, {"product_id": body["productIds"], "max_cost_usd": body.get("maxCostUsd")})


async def _estimate(target: CommandTarget, settings: Settings, catalog: str, body: Mapping[str, Any]) -> dict[str, Any]:
    if target.url is not None:
        async with open_client(target.origin, settings.functions_key) as client:
            return await client.estimate_regenerate(catalog, body)
    await use_settings(settings)
    try:
        return (await regenerate.estimate_regenerate(get_services(), catalog, body)).to_json()
    finally:
        await use_settings(None)
