"""Makes a value of the asked type of what a model wrote."""

import json
from typing import Any

from pydantic import ValidationError

from shared.models.protocol import AnswerT
from shared.models.providers.json_in_text import find_json_documents


class WrongShapeError(ValueError):
    """No document in a text has the asked shape.

    Attributes:
        what: what is wrong.
        place: the first place of it; the answer itself is not quoted.
    """

    def __init__(self, what: str, place: str) -> None:
        super().__init__(f"{what}: {place}")
        self.what = what
        self.place = place


def parse_answer(text: str, answer_type: type[AnswerT]) -> AnswerT:
    """Return what a text says; a list that stands for itself is taken for the answer's only list.

    Raises:
        WrongShapeError: there is no document of the asked type in it.
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


def _dump_json(document: Any) -> bytes:
    """Return a document as JSON without halves of characters, which no file could hold."""
    return json.dumps(document, ensure_ascii=False).encode(errors="ignore")


def _wrap_list(document: Any, answer_type: type[AnswerT]) -> Any:
    names = list(answer_type.model_fields)
    if isinstance(document, list) and len(names) == 1:
        return {answer_type.model_fields[names[0]].alias or names[0]: document}
    return document
