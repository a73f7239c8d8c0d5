"""The check of image variants finds what is wrong with a file."""

import asyncio
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from bench.variant_files import check_variants
from shared.images.variant_spec import ImageVariant
from tests.support.running_app import run_app

WEBP, JPEG = ImageVariant(width=32, format="webp"), ImageVariant(width=4000, format="jpeg")
VARIANTS = [WEBP, JPEG]
ROWS = [{"sku": f"PROD-{number}", "title": f"Enamel mug {number}"} for number in range(2)]


def encode(side: int, image_format: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (side, side), (90, 40, 200)).save(file, image_format)
    return file.getvalue()


def replace_image(folder: Path, variant: Path) -> None:
    """Write another image in place of the one that the variant was made from."""
    image = next((folder / "catalogs/shop/images").glob(f"{variant.stem}.*"))
    image.write_bytes(encode(64, "PNG"))


DAMAGES: dict[str, Callable[[Path, Path], object]] = {
    "missing": lambda _, variant: variant.unlink(),
    "another size": lambda _, variant: variant.write_bytes(encode(31, "WEBP")),
    "another format": lambda _, variant: variant.write_bytes(encode(32, "PNG")),
    "another file of the same size": lambda _, variant: variant.write_bytes(encode(32, "WEBP")),
    "cut off": lambda _, variant: variant.write_bytes(variant.read_bytes()[:100]),
    "of another image": replace_image,
}


async def test_every_damage_is_found(tmp_path: Path) -> None:
    async with run_app(tmp_path / "out") as app:
        await app.call("PUT", "/api/inputs/rows.json", ROWS)
        run = await app.run(
            catalog="shop",
            source="products",
            input="inputs/rows.json",
            imageVariants=[variant.model_dump() for variant in VARIANTS],
        )
    assert run["status"] == "Completed"
    found = await asyncio.to_thread(check_variants, tmp_path / "out", "shop", VARIANTS)
    assert {name: count for name, (count, _) in found.items()} == {"32w-webp": 2, "4000w-jpeg": 2}
    for name, damage in DAMAGES.items():
        folder = tmp_path / name
        shutil.copytree(tmp_path / "out", folder)
        damage(folder, next((folder / "catalogs/shop/variants/32w-webp").glob("*.webp")))
        with pytest.raises((ValueError, OSError)):
            await asyncio.to_thread(check_variants, folder, "shop", VARIANTS)
    with pytest.raises(ValueError, match="further"):
        await asyncio.to_thread(check_variants, tmp_path / "out", "shop", [WEBP])
