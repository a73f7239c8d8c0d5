"""Estimates a run before anything is claimed or billed."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from shared.catalog.inventory import read_inventory
from shared.errors import EstimateAboveBudgetError, InvalidRequestError
from shared.images.style_files import FIELD
from shared.images.style_reference import ResolvedStyle, predict_tokens
from shared.images.trial import TrialCount, count_trial_images, resolve_run_style
from shared.models.image_models import check_references, count_reference_tokens, find_billed_size, find_max_references
from shared.models.provider_names import Provider
from shared.runs.estimate import Estimate, Inventory, calculate_estimate
from shared.runs.image_estimate import Models
from shared.runs.request import SeedRequest, parse_image_size
from shared.runs.resolve_source import resolve_source
from shared.runs.selection import find_selection
from shared.services.container import Services
from shared.services.model_factory import check_batch_settings, check_text_batch_settings
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
    resolved = await resolve_source(services.store, request)
    return await estimate_request(services, resolved, await resolve_run_style(services, resolved))


def check_batch_modes(services: Services, request: SeedRequest) -> None:
    """Check that the providers and models have batches, if the request asks for them.

    Raises:
        InvalidRequestError: they have none.
    """
    settings = services.settings
    if request.is_text_batched:
        try:
            check_text_batch_settings(settings.model, settings.prices)
        except SettingError as error:
            raise InvalidRequestError("textMode", f"is 'batch': {error}") from error
    if (problem := request.find_batch_problem()) is not None:  # a repair combines two requests
        raise InvalidRequestError("imageMode", f"is 'batch', and {problem}")
    if request.is_batched and not request.dry_run:
        try:
            check_batch_settings(settings.model, settings.prices)
        except SettingError as error:
            raise InvalidRequestError("imageMode", f"is 'batch': {error}") from error


async def estimate_request(services: Services, request: SeedRequest, style: ResolvedStyle | None = None) -> Estimate:
    """Return the estimate of a run with this request, given what the catalog has; calls no model.

    Args:
        services: of this process.
        request: of the run.
        style: its style references, if it has any that are known.

    Raises:
        InvalidRequestError: a model has no batches, and the request asks for them.
        InvalidRequestError: the image model takes no style references.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    check_batch_modes(services, request)
    check_style_support(services, request, style)
    model = services.settings.model
    references, tokens, trial = await _count_references(services, request, style)
    tokens = count_reference_tokens(model.image_provider, request.image_size, tokens)
    billed_size = find_billed_size(model.image_provider, request.image_size, has_references=references > 0)
    request = request.model_copy(update={"image_size": billed_size})
    models = Models(
        model.text_deployment,
        model.vision_deployment,
        model.image_deployment,
        services.settings.prices,
        has_batches=model.image_provider is Provider.OPENAI,
        has_text_batches=model.text_provider is Provider.OPENAI,
    )
    if find_selection(request) is not None:  # what else the catalog holds does not count
        inventory = Inventory({}, 0, has_categories=True)
    else:
        inventory = await read_inventory(services.store, request.catalog)
        is_complete = inventory.images >= max(request.target_count, inventory.items)
        if style is not None or not is_complete:  # without references, a complete catalog stays as it is
            images, prompts = inventory.images - trial.repeated, inventory.prompts + trial.repeated
            inventory = replace(inventory, images=max(0, images), prompts=prompts)
    return calculate_estimate(
        request, inventory, models, references=references, reference_tokens=tokens, trial_images=trial.images
    )


async def _count_references(
    services: Services, request: SeedRequest, style: ResolvedStyle | None
) -> tuple[int, int, TrialCount]:
    """Return the number of references, their tokens in each image call, and the first images that are generated.

    Of images that are still to be approved, as many count as can become references.
    """
    if style is not None:
        return len(style.record.images), style.record.tokens, TrialCount(repeated=len(style.record.rejected))
    trial = min(request.first_approved, request.target_count)
    if not trial or request.dry_run:
        return 0, 0, TrialCount()
    references = min(trial, find_max_references(services.settings.model.image_provider))
    tokens = predict_tokens(parse_image_size(request.image_size), references)
    return references, tokens, await count_trial_images(services, request)


def check_style_support(services: Services, request: SeedRequest, style: ResolvedStyle | None = None) -> None:
    """Check that the image provider takes the style references of a request, if it has any.

    Args:
        services: of this process.
        request: of the run.
        style: its style references, if they are known: those of a repair may be of another provider.

    Raises:
        InvalidRequestError: the provider or its model takes none.
    """
    model = services.settings.model
    if request.style_reference is None or request.dry_run:
        return
    try:
        count = len(style.record.images if style is not None else request.style_reference.images or ()) or 1
        check_references(model.image_provider, model.image_deployment, count)
    except ValueError as error:
        raise InvalidRequestError(FIELD, str(error)) from error


async def check_budget(services: Services, request: SeedRequest, style: ResolvedStyle | None = None) -> None:
    """Check that the estimate of a request, with its style references, does not exceed its budget.

    Raises:
        EstimateAboveBudgetError: the estimate exceeds the budget, and the request does not accept that.
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    if request.max_cost_usd is None or request.accept_estimate:
        return
    estimate = await estimate_request(services, request, style)
    if estimate.cost_usd > request.max_cost_usd:
        typical = "" if estimate.typical is None else f", typically ${estimate.typical.cost_usd:.4f}"
        raise EstimateAboveBudgetError(
            f"the run is estimated at ${estimate.cost_usd:.4f} ({estimate.text_calls} text calls, "
            f"{estimate.image_calls} image calls){typical}, above maxCostUsd ${request.max_cost_usd:.4f}; raise "
            "maxCostUsd, or set acceptEstimate",
            maxCostUsd=request.max_cost_usd,
            **estimate.to_json(),
        )
