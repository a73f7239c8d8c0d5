"""Text answers: generate them, corrupt them by fault, and wrap them in the Responses API's format."""

import json
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from model_simulator.billing import TokenUsage
from model_simulator.fault_selection import Fault, find_score_range
from model_simulator.faults import Faults
from model_simulator.request_body import CHARACTERS_PER_TOKEN, count_tokens
from model_simulator.response_corruption import (
    add_duplicate_names,
    add_forbidden_details,
    add_forbidden_words,
    truncate_json,
)
from model_simulator.text_calls import SimulatedTextCall
from model_simulator.text_generation import (
    evaluate_image,
    rewrite_prompt,
    write_categories,
    write_items,
    write_row_prompts,
)
from model_simulator.text_tasks import EVALUATION, STYLE_EVALUATION

REFUSAL = "I'm sorry, but I can't assist with that request."
UNREPORTED_TRUNCATION_RATE = 0.5
"""Share of the truncated answers that still report the status completed."""

WRITERS: Mapping[str, Callable[[Mapping[str, Any], random.Random], dict[str, Any]]] = {
    "category_list": write_categories,
    "item_batch": write_items,
    "prompt_batch": write_row_prompts,
    "prompt_rewrite": rewrite_prompt,
}


@dataclass(frozen=True, slots=True)
class SimulatedTextAnswer:
    """An answer's text; ``is_truncated`` = the response reports that the model ran out of tokens."""

    text: str
    is_refusal: bool = False
    is_truncated: bool = False


def generate_answer(
    call: SimulatedTextCall,
    fault: Fault | None,
    faults: Faults,
    *,
    writing: random.Random,
    corruption_stream: random.Random,
) -> SimulatedTextAnswer:
    """Return the answer to a call.

    Args:
        call: the question.
        fault: fault of the whole answer, if any.
        faults: rates of corrupted drafts, and scores of images.
        writing: random stream of the words; equal for all arrivals of a request.
        corruption_stream: random stream of the corruption; different for each arrival.
    """
    if fault is Fault.REFUSAL:
        return SimulatedTextAnswer(REFUSAL, is_refusal=True)
    answer = _write(call, faults, writing)
    # Both numbers are always consumed, so that one rate does not change the effect of the other.
    rates = faults.rates
    has_repeats, has_forbidden = (
        corruption_stream.random() < rates.duplicate_names,
        corruption_stream.random() < rates.forbidden_words,
    )
    if "items" in answer and has_repeats:
        add_duplicate_names(answer["items"], call.task, corruption_stream)
    if "items" in answer and has_forbidden:
        add_forbidden_words(answer["items"], call.task, corruption_stream)
    if "prompts" in answer and has_forbidden:
        add_forbidden_details(answer["prompts"], call.task, corruption_stream)
    text = json.dumps(answer, ensure_ascii=False)
    if fault is Fault.TRUNCATED_JSON:
        return SimulatedTextAnswer(
            truncate_json(text, corruption_stream),
            is_truncated=corruption_stream.random() >= UNREPORTED_TRUNCATION_RATE,
        )
    if call.max_output_tokens is not None and count_tokens(len(text)) > call.max_output_tokens:
        return SimulatedTextAnswer(text[: call.max_output_tokens * CHARACTERS_PER_TOKEN], is_truncated=True)
    return SimulatedTextAnswer(text)


def _write(call: SimulatedTextCall, faults: Faults, writing: random.Random) -> dict[str, Any]:
    if call.schema_name in {EVALUATION, STYLE_EVALUATION}:
        score_range = find_score_range(call.task["prompt"], call.task["iteration"], faults)
        found = evaluate_image(call.task, writing, score_range)
        return found if call.look is None else {**found, **call.look}
    return WRITERS[call.schema_name](call.task, writing)


def measure_usage(call: SimulatedTextCall, answer: SimulatedTextAnswer) -> TokenUsage:
    """Return the billed tokens of a call."""
    return TokenUsage(call.input_tokens, count_tokens(len(answer.text)))


def make_response_document(call: SimulatedTextCall, answer: SimulatedTextAnswer, answer_id: str) -> dict[str, Any]:
    """Return the response document of the Responses API; ``answer_id`` is unique."""
    status = "incomplete" if answer.is_truncated else "completed"
    part: dict[str, Any] = (
        {"type": "refusal", "refusal": answer.text}
        if answer.is_refusal
        else {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
    )
    usage = measure_usage(call, answer)
    return {
        "id": f"resp_{answer_id}",
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "error": None,
        "incomplete_details": {"reason": "max_output_tokens"} if answer.is_truncated else None,
        "instructions": None,
        "max_output_tokens": call.max_output_tokens,
        "model": call.model,
        # Reasoning models send an item before the message: clients must not read output[0].
        "output": [
            {"id": f"rs_{answer_id}", "type": "reasoning", "summary": []},
            {"id": f"msg_{answer_id}", "type": "message", "role": "assistant", "status": status, "content": [part]},
        ],
        "parallel_tool_calls": True,
        "store": False,
        "temperature": 1.0,
        "text": {"format": call.text_format},
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
        "usage": {
            "input_tokens": usage.input_tokens,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": usage.output_tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": usage.input_tokens + usage.output_tokens,
        },
        "metadata": {},
    }
