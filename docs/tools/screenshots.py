"""Make the screenshots of the review page in docs/images: ``python -m docs.tools.screenshots [--only NAME ...]``.

The app runs offline, so every image is the model simulator's. Each view is taken in both themes.
"""

import argparse
import io
import json
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from PIL import Image
from playwright.sync_api import Browser, Page, ViewportSize

from bench.served_page import open_browser, serve_app, wait_until

IMAGES: Final = Path(__file__).resolve().parents[1] / "images"
CATALOG: Final = "lego"
LIVE_CATALOG: Final = "outdoor-shop"
THEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
DESKTOP: Final = ViewportSize(width=1200, height=750)
PHONE: Final = ViewportSize(width=390, height=760)
QUALITY: Final = 82
MAX_BYTES: Final = 150_000
TIMEOUT_MS: Final = 60_000
RUN_SECONDS: Final = 300
ITEMS: Final = 48
LIVE_SHARE: Final = 0.4
"""Share of the images of the live run that are there when it is photographed."""

FAULTS: Final = {"latencySeconds": {"text": 0.05, "image": 0.05}, "rates": {"content_policy": 0.04}}
SLOW: Final = {"latencySeconds": {"text": 0.05, "image": 1.2}, "imageRequestsPerMinute": 240}
THEME: Final = {
    "subject": "products of an outdoor shop: tents, packs, boots, stoves, lamps",
    "openings": ["Studio product photo of"],
    "tail": "plain backdrop, soft light",
}


@dataclass(frozen=True, slots=True)
class Shot:
    """One view to photograph.

    Attributes:
        name: of the files, ``review-NAME-THEME.webp``.
        address: fragment of the page's address.
        prepare: brings the page into the state to show, and waits for it.
        is_phone: whether the window is as narrow as a phone.
    """

    name: str
    address: str
    prepare: Callable[[Page], None]
    is_phone: bool = False


