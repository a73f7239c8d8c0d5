"""What a run would cost, told before anything is claimed or paid."""

from shared.catalog.inventory import read_inventory
from shared.runs.estimate import Estimate, calculate_estimate
from shared.runs.image_estimate import Models
from shared.runs.request import SeedRequest
from shared.services.container import Services
from triggers.http_responses import Problem


async def estimate_run(services: Services, request: SeedRequest) -> Estimate:
    """Return what a run with this request would take, from what the catalog has now; needs no model.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        StoreUnavailableError: the store does not answer.
    """
    settings = services.settings
    model = settings.model
    models = Models(model.text_deployment, model.vision_deployment, model.image_deployment, settings.prices)
    return calculate_estimate(request, await read_inventory(services.store, request.catalog), models)


async def check_budget(services: Services, request: SeedRequest) -> None:
    """Refuse a run whose estimate is above what it may spend.

    Raises:
        DamagedFileError: a file of the catalog cannot be read.
        Problem: 409: it is.
        StoreUnavailableError: the store does not answer.
    """
    if request.max_cost_usd is None or request.accept_estimate:
        return
    expected = await estimate_run(services, request)
    if expected.cost_usd > request.max_cost_usd:
        typical = "" if expected.typical is None else f", typically ${expected.typical.cost_usd:.4f}"
        raise Problem(
            409,
            "estimate-above-budget",
            f"the run is estimated at ${expected.cost_usd:.4f} ({expected.text_calls} text calls, "
            f"{expected.image_calls} image calls){typical}; expected at most maxCostUsd, ${request.max_cost_usd:.4f}, "
            "or acceptEstimate",
            maxCostUsd=request.max_cost_usd,
            **expected.to_json(),
        )
