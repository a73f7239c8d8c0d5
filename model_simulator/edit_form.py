"""The multipart form of ``POST /images/edits``: parameters, and the reference images."""

from typing import Any

from aiohttp import BodyPartReader, web

IMAGE_FIELDS = frozenset({"image", "image[]"})


async def read_edit_form(request: web.Request) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    """Return the parameters of a form, as a JSON request would have them, and the files in the order sent."""
    body: dict[str, Any] = {}
    files: list[bytes] = []
    if not request.content_type.startswith("multipart/"):
        return body, ()
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.name in IMAGE_FIELDS:
            files.append(bytes(await part.read()))
        else:
            text = await part.text()
            body[part.name] = int(text) if part.name == "n" and text.isdecimal() else text
    return body, tuple(files)
