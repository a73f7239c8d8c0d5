"""What gets into a message, and what does not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.text.redaction import REDACTED, quote_service_message

KEY = "kX93bTq7ZmP2wL5vR8sN"
PROMPT = "A lighthouse keeper with a brass lantern on a wooden jetty at dusk"


def quote(text: str) -> str | None:
    return quote_service_message(text, key=KEY, private=(PROMPT,))


@pytest.mark.parametrize(
    "leak",
    [
        KEY,
        f"({KEY})",
        KEY[:7],
        KEY[-6:],
        "sk-proj-abc",
        "abcd****wxyz",
        "ab**",
        "Bearer abc.def",
        "api-key: hunter2",
        "api_key=hunter2",
        "API key provided: hunter2",
        "token: hunter2",
        "eyJhbGciOi.eyJzdWIi.c2ln",
        "0123456789abcdef0123456789abcdef",
        "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4MTIzNDU2Nzg5MA==",
    ],
)
def test_what_looks_like_a_credential_is_hidden(leak: str) -> None:
    quoted = quote(f"We got {leak} from you.")
    assert quoted is not None
    assert REDACTED in quoted
    assert leak.strip("()").split()[-1] not in quoted


@pytest.mark.parametrize(
    "plain",
    [
        "Rate limit reached for gpt-image-2-2026-04-21 on images per minute: Limit 6, Used 6.",
        "content_policy_violation in the image_generation_user_error branch",
        "See https://learn.microsoft.com/azure/ai-services/openai/quotas-limits for more.",
    ],
)
def test_a_plain_sentence_is_quoted_as_it_is(plain: str) -> None:
    assert quote(plain) == plain


@pytest.mark.parametrize(
    ("key", "shows_word"), [("sk-litellm-1234", True), ("aB3-litellm-gateway", True), ("litellm", False)]
)
def test_a_word_of_the_key_is_shown_and_the_key_is_not(key: str, shows_word: bool) -> None:
    quoted = quote_service_message(f"litellm.BadRequestError: the key {key} was refused", key=key, private=())
    assert quoted is not None
    assert ("litellm.BadRequestError" in quoted) is shows_word
    assert f"{key} was" not in quoted


@pytest.mark.parametrize(
    "text", ["", " \n", "<html><body>502</body></html>", "  <!DOCTYPE html>", f"No: {PROMPT[5:60]}"]
)
def test_pages_and_repeated_prompts_are_not_quoted(text: str) -> None:
    assert quote(text) is None


def test_a_short_prompt_is_recognised_too() -> None:
    assert quote_service_message("Rejected: a red brick", key=None, private=("a red brick",)) is None


def test_an_empty_prompt_hides_nothing() -> None:
    assert quote_service_message("Rejected.", key=None, private=("", " ")) == "Rejected."


def test_control_characters_and_line_ends_become_single_spaces() -> None:
    assert quote("One\r\n\ttwo\x00\x1b three") == "One two three"


def test_half_a_key_at_the_cut_of_a_dump_is_dropped() -> None:
    text = f"{'word ' * 398}xxxxx {KEY}"
    quoted = quote(text)
    assert quoted is not None
    assert KEY[:4] not in quoted


@settings(max_examples=50)
@given(before=st.text(max_size=40), after=st.text(max_size=40), start=st.integers(0, 14), length=st.integers(6, 20))
def test_no_six_characters_of_the_key_survive_anywhere(before: str, after: str, start: int, length: int) -> None:
    quoted = quote(f"{before}{KEY[start : start + length]}{after}") or ""
    assert not any(KEY[at : at + 6] in quoted for at in range(len(KEY) - 5))
