"""The tokens of a billed call. Apart from the protocol, because errors carry them too."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of a call, as the provider counts them.

    Attributes:
        input_tokens: of texts and images that were sent.
        output_tokens: of the answer, reasoning included.
        image_input_tokens: those of ``input_tokens`` that are of images sent to an image model, which have a price of
            their own.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    image_input_tokens: int = 0
