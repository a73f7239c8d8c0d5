"""A question about an item's picture or its prompt: asked if the run may pay now, counted, and recorded."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from activities.billed_calls import FailedCall, make_billed_call
from activities.costs import quote_review
from activities.failures import shorten
from activities.paid_calls import PaidCall
from activities.picture_jobs import PictureJob
from activities.root_checks import check_image_call
from shared.domain.image_messages import ImageResult
from shared.domain.messages import Cost, Failure
from shared.domain.prompts import STRICTER
from shared.domain.review_tokens import Review
from shared.ports import TextRequest
from shared.reasons import Reason
from shared.wiring import Services

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class PaidReview(Generic[ValueT]):
    """What was made of an answer, and what it cost.

    Attributes:
        value: what the answer says.
        model: what gave it.
        request_id: the service's id of the call.
        cost: of the call.
    """

    value: ValueT
    model: str
    request_id: str | None
    cost: Cost


async def buy_review(
    services: Services,
    job: PictureJob,
    ask: TextRequest[Review],
    read: Callable[[Review], ValueT],
) -> PaidReview[ValueT] | ImageResult:
    """Buy an answer if the run may pay now; the result where that came to nothing.

    Args:
        services: what activities work with.
        job: the step of an item's picture that asks.
        ask: the question; one about a picture goes to the vision model.
        read: what is made of the answer; a ValueError says why it cannot be used.

    Raises:
        SettingError: the model is not configured.
        StoreUnavailableError: the store does not answer.
    """
    call, settings = job.call, services.settings
    standing = await check_image_call(services, call)
    if isinstance(standing, ImageResult):
        return standing
    if call.stricter:
        ask = replace(ask, instructions=ask.instructions + STRICTER)
    model = services.model  # before money is set aside: without a model nothing is called
    kind: Literal["text", "vision"] = "text" if ask.picture is None else "vision"
    deployment = settings.model.text_deployment if ask.picture is None else settings.model.vision_deployment
    quote = quote_review(settings.prices, deployment, ask)
    limited = replace(ask, max_output_tokens=quote.most.output_tokens)
    paid = PaidCall.for_review(call, kind, deployment)
    bought = await make_billed_call(services, paid, quote, job.allowance, lambda: model.answer(limited))
    if isinstance(bought, FailedCall):
        last_success_at = None if bought.error is None else standing.last_success_at
        return ImageResult(cost=bought.cost, failure=bought.failure, last_success_at=last_success_at)
    answer, cost = bought.answer, bought.cost
    try:
        value = read(answer.value)
    except ValueError as error:
        await paid.record_answer(services, answer, cost, reason=Reason.MALFORMED_ANSWER, message=str(error))
        await job.allowance.settle(cost)
        failure = Failure(Reason.MALFORMED_ANSWER, shorten(str(error)), request_id=answer.request_id)
        return ImageResult(cost=cost, failure=failure, last_success_at=standing.last_success_at)
    await paid.record_answer(services, answer, cost)
    return PaidReview(value, answer.model, answer.request_id, cost)
