"""Which sizes the image models make, where that is known."""

import contextlib

import pytest

from shared.models.image_models import (
    FAL_EDIT_ROUTES,
    check_quality_for_model,
    check_references,
    check_size_for_model,
    count_reference_tokens,
    find_billed_size,
)
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
    check_size_for_model(Provider.AZURE, model, size)


@pytest.mark.parametrize(("model", "size"), NOT_MADE)
def test_an_unsupported_size_is_reported_with_the_supported_ones(model: str, size: str) -> None:
    with pytest.raises(ValueError, match=r"does not support the size .*; expected ") as raised:
        check_size_for_model(Provider.AZURE, model, size)
    assert repr(size) in str(raised.value)
    assert repr(model) in str(raised.value)


@pytest.mark.parametrize("deployment", ["MAI-Image-2.6", "catalog-images", "gpt-image-2"])
@pytest.mark.parametrize("size", ["512x512", "1000x1000", "1024x1536"])
def test_a_deployment_of_mai_has_the_sizes_of_its_models_whatever_its_name(deployment: str, size: str) -> None:
    check_size_for_model(Provider.MAI, deployment, "768x1024")
    check_quality_for_model(Provider.MAI, deployment, "max")
    with pytest.raises(ValueError, match="1048576 pixels at most"):
        check_size_for_model(Provider.MAI, deployment, size)


@pytest.mark.parametrize("model", ["gpt-image-2.5-flare", "gpt-image-2.6-sunburst", "gpt-image-3", "our-pictures"])
def test_a_newer_or_unknown_model_takes_more_qualities(model: str) -> None:
    check_quality_for_model(Provider.AZURE, model, "xhigh")


@pytest.mark.parametrize("model", ["gpt-image-1-mini", "gpt-image-2", "gpt-image-2-2026-04-21"])
def test_an_older_model_names_the_qualities_that_it_takes(model: str) -> None:
    check_quality_for_model(Provider.AZURE, model, "high")
    with pytest.raises(ValueError, match="expected one of low, medium, high"):
        check_quality_for_model(Provider.AZURE, model, "max")


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        (Provider.OPENAI, "gpt-image-2"),
        (Provider.AZURE, "our-images"),
        (Provider.COMPATIBLE, "azure/gpt-image-2"),
        (Provider.FAL, "fal-ai/bytedance/seedream/v4/text-to-image"),
        (Provider.MAI, "MAI-Image-2.6"),
        (Provider.MAI, "our-images"),
    ],
)
def test_references_are_for_providers_that_take_them(provider: Provider, model: str) -> None:
    check_references(provider, model)


@pytest.mark.parametrize(
    ("provider", "model", "named"),
    [
        (Provider.FAL, "fal-ai/fast-lightning-sdxl", "'fal-ai/fast-lightning-sdxl'"),
        (Provider.FAL, "fal-ai/bytedance/seedream/v4/edit", "expected 'fal-ai/bytedance/seedream/v4/text-to-image'"),
        (Provider.MAI, "MAI-Image-2e", "'mai-image-2e'"),
        (Provider.COMPATIBLE, "flux", "'flux'"),
        (Provider.OPENAI, "dall-e-3", "'dall-e-3'"),
    ],
)
def test_other_providers_refuse_references_with_a_sentence_that_names_them(
    provider: Provider, model: str, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        check_references(provider, model)


def test_mai_takes_one_reference_and_the_others_several() -> None:
    with pytest.raises(ValueError, match="got 2"):
        check_references(Provider.MAI, "MAI-Image-2.6", 2)
    check_references(Provider.OPENAI, "gpt-image-2", 4)
    for model in FAL_EDIT_ROUTES:
        check_references(Provider.FAL, model, 4)


@pytest.mark.parametrize(
    ("provider", "expected"), [(Provider.OPENAI, 64), (Provider.AZURE, 64), (Provider.MAI, 1024), (Provider.FAL, 0)]
)
def test_references_are_billed_as_the_provider_does(provider: Provider, expected: int) -> None:
    assert count_reference_tokens(provider, "1024x1024", 64) == expected
    assert count_reference_tokens(provider, "1024x1024", 0) == 0


@pytest.mark.parametrize(("provider", "expected"), [(Provider.OPENAI, "768x768"), (Provider.MAI, "1024x1024")])
def test_an_edit_of_mai_is_billed_for_all_pixels_that_it_can_have(provider: Provider, expected: str) -> None:
    assert find_billed_size(provider, "768x768", has_references=True) == expected
    assert find_billed_size(provider, "768x768", has_references=False) == "768x768"


@pytest.mark.parametrize(("size", "is_supported"), [("960x960", True), ("1024x1024", True), ("512x512", False)])
def test_seedream_has_no_small_sizes(size: str, is_supported: bool) -> None:
    with contextlib.nullcontext() if is_supported else pytest.raises(ValueError, match="921600"):
        check_size_for_model(Provider.FAL, "fal-ai/bytedance/seedream/v4/text-to-image", size)
