"""The simulated service: plans each call when it arrives, then executes the plan after the planned latency."""

import asyncio
import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from model_simulator.fault_selection import (
    BILLED_DROP_RATE,
    IMAGE_FAULTS,
    TEXT_FAULTS,
    Fault,
    check_content_policy,
    choose_fault,
    choose_server_error,
    has_ignored_references,
)
from model_simulator.faults import Faults
from model_simulator.image_answers import ImageRenderer, RenderJob, choose_corruption
from model_simulator.image_calls import SimulatedImageCall, parse_edit_call, parse_image_call
from model_simulator.image_quota import ImageQuota
from model_simulator.random_streams import ArrivalCounter, RandomStreams, RequestArrival, sample_latency
from model_simulator.replies import (
    BadRequestError,
    HangUp,
    Reply,
    account_blocked,
    json_reply,
    rate_limited,
    server_error,
)
from model_simulator.request_body import read_body
from model_simulator.stats import CallKind, Stats
from model_simulator.text_answers import generate_answer, make_response_document, measure_usage
from model_simulator.text_calls import SimulatedTextCall, parse_text_call
from model_simulator.wire_formats import NATIVE, ConvertEdit, Wire

DEFAULT_SEED = 7
LOST_LINE_FAULTS = frozenset({Fault.RATE_LIMITED, Fault.SERVER_ERROR, Fault.DROPPED, Fault.TIMEOUT})
"""Faults of a call that let a line of a batch fail unbilled."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan for an accepted call: its outcome, and the seconds from arrival to response."""

    outcome: Reply | HangUp | RenderJob
    seconds: float


