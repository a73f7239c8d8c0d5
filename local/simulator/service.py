"""The simulated service: decides at once what becomes of a call, then takes its time to carry that out."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.simulator.bodies import read_body
from local.simulator.chance import Chance, Sighting, SightingLog, draw_latency
from local.simulator.faults import Faults
from local.simulator.image_calls import ImageCall, parse_image_call
from local.simulator.pictures import draw_damage
from local.simulator.quota import ImageQuota
from local.simulator.replies import HangUp, InvalidRequestError, Reply, account_blocked, json_reply, rate_limited
from local.simulator.stats import CallKind, Stats
from local.simulator.studio import PictureOrder, Studio
from local.simulator.text_answers import measure_usage, wrap_answer, write_answer
from local.simulator.text_calls import parse_text_call
from local.simulator.verdicts import (
    BILLED_DROP_RATE,
    IMAGE_FAULTS,
    TEXT_FAULTS,
    Fault,
    draw_fault,
    draw_server_error,
    review_prompt,
)
from local.simulator.wires import NATIVE, Wire


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of an accepted call: its outcome, and how many seconds after its arrival the caller learns of it."""

    outcome: Reply | HangUp | PictureOrder
    seconds: float


class SimulatedService:
    """The model behind the wire. It is used from one event loop.

    A call is decided and billed when it arrives: whoever hangs up afterwards has still bought it.

    Attributes:
        stats: what was counted so far.
        faults: what is done to callers; `set_faults` replaces it.
    """

    def __init__(self, *, seed: int, faults: Faults, clock: Callable[[], float] = time.monotonic) -> None:
        self.stats = Stats()
        self.faults = faults
        self._chance = Chance(seed)
        self._sightings = SightingLog()
        self._quota = ImageQuota(faults.image_requests_per_minute, clock)
        self._studio = Studio()

    def set_faults(self, faults: Faults) -> None:
        """Replace all faults, from the next call on; what was counted stays."""
        self.faults = faults
        self._quota.requests_per_minute = faults.image_requests_per_minute

    def is_account_blocked(self) -> bool:
        """Tell whether every call is refused because of the images that were billed."""
        limit = self.faults.account_block_after
        return limit is not None and self.stats.billed_images >= limit

    def decide(self, kind: CallKind, data: bytes, wire: Wire = NATIVE) -> Reply | Plan:
        """Decide what becomes of a call.

        Args:
            kind: which kind of call.
            data: the request's body.
            wire: how to read it.

        Returns:
            A refusal, to be answered at once, or the plan for an accepted call, which is billed by now.
        """
        if self.is_account_blocked():
            return account_blocked()
        try:
            body = wire.read(read_body(data))
            return self._decide_image(body) if kind == "images" else self._decide_text(body)
        except InvalidRequestError as error:
            return error.to_reply()

    async def carry_out(self, plan: Plan, arrived: float) -> Reply | HangUp:
        """Do what was planned and take the planned time for it, drawing included.

        Args:
            plan: what to do.
            arrived: when the call arrived, on the event loop's clock.
        """
        outcome = plan.outcome
        if isinstance(outcome, PictureOrder):
            outcome = replace(await self._studio.draw(outcome), headers=self._report_quota())
        await asyncio.sleep(arrived + plan.seconds - asyncio.get_running_loop().time())
        return outcome

    def close(self) -> None:
        """Stop drawing."""
        self._studio.close()

    def _decide_image(self, body: Mapping[str, Any]) -> Reply | Plan:
        call = parse_image_call(body)
        refusal = review_prompt(call.prompt, self.faults)
        if refusal is not None:
            return refusal
        sighting = self._sightings.look_up("images", body)
        fault = draw_fault(IMAGE_FAULTS, self.faults.rates, self._chance.stream_for_sighting("fault", sighting))
        if fault is Fault.RATE_LIMITED:
            self._sightings.count(sighting)
            return rate_limited(self.faults.retry_after_seconds, self._report_quota())
        wait_seconds = self._quota.try_accept()
        if wait_seconds > 0:
            # Not counted as seen: when a caller comes back must not change which faults it meets.
            return rate_limited(wait_seconds, self._report_quota())
        self._sightings.count(sighting)
        return self._plan_image(call, fault, sighting)

    def _plan_image(self, call: ImageCall, fault: Fault | None, sighting: Sighting) -> Plan:
        stream = self._chance.stream_for_sighting("image", sighting)
        latency = self._draw_latency(self.faults.latency_seconds.image, sighting)
        match fault:
            case Fault.SERVER_ERROR:
                return Plan(draw_server_error(stream), latency)
            case Fault.DROPPED:
                if stream.random() < BILLED_DROP_RATE:
                    self.stats.bill_image(call.model, call.prompt, call.usage, is_ambiguous=True)
                return Plan(HangUp("dropped"), latency)
            case Fault.TIMEOUT:
                self.stats.bill_image(call.model, call.prompt, call.usage, is_ambiguous=True)
                return Plan(HangUp("timeout"), self.faults.timeout_seconds)
        self.stats.bill_image(call.model, call.prompt, call.usage, is_ambiguous=False)
        damage = draw_damage(stream) if fault is Fault.BAD_IMAGE else None
        return Plan(PictureOrder(call, damage, self.faults.image_bytes), latency)

    def _decide_text(self, body: Mapping[str, Any]) -> Reply | Plan:
        call = parse_text_call(body)
        sighting = self._sightings.look_up("responses", body)
        self._sightings.count(sighting)
        fault = draw_fault(TEXT_FAULTS, self.faults.rates, self._chance.stream_for_sighting("fault", sighting))
        if fault is Fault.RATE_LIMITED:
            return rate_limited(self.faults.retry_after_seconds, {})
        stream = self._chance.stream_for_sighting("text", sighting)
        latency = self._draw_latency(self.faults.latency_seconds.text, sighting)
        if fault is Fault.SERVER_ERROR:
            return Plan(draw_server_error(stream), latency)
        if fault is Fault.DROPPED and stream.random() >= BILLED_DROP_RATE:
            return Plan(HangUp("dropped"), latency)
        writing = self._chance.stream_for_request("writing", sighting)
        answer = write_answer(call, fault, self.faults, writing=writing, spoil=stream)
        self.stats.bill_text(call.model, measure_usage(call, answer))
        if fault is Fault.DROPPED:
            return Plan(HangUp("dropped"), latency)
        if fault is Fault.TIMEOUT:
            return Plan(HangUp("timeout"), self.faults.timeout_seconds)
        answer_id = f"{sighting.identity[:32]}{sighting.times_before:04x}"
        return Plan(json_reply(wrap_answer(call, answer, answer_id)), latency)

    def _report_quota(self) -> dict[str, str]:
        return self._quota.describe() if self.faults.rate_headers else {}

    def _draw_latency(self, median_seconds: float, sighting: Sighting) -> float:
        stream = self._chance.stream_for_sighting("latency", sighting)
        return draw_latency(median_seconds, self.faults.latency_sigma, stream)
