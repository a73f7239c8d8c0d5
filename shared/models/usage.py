"""The tokens of a billed call. Apart from the protocol, because errors carry them too."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of a call, as the provider counts them."""

    input_tokens: int = 0
    output_tokens: int = 0
