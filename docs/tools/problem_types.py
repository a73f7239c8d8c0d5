"""The problem types of the HTTP API, with the first lines of the errors that become them."""

from collections.abc import Iterator

from docs.tools.markdown import convert_docstring
from shared.errors import InvalidRequestError
from triggers.problems import INTERNAL_ERROR, PROBLEM_TYPES, ProblemType


def list_problem_types() -> Iterator[tuple[ProblemType, str]]:
    """Yield each problem type and when it occurs, by status and kind."""
    texts = {problem: str(error.__doc__).partition("\n\n")[0] for error, problem in PROBLEM_TYPES.items()}
    texts[INTERNAL_ERROR] = "An unexpected error occurred; see the log of the app."
    texts[PROBLEM_TYPES[InvalidRequestError]] = str(InvalidRequestError.__doc__).partition("\n\n")[0]
    for problem in sorted(texts):
        yield problem, convert_docstring(texts[problem])
