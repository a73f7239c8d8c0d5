"""Estimates a run before anything is claimed or billed."""

from collections.abc import Mapping
from typing import Any

from shared.catalog.inventory import read_inventory
from shared.errors import EstimateAboveBudgetError, InvalidRequestError
from shared.models.provider_names import Provider
from shared.runs.estimate import Estimate, Inventory, calculate_estimate
from shared.runs.image_estimate import Models
from shared.runs.request import SeedRequest
from shared.runs.resolve_source import resolve_source
from shared.runs.selection import find_selection
from shared.services.container import Services
from shared.services.model_factory import check_batch_settings
from shared.setting_values import SettingError


async def estimate_body(services: Services, body: Mapping[str, Any]) -> Estimate:
    """Return the estimate of the run that a request body asks for.

    Raises:
        ValidationError: the body breaks the schema.
        RequestError: the input of the request cannot be used; see `resolve_source`.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    request = SeedRequest.from_json(services.settings.defaults.apply_to(body))
    return await estimate_request(services, await resolve_source(services.store, request))


def check_image_mode(services: Services, request: SeedRequest) -> None:
    """Check that the image provider and model have batches, if the request asks for them.

    Raises:
        InvalidRequestError: they have none.
    """
    if request.is_batched and not request.dry_run:
        try:
            check_batch_settings(services.settings.model, services.settings.prices)
        except SettingError as error:
            raise InvalidRequestError("imageMode", f"is 'batch': {error}") from error


async def estimate_request(services: Services, request: SeedRequest) -> Estimate:
    """Return the estimate of a run with this request, given what the catalog has; calls no model.

    Raises:
        InvalidRequestError: the image model has no batches, and the request asks for them.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    check_image_mode(services, request)
    model = services.settings.model
    models = Models(
        model.text_deployment,
        model.vision_deployment,
        model.image_deployment,
        services.settings.prices,
        has_batches=model.image_provider is Provider.OPENAI,
    )
    if find_selection(request) is not None:  # what else the catalog holds does not count
        return calculate_estimate(request, Inventory({}, 0, has_categories=True), models)
    return calculate_estimate(request, await read_inventory(services.store, request.catalog), models)


async def check_budget(services: Services, request: SeedRequest) -> None:
    """Check that the estimate of a request does not exceed its budget.

    Raises:
        EstimateAboveBudgetError: the estimate exceeds the budget, and the request does not accept that.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if request.max_cost_usd is None or request.accept_estimate:
        return
    estimate = await estimate_request(services, request)
    if estimate.cost_usd > request.max_cost_usd:
        typical = "" if estimate.typical is None else f", typically ${estimate.typical.cost_usd:.4f}"
        raise EstimateAboveBudgetError(
            f"the run is estimated at ${estimate.cost_usd:.4f} ({estimate.text_calls} text calls, "
            f"{estimate.image_calls} image calls){typical}, above maxCostUsd ${request.max_cost_usd:.4f}; raise "
            "maxCostUsd, or set acceptEstimate",
            maxCostUsd=request.max_cost_usd,
            **estimate.to_json(),
        )
