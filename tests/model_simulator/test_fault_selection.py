import json
import random
from collections import Counter
from statistics import median
from typing import Any

import pytest

from model_simulator.fault_selection import (
    IMAGE_FAULTS,
    TEXT_FAULTS,
    Fault,
    check_content_policy,
    choose_fault,
    choose_server_error,
    find_score_range,
)
from model_simulator.faults import Rates, parse_faults
from model_simulator.random_streams import ArrivalCounter, RandomStreams, sample_latency
from model_simulator.response_corruption import add_duplicate_names, add_forbidden_words, truncate_json

TASK: dict[str, Any] = {
    "categories": [{"name": "Divers", "count": 10, "taken": ["Reef Watcher"]}],
    "forbiddenWords": ["logo"],
}


def make_drafts(count: int) -> list[dict[str, Any]]:
    return [{"name": f"Diver {n}", "category": "Divers", "description": "It dives. It swims."} for n in range(count)]


def test_no_fault_is_selected_when_all_rates_are_zero() -> None:
    assert {choose_fault(IMAGE_FAULTS, Rates(), random.Random(n)) for n in range(500)} == {None}


def test_each_fault_occurs_at_its_rate() -> None:
    rates = Rates(rate_limited=0.1, server_error=0.2, dropped=0.1, timeout=0.05, bad_image=0.15)
    drawn = Counter(choose_fault(IMAGE_FAULTS, rates, random.Random(n)) for n in range(4000))
    for fault in IMAGE_FAULTS:
        assert drawn[fault] / 4000 == pytest.approx(getattr(rates, fault), abs=0.02)
    assert drawn[None] / 4000 == pytest.approx(0.4, abs=0.03)


def test_a_text_call_never_gets_a_bad_image_nor_an_image_call_a_refusal() -> None:
    rates = Rates(bad_image=0.5, refusal=0.5)
    assert {choose_fault(TEXT_FAULTS, rates, random.Random(n)) for n in range(200)} == {None, Fault.REFUSAL}
    assert {choose_fault(IMAGE_FAULTS, rates, random.Random(n)) for n in range(200)} == {None, Fault.BAD_IMAGE}


def test_equal_arrivals_get_equal_streams_and_the_next_arrival_another() -> None:
    log = ArrivalCounter()
    first = log.identify("images", {"a": 1, "b": 2})
    log.count(first)
    again = log.identify("images", {"b": 2, "a": 1})
    other_kind = log.identify("responses", {"a": 1, "b": 2})
    assert (again.request_hash, again.earlier_arrivals) == (first.request_hash, 1)
    assert (other_kind.request_hash == first.request_hash, other_kind.earlier_arrivals) == (False, 0)

    def draw(seed: int, purpose: str, *, times: int) -> tuple[float, float]:
        arrival = first if times == 0 else again
        chance = RandomStreams(seed)
        return (
            chance.stream_for_request(purpose, arrival).random(),
            chance.stream_for_arrival(purpose, arrival).random(),
        )

    assert draw(7, "fault", times=0) == draw(7, "fault", times=0)
    assert draw(7, "fault", times=0)[0] == draw(7, "fault", times=1)[0]
    assert draw(7, "fault", times=0)[1] != draw(7, "fault", times=1)[1]
    assert draw(7, "fault", times=0) != draw(8, "fault", times=0)
    assert draw(7, "fault", times=0) != draw(7, "latency", times=0)


def test_without_sigma_every_latency_is_the_median() -> None:
    assert {sample_latency(0.5, 0, random.Random(n)) for n in range(20)} == {0.5}


def test_latencies_are_lognormal_around_the_median() -> None:
    drawn = [sample_latency(0.5, 0.8, random.Random(n)) for n in range(2000)]
    assert median(drawn) == pytest.approx(0.5, rel=0.1)
    assert min(drawn) > 0
    within_one_sigma = sum(0.5 / 2.2255 < latency < 0.5 * 2.2255 for latency in drawn)  # e**0.8 = 2.2255
    assert within_one_sigma / 2000 == pytest.approx(0.683, abs=0.04)