class SimulatedService:
    """The model behind the wire formats. Used from one event loop.

    A call is planned and billed when it arrives; a caller that disconnects later is still billed.

    Attributes:
        stats: counters so far.
        faults: the current faults; `set_faults` replaces them.
        clock: monotonic, in seconds.
    """

    def __init__(self, *, seed: int, faults: Faults, clock: Callable[[], float] = time.monotonic) -> None:
        self.stats = Stats()
        self.faults = faults
        self._random_streams = RandomStreams(seed)
        self._arrivals = ArrivalCounter()
        self.clock = clock
        self._quota = ImageQuota(faults.image_requests_per_minute, clock)
        self._renderer = ImageRenderer()

    def set_faults(self, faults: Faults) -> None:
        """Replace all faults, from the next call on; counters stay."""
        self.faults = faults
        self._quota.requests_per_minute = faults.image_requests_per_minute

    def is_account_blocked(self) -> bool:
        """Return whether the account is blocked because of the number of billed images."""
        limit = self.faults.account_block_after
        return limit is not None and self.stats.billed_images >= limit

    def plan_call(self, kind: CallKind, data: bytes, wire: Wire = NATIVE) -> Reply | Plan:
        """Plan a call.

        Args:
            kind: images or text.
            data: the request's body.
            wire: its wire format.

        Returns:
            A refusal to send at once, or the plan for an accepted call, which has been billed.
        """
        if self.is_account_blocked():
            return account_blocked()
        try:
            body = wire.convert_request(read_body(data))
            if kind == "images":
                return self._plan_image_call(parse_image_call(body), body)
            return self._plan_text_call(body)
        except BadRequestError as error:
            return error.to_reply()

    def plan_edit(
        self, body: Mapping[str, Any], references: Sequence[bytes], convert: ConvertEdit | None = None
    ) -> Reply | Plan:
        """Plan an image call with reference images; as `plan_call`.

        Args:
            body: the parameters.
            references: the files that were sent beside them.
            convert: returns parameters and files in OpenAI's format; raises BadRequestError. None = they are.
        """
        if self.is_account_blocked():
            return account_blocked()
        try:
            if convert is not None:
                body, references = convert(body, references)
            call = parse_edit_call(body, references)
        except BadRequestError as error:
            return error.to_reply()
        digests = [hashlib.sha256(data).hexdigest() for data in references]
        return self._plan_image_call(call, {**body, "references": digests})

    def run_image_line(self, call: SimulatedImageCall, custom_id: str) -> Reply | None:
        """Bill an image of a batch at half price, or return why it fails; None = it has an image."""
        refusal = check_content_policy(call.prompt, self.faults)
        if refusal is not None:
            return refusal
        arrival = self._arrivals.identify("batches", {"line": custom_id, "prompt": call.prompt})
        self._arrivals.count(arrival)
        stream = self._random_streams.stream_for_arrival("fault", arrival)
        if stream.random() < self.faults.batches.line_error_rate:
            return server_error()
        self.stats.bill_image(call.model, call.prompt, call.usage, is_ambiguous=False, is_batched=True)
        self.stats.count_answer("images", "200")
        return None

    def run_text_line(self, call: SimulatedTextCall, body: Mapping[str, Any]) -> Reply:
        """Bill a text call of a batch at half price, and return its answer; or return why it fails.

        The words are those that the same call gets outside of a batch.
        """
        arrival = self._arrivals.identify("responses", body)
        self._arrivals.count(arrival)
        stream = self._random_streams.stream_for_arrival("fault", arrival)
        if stream.random() < self.faults.batches.line_error_rate:
            return server_error()
        fault = choose_fault(TEXT_FAULTS, self.faults.rates, stream)
        if fault in LOST_LINE_FAULTS:
            return server_error()
        writing = self._random_streams.stream_for_request("writing", arrival)
        corruption = self._random_streams.stream_for_arrival("text", arrival)
        answer = generate_answer(call, fault, self.faults, writing=writing, corruption_stream=corruption)
        self.stats.bill_text(call.model, measure_usage(call, answer), is_batched=True)
        self.stats.count_answer("responses", "200")
        answer_id = f"{arrival.request_hash[:32]}{arrival.earlier_arrivals:04x}"
        return json_reply(make_response_document(call, answer, answer_id))

    async def execute(self, plan: Plan, arrived: float) -> Reply | HangUp:
        """Execute a plan; rendering counts towards its latency.

        Args:
            plan: the plan.
            arrived: arrival of the call, on the event loop's clock.
        """
        outcome = plan.outcome
        if isinstance(outcome, RenderJob):
            outcome = replace(await self._renderer.render(outcome), headers=self._report_quota())
        await asyncio.sleep(arrived + plan.seconds - asyncio.get_running_loop().time())
        return outcome

    def close(self) -> None:
        """Stop rendering."""
        self._renderer.close()

    def _plan_image_call(self, call: SimulatedImageCall, body: Mapping[str, Any]) -> Reply | Plan:
        refusal = check_content_policy(call.prompt, self.faults)
        if refusal is not None:
            return refusal
        arrival = self._arrivals.identify("images", body)
        fault = choose_fault(IMAGE_FAULTS, self.faults.rates, self._random_streams.stream_for_arrival("fault", arrival))
        if fault is Fault.RATE_LIMITED:
            self._arrivals.count(arrival)
            return rate_limited(self.faults.retry_after_seconds, self._report_quota())
        wait_seconds = self._quota.try_accept()
        if wait_seconds > 0:
            # Not counted as an arrival: the time of a retry must not change the faults.
            return rate_limited(wait_seconds, self._report_quota())
        self._arrivals.count(arrival)
        return self._plan_image(call, fault, arrival)

    def _plan_image(self, call: SimulatedImageCall, fault: Fault | None, arrival: RequestArrival) -> Plan:
        stream = self._random_streams.stream_for_arrival("image", arrival)
        latency = self._sample_latency(self.faults.latency_seconds.image, arrival)
        match fault:
            case Fault.SERVER_ERROR:
                return Plan(choose_server_error(stream), latency)
            case Fault.DROPPED:
                if stream.random() < BILLED_DROP_RATE:
                    self.stats.bill_image(call.model, call.prompt, call.usage, is_ambiguous=True)
                return Plan(HangUp("dropped"), latency)
            case Fault.TIMEOUT:
                self.stats.bill_image(call.model, call.prompt, call.usage, is_ambiguous=True)
                return Plan(HangUp("timeout"), self.faults.timeout_seconds)
        variation = self._choose_variation(call.prompt)
        self.stats.bill_image(call.model, call.prompt, call.usage, is_ambiguous=False)
        corruption = choose_corruption(stream) if fault is Fault.BAD_IMAGE else None
        is_ignoring = has_ignored_references(call.prompt, self.faults)
        return Plan(RenderJob(call, corruption, self.faults.image_bytes, variation, is_ignoring), latency)

    def _choose_variation(self, prompt: str) -> str:
        """Return what distinguishes the next image of a prompt from earlier ones, also from those of another seed.

        The first image of a prompt with the default seed has none, so that it depends on the prompt alone.
        """
        seed = self._random_streams.seed
        parts = ["" if seed == DEFAULT_SEED else str(seed), str(self.stats.billed_by_prompt.get(prompt, 0) or "")]
        return "/".join(parts).strip("/")

    def _plan_text_call(self, body: Mapping[str, Any]) -> Reply | Plan:
        call = parse_text_call(body)
        arrival = self._arrivals.identify("responses", body)
        self._arrivals.count(arrival)
        fault = choose_fault(TEXT_FAULTS, self.faults.rates, self._random_streams.stream_for_arrival("fault", arrival))
        if fault is Fault.RATE_LIMITED:
            return rate_limited(self.faults.retry_after_seconds, {})
        stream = self._random_streams.stream_for_arrival("text", arrival)
        latency = self._sample_latency(self.faults.latency_seconds.text, arrival)
        if fault is Fault.SERVER_ERROR:
            return Plan(choose_server_error(stream), latency)
        if fault is Fault.DROPPED and stream.random() >= BILLED_DROP_RATE:
            return Plan(HangUp("dropped"), latency)
        writing = self._random_streams.stream_for_request("writing", arrival)
        answer = generate_answer(call, fault, self.faults, writing=writing, corruption_stream=stream)
        self.stats.bill_text(call.model, measure_usage(call, answer))
        if fault is Fault.DROPPED:
            return Plan(HangUp("dropped"), latency)
        if fault is Fault.TIMEOUT:
            return Plan(HangUp("timeout"), self.faults.timeout_seconds)
        answer_id = f"{arrival.request_hash[:32]}{arrival.earlier_arrivals:04x}"
        return Plan(json_reply(make_response_document(call, answer, answer_id)), latency)

    def _report_quota(self) -> dict[str, str]:
        return self._quota.describe() if self.faults.rate_headers else {}

    def _sample_latency(self, median_seconds: float, arrival: RequestArrival) -> float:
        stream = self._random_streams.stream_for_arrival("latency", arrival)
        return sample_latency(median_seconds, self.faults.latency_sigma, stream)
