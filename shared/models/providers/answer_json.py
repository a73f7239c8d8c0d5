"""Find the JSON in a model's text and validate it: many models wrap it in a code fence, reasoning or sentences."""

import json
import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from shared.models.protocol import AnswerT

MAX_PARSE_ATTEMPTS = 200
"""Braces and brackets that are tried as the start of a document: without a limit a long text takes quadratic time."""

_REASONING_BLOCK = re.compile(r"\A.*</think(?:ing)?>", re.DOTALL | re.IGNORECASE)
"""Up to the last closing tag; some chat templates drop the opening one."""

_DECODER = json.JSONDecoder()


class WrongShapeError(ValueError):
    """No document in a text has the expected shape.

    Attributes:
        what: what is wrong.
        place: the first place of it, and the kind of error; the answer itself is not quoted.
    """

    def __init__(self, what: str, place: str) -> None:
        super().__init__(f"{what}: {place}")
        self.what = what
        self.place = place


def parse_answer(text: str, answer_type: type[AnswerT]) -> AnswerT:
    """Return the answer in a text. A bare list is accepted if the answer type has one field.

    Raises:
        WrongShapeError: the text holds no document of the answer type.
    """
    invalid: ValidationError | None = None
    for document in find_json_documents(text):
        try:
            return answer_type.model_validate_json(_dump_json(_wrap_list(document, answer_type)))
        except ValidationError as error:
            invalid = invalid or error
    if invalid is None:
        raise WrongShapeError("the answer is not a whole JSON document", "expected one object")
    first = invalid.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"]) or "the top"
    raise WrongShapeError(
        f"the answer has the wrong shape in {invalid.error_count()} places", f"{place}: {first['type']}"
    )


def find_json_documents(text: str) -> Iterator[Any]:
    """Yield the JSON documents in a text: the whole text, or else its objects and lists, the last one first.

    A model that corrects itself writes its final answer last.
    """
    text = _REASONING_BLOCK.sub("", text.replace("\ufeff", "")).strip()
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        yield from reversed(list(_iterate_json_documents(text)))


def _iterate_json_documents(text: str) -> Iterator[Any]:
    """Yield the outermost objects and lists in a text, in order."""
    end = 0
    for start in list(re.finditer(r"[{\[]", text))[:MAX_PARSE_ATTEMPTS]:
        if start.start() < end:
            continue
        try:
            document, end = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            continue
        yield document


def _dump_json(document: Any) -> bytes:
    """Return a document as JSON without lone surrogates, which UTF-8 cannot encode."""
    return json.dumps(document, ensure_ascii=False).encode(errors="ignore")


def _wrap_list(document: Any, answer_type: type[AnswerT]) -> Any:
    names = list(answer_type.model_fields)
    if isinstance(document, list) and len(names) == 1:
        return {answer_type.model_fields[names[0]].alias or names[0]: document}
    return document