class AppCaller:
    """Calls the app over HTTP.

    Args:
        url: base URL of the app.
    """

    def __init__(self, url: str) -> None:
        self.url = url

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request and return the JSON answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{path}", data=data, method=method)  # noqa: S310 - loopback
        with urllib.request.urlopen(request) as answer:  # noqa: S310 - as above
            return json.load(answer)

    def run(self, path: str, body: object) -> str:
        """Start a run, wait for its end, and return its id."""
        run_id = str(self.call("POST", path, body)["runId"])
        self.wait(run_id, lambda status: status["status"] not in {"Pending", "Running"})
        return run_id

    def wait(self, run_id: str, is_reached: Callable[[dict[str, Any]], bool]) -> None:
        """Wait until a run has reached a state."""
        deadline = time.monotonic() + RUN_SECONDS
        while not is_reached(self.call("GET", f"runs/{run_id}")):
            if time.monotonic() > deadline:
                raise TimeoutError(f"run {run_id} did not get there within {RUN_SECONDS} s")
            time.sleep(0.2)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line, make the screenshots, and return the exit status: 1 if a file is too large, else 0."""
    parser = argparse.ArgumentParser(prog="python -m docs.tools.screenshots", description=__doc__)
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="make these only")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as name, open_browser() as browser:
        folder = Path(name)
        faults = folder / "faults.json"
        faults.write_text(json.dumps(FAULTS), encoding="utf-8")
        with serve_app(folder / "data", "--faults", str(faults)) as url:
            app = AppCaller(url)
            run_id = prepare_catalog(app)
            shots = list_shots(app, run_id)
            sizes = take_shots(browser, url, [shot for shot in shots if not options.only or shot.name in options.only])
        faults.write_text(json.dumps(SLOW), encoding="utf-8")
        with serve_app(folder / "data", "--faults", str(faults)) as url:
            if not options.only or "run" in options.only:
                sizes |= take_shots(browser, url, [start_live_run(AppCaller(url))])
    for path, size in sizes.items():
        print(f"{path.relative_to(IMAGES.parents[1])}: {size / 1000:.0f} kB")
    return 1 if max(sizes.values(), default=0) > MAX_BYTES else 0


def prepare_catalog(app: AppCaller) -> str:
    """Generate a catalog with scores, failures, decisions and earlier rounds; return the id of its first run."""
    request = {"catalog": CATALOG, "targetCount": ITEMS, "categoryCount": 6, "parallelImageRequests": 16}
    options = {"imageSize": "512x512", "publish": False, "refine": {"iterations": 2}}
    run_id = app.run("runs", request | options)
    rows = app.call("GET", f"catalogs/{CATALOG}/items?sort=category&limit=500")["items"]
    shown = [row for row in rows if row["image"] is not None]
    decide(app, shown[:14], "approved")
    decide(app, shown[3:5], "rejected")
    prompts = {row["itemId"]: f"{row['imagePrompt'].partition(',')[0]}, waving, with a red scarf" for row in shown[5:7]}
    app.run(f"catalogs/{CATALOG}/regenerate", {"productIds": list(prompts), "imagePrompts": prompts})
    app.run("runs", {"catalog": "spring-sale", "targetCount": 12, "categoryCount": 3, "imageSize": "512x512"})
    return run_id


def decide(app: AppCaller, rows: Sequence[dict[str, Any]], verdict: str) -> None:
    """Record a decision about the images of rows."""
    decisions = [{"productId": row["itemId"], "decision": verdict, "sha256": row["image"]["sha256"]} for row in rows]
    app.call("PUT", f"catalogs/{CATALOG}/decisions", {"decisions": decisions, "reviewer": "Ada"})


def start_live_run(app: AppCaller) -> Shot:
    """Start a run, and return the shot of its view while its images arrive."""
    request = {"catalog": LIVE_CATALOG, "targetCount": 60, "categoryCount": 6, "parallelImageRequests": 8}
    options = {"imageSize": "512x512", "theme": THEME, "maxCostUsd": 10}
    run_id = str(app.call("POST", "runs", request | options)["runId"])

    def prepare(page: Page) -> None:
        app.wait(run_id, lambda status: status["progress"]["images"]["done"] >= LIVE_SHARE * 60)
        wait_for_images(page)

    return Shot("run", f"#/runs/{run_id}", prepare)


def list_shots(app: AppCaller, run_id: str) -> list[Shot]:
    """Return the views to photograph, except the live run."""
    review = f"#/catalogs/{CATALOG}/review"
    rows = app.call("GET", f"catalogs/{CATALOG}/items?sort=category&limit=500")["items"]
    details = (app.call("GET", f"catalogs/{CATALOG}/items/{row['itemId']}") for row in rows)
    item = next(detail["itemId"] for detail in details if len(detail["rounds"]) > 1)
    return [
        Shot("catalogs", "#/", wait_for_images),
        Shot("new-run", "#/new", fill_new_run),
        Shot("past-run", f"#/runs/{run_id}", wait_for_images),
        Shot("runs", "#/runs", wait_for_images),
        Shot("grid", review, select_some),
        Shot("phone", review, wait_for_images, is_phone=True),
        Shot("regenerate", review, open_regenerate),
        Shot("item", f"#/catalogs/{CATALOG}/items/{item}?compare=rounds", wait_for_images),
        Shot("publish", f"#/catalogs/{CATALOG}/publish", wait_for_images),
    ]


def wait_for_images(page: Page) -> None:
    """Wait until the view is complete."""
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_load_state("networkidle")
    wait_until(page, "[...document.images].every(image => image.complete && image.naturalWidth > 0)")


def select_some(page: Page) -> None:
    """Select a few cells of the grid."""
    wait_for_images(page)
    page.get_by_role("grid").get_by_role("gridcell").nth(8).click()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowRight")
    page.get_by_text("4 items selected").wait_for()


def open_regenerate(page: Page) -> None:
    """Open the dialog that regenerates the selected images."""
    select_some(page)
    page.keyboard.press("e")
    page.get_by_role("dialog").get_by_role("status").filter(has_text="About").wait_for()
    wait_for_images(page)


def fill_new_run(page: Page) -> None:
    """Fill in the form of a run until the estimate is there."""
    page.get_by_role("textbox", name="Catalog name").fill("outdoor-shop")
    page.get_by_role("region", name="Estimate").get_by_text("$").first.wait_for()
    wait_for_images(page)


def take_shots(browser: Browser, url: str, shots: Sequence[Shot]) -> dict[Path, int]:
    """Photograph the views in both themes; return the size of each file in bytes."""
    sizes = {}
    for shot in shots:
        for theme in THEMES:
            context = browser.new_context(
                viewport=PHONE if shot.is_phone else DESKTOP,
                color_scheme=theme,
                reduced_motion="reduce",
                is_mobile=shot.is_phone,
            )
            page = context.new_page()
            page.set_default_timeout(TIMEOUT_MS)
            page.goto(f"{url}/api/review/{shot.address}")
            shot.prepare(page)
            path = IMAGES / f"review-{shot.name}-{theme}.webp"
            sizes[path] = save_image(page.screenshot(), path)
            context.close()
    return sizes


def save_image(screenshot: bytes, path: Path) -> int:
    """Write a screenshot as WebP and return the size of the file in bytes."""
    Image.open(io.BytesIO(screenshot)).convert("RGB").save(path, "WEBP", quality=QUALITY, method=6)
    return path.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
