"""A question about an item's image or its prompt: asked if the run may pay now, counted, and recorded."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, Literal, TypeVar

from shared.images.image_step import ImageStepJob
from shared.messages.base import Cost, Failure
from shared.messages.images import ImageResult
from shared.models.billed_call import FailedCall, make_billed_call
from shared.models.call_failures import shorten
from shared.models.call_recorder import CallRecorder
from shared.models.evaluation_tokens import EvaluationAnswerT
from shared.models.prompts.item_requests import STRICTER_INSTRUCTION
from shared.models.protocol import TextRequest
from shared.models.quotes import quote_refinement_call
from shared.reasons import Reason
from shared.runs.run_guard import check_image_call
from shared.services.container import Services

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class RefinementAnswer(Generic[ValueT]):
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


async def make_refinement_call(
    services: Services,
    job: ImageStepJob,
    model_request: TextRequest[EvaluationAnswerT],
    read: Callable[[EvaluationAnswerT], ValueT],
) -> RefinementAnswer[ValueT] | ImageResult:
    """Buy an answer if the run may pay now; the result where that came to nothing.

    Args:
        services: what activities work with.
        job: the step of an item's image that asks.
        model_request: the question; one about an image goes to the vision model.
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
        model_request = replace(model_request, instructions=model_request.instructions + STRICTER_INSTRUCTION)
    model = services.model  # before money is set aside: without a model nothing is called
    kind: Literal["text", "vision"] = "text" if model_request.image is None else "vision"
    deployment = settings.model.text_deployment if model_request.image is None else settings.model.vision_deployment
    quote = quote_refinement_call(settings.prices, deployment, model_request)
    limited = replace(model_request, max_output_tokens=quote.max_usage.output_tokens)
    recorder = CallRecorder.for_refinement(call, kind, deployment)
    outcome = await make_billed_call(services, recorder, quote, job.allowance, lambda: model.answer(limited))
    if isinstance(outcome, FailedCall):
        last_success_at = None if outcome.error is None else standing.last_success_at
        return ImageResult(cost=outcome.cost, failure=outcome.failure, last_success_at=last_success_at)
    answer, cost = outcome.answer, outcome.cost
    try:
        value = read(answer.value)
    except ValueError as error:
        await recorder.record_answer(services, answer, cost, reason=Reason.MALFORMED_ANSWER, message=str(error))
        await job.allowance.settle(cost)
        failure = Failure(Reason.MALFORMED_ANSWER, shorten(str(error)), request_id=answer.request_id)
        return ImageResult(cost=cost, failure=failure, last_success_at=standing.last_success_at)
    await recorder.record_answer(services, answer, cost)
    return RefinementAnswer(value, answer.model, answer.request_id, cost)
