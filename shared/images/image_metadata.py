"""Metadata stored with images and thumbnails. The only module that knows the keys. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from shared.messages.base import Cost
from shared.rendering.inspect_image import ImageProperties
from shared.rendering.perceptual_hash import format_dhash
from shared.storage.protocol import FileInfo

MAX_ROUND_NUMBER: Final = 255
"""An image table packs the number into one byte."""

_DHASH_BYTES: Final = 8
_PLACEHOLDER_KEY: Final = "placeholder"
_COST_KEYS: Final = ("input_tokens", "output_tokens", "nano_usd")
_SAVED_KEY: Final = "saved_nano_usd"
_DIGEST: Final = re.compile("[0-9a-f]{16}")
_SHARE: Final = re.compile(r"[01]\.\d{4}")


@dataclass(frozen=True, slots=True)
class ImageMetadata:
    """Metadata of a validated image or of a placeholder. The store itself knows size and content type.

    Attributes:
        sha256: of the file, in hex.
        width: in pixels.
        height: in pixels.
        dhash: perceptual hash, 64 bits; None for placeholders and images generated before 0.3.0.
        run_id: run that stored the file; "" for an image that was placed by hand.
        product_id: internal id of the item.
        prompt_digest: ``hash_text`` of the image prompt; None before 0.4.0. Blob metadata has no room for the prompt.
        model: model that generated the image.
        cost: of the call that generated the image; zero for placeholders and images placed by hand.
        round: number of a refined image among the rounds of its item, from 1.
        resume_count: how often the run had been resumed when it counted this round.
        request_id: provider's id of the call.
        placeholder_reason: reason code of a placeholder; None for an image.
        style: digest of the style references that the image was generated with, 16 hex digits; None without any.
        style_distance: of its colors from the nearest of them, 0 to 1, to four decimal places.
    """

    sha256: str
    width: int
    height: int
    dhash: int | None = None
    run_id: str = ""
    product_id: str = ""
    prompt_digest: int | None = None
    model: str = ""
    cost: Cost = Cost()
    round: int | None = None
    resume_count: int | None = None
    request_id: str | None = None
    placeholder_reason: str | None = None
    style: str | None = None
    style_distance: float | None = None

    @classmethod
    def from_properties(cls, properties: ImageProperties) -> Self:
        """Return the metadata of an inspected image that no run generated."""
        return cls(properties.sha256, properties.width, properties.height, properties.dhash)

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> Self | None:
        """Return the metadata that ``to_json`` gave; None unless hash and dimensions are there and make sense.

        Other values that make no sense count as absent.
        """
        try:
            width, height, digest = int(data["width"]), int(data["height"]), bytes.fromhex(data["sha256"])
        except (KeyError, ValueError):
            return None
        if min(width, height) <= 0:
            return None
        round_number = _parse_count(data.get("iteration", ""))
        digest_text = data.get("prompt", "")
        return cls(
            sha256=digest.hex(),
            width=width,
            height=height,
            dhash=_parse_dhash(data),
            run_id=data.get("run_id", ""),
            product_id=data.get("product_id", ""),
            prompt_digest=int(digest_text, 16) if _DIGEST.fullmatch(digest_text) else None,
            model=data.get("model", ""),
            cost=_parse_cost(data),
            round=round_number if round_number is not None and 0 < round_number <= MAX_ROUND_NUMBER else None,
            resume_count=_parse_count(data.get("resume_count", data.get("leg", ""))),  # 0.3 has the second name
            request_id=data.get("request_id"),
            placeholder_reason=data.get(_PLACEHOLDER_KEY),
            style=style if _DIGEST.fullmatch(style := data.get("style", "")) else None,
            style_distance=_parse_share(data.get("style_distance", "")),
        )

    def to_json(self) -> dict[str, str]:
        """Return what a store keeps with the file: texts, without absent values.

        A request id that is not printable ASCII is left out, because HTTP headers cannot carry it.
        """
        data = {"sha256": self.sha256, "width": str(self.width), "height": str(self.height)}
        if self.dhash is not None:
            data["dhash"] = format_dhash(self.dhash)
        data |= {
            key: text
            for key, text in (("run_id", self.run_id), ("product_id", self.product_id), ("model", self.model))
            if text
        }
        if self.prompt_digest is not None:
            data["prompt"] = f"{self.prompt_digest:016x}"
        data |= _dump_cost(self.cost)
        if self.round is not None:
            data["iteration"] = str(self.round)
        if self.resume_count is not None:
            data["resume_count"] = str(self.resume_count)
        if self.request_id is not None and self.request_id.isascii() and self.request_id.isprintable():
            data["request_id"] = self.request_id
        if self.style is not None:
            data["style"] = self.style
        if self.style_distance is not None:
            data["style_distance"] = f"{self.style_distance:.4f}"
        if self.placeholder_reason is not None:
            data[_PLACEHOLDER_KEY] = self.placeholder_reason
        return data


@dataclass(frozen=True, slots=True)
class ThumbnailMetadata:
    """Metadata of a thumbnail: which version of which image it shows.

    Attributes:
        filename: of the image.
        sha256: of the image's file, in hex.
        dhash: perceptual hash of the image; None for placeholders.
    """

    filename: str
    sha256: str
    dhash: int | None = None

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> Self | None:
        """Return the metadata that ``to_json`` gave; None for a thumbnail that names no image."""
        filename = data.get("picture")
        return None if filename is None else cls(filename, data.get("picture_sha256", ""), _parse_dhash(data))

    def to_json(self) -> dict[str, str]:
        """Return what a store keeps with the thumbnail."""
        data = {"picture": self.filename, "picture_sha256": self.sha256}
        return data if self.dhash is None else data | {"dhash": format_dhash(self.dhash)}


@dataclass(frozen=True, slots=True)
class VariantMetadata:
    """Metadata of an image variant: which version of which image it shows, and what it is.

    Attributes:
        filename: of the image.
        image_sha256: of the image's file, in hex.
        sha256: of the variant's file, in hex.
        width: of the variant, in pixels.
        height: of the variant, in pixels.
        quality: that it was encoded with.
    """

    filename: str
    image_sha256: str
    sha256: str
    width: int
    height: int
    quality: int

    @classmethod
    def from_json(cls, data: Mapping[str, str]) -> Self | None:
        """Return the metadata that ``to_json`` gave; None for a file that is not a variant."""
        try:
            width, height, quality = int(data["width"]), int(data["height"]), int(data["quality"])
            digest = bytes.fromhex(data["sha256"])
            return cls(data["image"], data["image_sha256"], digest.hex(), width, height, quality)
        except (KeyError, ValueError):
            return None

    def to_json(self) -> dict[str, str]:
        """Return what a store keeps with the variant."""
        return {
            "image": self.filename,
            "image_sha256": self.image_sha256,
            "sha256": self.sha256,
            "width": str(self.width),
            "height": str(self.height),
            "quality": str(self.quality),
        }


def read_stored_metadata(info: FileInfo | None) -> ImageMetadata | None:
    """Return the metadata of a validated image or of a placeholder; None for no file or an unvalidated file."""
    return ImageMetadata.from_json(info.metadata) if info is not None and info.size > 0 else None


def read_image_metadata(info: FileInfo | None) -> ImageMetadata | None:
    """Return the metadata of a validated image; None for no file, an unvalidated file or a placeholder."""
    metadata = read_stored_metadata(info)
    return None if metadata is None or metadata.placeholder_reason is not None else metadata


def read_placeholder_metadata(info: FileInfo | None) -> ImageMetadata | None:
    """Return the metadata of a placeholder; None for anything else."""
    metadata = read_stored_metadata(info)
    return None if metadata is None or metadata.placeholder_reason is None else metadata


def is_valid_image(info: FileInfo | None) -> bool:
    """Return whether a file is there and is a validated image."""
    return read_image_metadata(info) is not None


def is_placeholder(info: FileInfo) -> bool:
    """Return whether a file is marked as a placeholder, even if its other metadata is incomplete."""
    return _PLACEHOLDER_KEY in info.metadata


def _parse_count(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _parse_share(text: str) -> float | None:
    return float(text) if _SHARE.fullmatch(text) and float(text) <= 1 else None


def _parse_dhash(data: Mapping[str, str]) -> int | None:
    try:
        dhash = bytes.fromhex(data.get("dhash", ""))
    except ValueError:
        return None
    return int.from_bytes(dhash) if len(dhash) == _DHASH_BYTES else None


def _dump_cost(cost: Cost) -> dict[str, str]:
    data = {key: str(getattr(cost, key)) for key in _COST_KEYS} if cost.image_calls else {}
    return data | ({_SAVED_KEY: str(cost.saved_nano_usd)} if cost.saved_nano_usd else {})


def _parse_cost(data: Mapping[str, str]) -> Cost:
    if not data.keys() & set(_COST_KEYS):
        return Cost()
    input_tokens, output_tokens, nano_usd = (_parse_count(data.get(key, "")) or 0 for key in _COST_KEYS)
    saved_nano_usd = _parse_count(data.get(_SAVED_KEY, "")) or 0
    return Cost(0, 1, input_tokens, output_tokens, nano_usd, saved_nano_usd)
