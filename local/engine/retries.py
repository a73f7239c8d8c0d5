"""Retry policies of ``call_activity_with_retry`` and ``call_sub_orchestrator_with_retry``: the host's side of them.

The SDK's ``RetryAbleTask`` numbers one hidden timer for every failure, the last one too, and one hidden call for every
further attempt, but asks the host for neither. So the engine schedules them, with the numbers that the SDK will give:
the next free one at the moment of the failure, or of the timer. What is left of the policy travels in the events.
"""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from local.engine.actions import RetryOptions
from local.engine.events import FAILURE_TYPES, Event, EventType, created_timer, format_time
from local.engine.history import FOLLOW_UP_KEY, RETRY_KEY, History


def mark_for_retry(event: Event, options: RetryOptions | None) -> Event:
    """Return a scheduling event that carries its policy."""
    return event if options is None else event | {RETRY_KEY: asdict(options) | {"attempt": 1}}


def find_policy(history: History, message: Event) -> dict[str, Any] | None:
    """Return the policy that decides what follows this completion; None if there is none."""
    kind = message["EventType"]
    if kind not in FAILURE_TYPES and kind != EventType.TIMER_FIRED:
        return None
    number = message["TimerId"] if kind == EventType.TIMER_FIRED else message["TaskScheduledId"]
    policy: dict[str, Any] | None = history.scheduled[number].get(RETRY_KEY)
    return policy


def follow_up(history: History, message: Event, at: datetime) -> Event | None:
    """Return what a retry policy schedules because of this completion: a pause, the next attempt, or nothing more."""
    policy = find_policy(history, message)
    if policy is None:
        return None
    number = len(history.scheduled)
    if message["EventType"] in FAILURE_TYPES:
        call: Event = history.scheduled[message["TaskScheduledId"]]
        due = at + timedelta(milliseconds=policy["interval_milliseconds"])
        pause = created_timer(at, number, format_time(due))
        return pause | {RETRY_KEY: policy | {"call": call}, FOLLOW_UP_KEY: True}
    if policy["attempt"] >= policy["max_attempts"]:
        return None
    call = policy["call"]
    again = {key: value for key, value in policy.items() if key != "call"} | {"attempt": policy["attempt"] + 1}
    return call | {
        "EventId": number,
        "Timestamp": format_time(at),
        RETRY_KEY: again,
        FOLLOW_UP_KEY: True,
    }
