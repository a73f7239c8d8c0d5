"""Which sizes the image models make, where that is known."""

import pytest

from shared.models.image_models import check_quality_for_model, check_references, check_size_for_model
from shared.models.provider_names import Provider

MADE = [
    ("gpt-image-1-mini", "1024x1536"),
    ("gpt-image-1.5", "1536x1024"),
    ("gpt-image-1.5-2025-12-16", "1024x1024"),
    ("gpt-image-2", "1024x1024"),
    ("gpt-image-2-2026-04-21", "2048x1152"),
    ("gpt-image-2", "3840x2160"),
    ("gpt-image-2.5", "1024x640"),
    ("fal-ai/fast-lightning-sdxl", "1024x1024"),
    ("FAL-AI/fast-sdxl", "512x768"),
    ("fal-ai/flux/dev", "1023x1023"),
    ("our-pictures", "64x65"),
]
NOT_MADE = [
    ("gpt-image-1", "512x512"),
    ("gpt-image-1-mini", "2048x2048"),
    ("gpt-image-1.5", "1024x1792"),
    ("gpt-image-2", "512x512"),
    ("gpt-image-2", "1000x1000"),
    ("gpt-image-2", "3840x2176"),
    ("gpt-image-2", "4096x1536"),
    ("gpt-image-2-2026-04-21", "3072x1008"),
    ("fal-ai/fast-lightning-sdxl", "1025x1024"),
]


@pytest.mark.parametrize(("model", "size"), MADE)
def test_a_supported_or_unknown_size_is_accepted(model: str, size: str) -> None:
    check_size_for_model(model, size)


@pytest.mark.parametrize(("model", "size"), NOT_MADE)
def test_an_unsupported_size_is_reported_with_the_supported_ones(model: str, size: str) -> None:
    with pytest.raises(ValueError, match=r"does not support the size .*; expected ") as raised:
        check_size_for_model(model, size)
    assert repr(size) in str(raised.value)
    assert repr(model) in str(raised.value)


@pytest.mark.parametrize("model", ["gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-3", "our-pictures"])
def test_a_newer_or_unknown_model_takes_more_qualities(model: str) -> None:
    check_quality_for_model(model, "xhigh")


@pytest.mark.parametrize("model", ["gpt-image-1-mini", "gpt-image-2", "gpt-image-2-2026-04-21"])
def test_an_older_model_names_the_qualities_that_it_takes(model: str) -> None:
    check_quality_for_model(model, "high")
    with pytest.raises(ValueError, match="expected one of low, medium, high"):
        check_quality_for_model(model, "max")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        (Provider.OPENAI, "gpt-image-2"),
        (Provider.AZURE, "our-images"),
        (Provider.COMPATIBLE, "azure/gpt-image-2"),
    ],
)
def test_references_are_for_providers_that_take_them(provider: Provider, model: str) -> None:
    check_references(provider, model)


@pytest.mark.parametrize(
    ("provider", "model", "named"),
    [
        (Provider.FAL, "fal-ai/fast-lightning-sdxl", "'fal'"),
        (Provider.MAI, "MAI-Image-2.6", "'mai'"),
        (Provider.COMPATIBLE, "flux", "'flux'"),
        (Provider.OPENAI, "dall-e-3", "'dall-e-3'"),
    ],
)
def test_other_providers_refuse_references_with_a_sentence_that_names_them(
    provider: Provider, model: str, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        check_references(provider, model)