def test_the_content_policy_is_constant_for_a_prompt() -> None:
    faults = parse_faults('{"rates": {"content_policy": 0.3}}')
    prompts = [f"a toy number {n}" for n in range(500)]
    refused = [prompt for prompt in prompts if check_content_policy(prompt, faults)]
    assert refused == [prompt for prompt in prompts if check_content_policy(prompt, faults)]
    assert len(refused) / 500 == pytest.approx(0.3, abs=0.07)


def test_the_content_policy_refuses_under_both_codes() -> None:
    faults = parse_faults('{"rates": {"content_policy": 1}}')
    replies = [check_content_policy(f"toy {n}", faults) for n in range(30)]
    codes = {json.loads(reply.body)["error"]["code"] for reply in replies if reply}
    assert codes == {"moderation_blocked", "content_policy_violation"}


def test_a_blocked_text_blocks_every_prompt_that_contains_it() -> None:
    faults = parse_faults('{"blockedPrompts": ["pirate ship"]}')
    assert check_content_policy("a toy pirate ship at sea", faults) is not None
    assert check_content_policy("a toy ship of pirates", faults) is None


def test_a_share_of_the_prompts_has_its_best_image_in_the_second_round() -> None:
    faults = parse_faults('{"secondRoundBest": 0.3}')
    prompts = [f"a toy number {n}" for n in range(500)]
    chosen = [prompt for prompt in prompts if find_score_range(prompt, 1, faults)]
    assert len(chosen) / 500 == pytest.approx(0.3, abs=0.07)
    for iteration, band in ((1, (40, 60)), (2, (75, 84)), (3, (61, 70))):
        assert [prompt for prompt in prompts if find_score_range(prompt, iteration, faults) == band] == chosen


def test_the_best_second_round_is_independent_of_refusals() -> None:
    faults = parse_faults('{"secondRoundBest": 0.5, "rates": {"content_policy": 0.5}}')
    prompts = [f"a toy number {n}" for n in range(200)]
    both = [
        prompt for prompt in prompts if find_score_range(prompt, 1, faults) and check_content_policy(prompt, faults)
    ]
    assert 20 < len(both) < 80


def test_some_server_errors_come_from_a_gateway_in_html() -> None:
    replies = [choose_server_error(random.Random(n)) for n in range(100)]
    kinds = Counter((reply.status, reply.content_type) for reply in replies)
    assert set(kinds) == {(500, "application/json"), (502, "text/html")}
    assert 10 < kinds[502, "text/html"] < 45


def test_half_of_the_drafts_get_a_taken_name() -> None:
    drafts = make_drafts(20)
    original = {draft["name"] for draft in drafts}
    add_duplicate_names(drafts, TASK, random.Random(1))
    kept = {draft["name"] for draft in drafts} & original
    assert {draft["name"] for draft in drafts} <= original | {"Reef Watcher"}
    assert len(kept) == 10


def test_half_of_the_drafts_get_a_forbidden_word_and_keep_their_number_of_sentences() -> None:
    drafts = make_drafts(20)
    add_forbidden_words(drafts, TASK, random.Random(1))
    spoiled = [draft for draft in drafts if "logo" in draft["description"]]
    assert len(spoiled) == 10
    assert {draft["description"].count(".") for draft in drafts} == {2}


def test_a_single_draft_is_corrupted_half_of_the_time() -> None:
    spoiled = 0
    for n in range(200):
        drafts = make_drafts(1)
        add_duplicate_names(drafts, TASK, random.Random(n))
        spoiled += drafts[0]["name"] == "Reef Watcher"
    assert 70 < spoiled < 130


def test_a_task_without_forbidden_words_is_not_corrupted() -> None:
    drafts = make_drafts(4)
    add_forbidden_words(drafts, {**TASK, "forbiddenWords": []}, random.Random(1))
    assert drafts == make_drafts(4)


def test_truncated_json_is_not_valid_json() -> None:
    text = json.dumps({"items": make_drafts(3)})
    for n in range(50):
        cut = truncate_json(text, random.Random(n))
        assert text.startswith(cut)
        with pytest.raises(json.JSONDecodeError):
            json.loads(cut)
