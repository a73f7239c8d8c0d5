"""Image variants: the smaller copies of each image that a shop asks for. Pure."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

MAX_IMAGE_VARIANTS = 8
DEFAULT_QUALITY = 80

EXTENSIONS = {"webp": "webp", "avif": "avif", "jpeg": "jpg", "png": "png"}


class ImageVariant(BaseModel):
    """A copy of each image in another size or format, made from the image itself: no call is made for it."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True, strict=True)

    width: int = Field(ge=16, le=4096, description="Width in pixels; a narrower image keeps its own width.")
    format: Literal["webp", "avif", "jpeg", "png"] = Field(description="File format.")
    quality: int = Field(
        default=DEFAULT_QUALITY, ge=1, le=100, description="Quality of WebP, AVIF and JPEG; PNG has no losses."
    )

    @property
    def name(self) -> str:
        """The name of the variant's folder, such as ``640w-webp``."""
        return f"{self.width}w-{self.format}"

    @property
    def extension(self) -> str:
        """The file extension, without a dot."""
        return EXTENSIONS[self.format]

    @property
    def content_type(self) -> str:
        """The media type, such as ``image/webp``."""
        return f"image/{self.format}"


def parse_image_variant(text: str) -> dict[str, object]:
    """Return the JSON data of ``WIDTH:FORMAT`` or ``WIDTH:FORMAT:QUALITY``, the form of the command line.

    Raises:
        ValueError: the text has another form.
    """
    width, _, rest = text.partition(":")
    image_format, _, quality = rest.partition(":")
    if not width.isdecimal() or not image_format or (quality and not quality.isdecimal()):
        raise ValueError(f"{text[:40]!r} is not WIDTH:FORMAT or WIDTH:FORMAT:QUALITY; expected a value like 640:webp")
    data: dict[str, object] = {"width": int(width), "format": image_format.lower()}
    return data | {"quality": int(quality)} if quality else data


def _check_unique(variants: tuple[ImageVariant, ...]) -> tuple[ImageVariant, ...]:
    names = [variant.name for variant in variants]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise ValueError(f"has {repeated!r} twice; expected each width and format once")
    return variants


ImageVariants = Annotated[
    tuple[ImageVariant, ...], Field(max_length=MAX_IMAGE_VARIANTS, strict=False), AfterValidator(_check_unique)
]
