import json
from pathlib import Path

import pytest
from pydantic.alias_generators import to_camel
from typer.main import get_command

from cli.commands import app
from cli.request_options import format_flag
from shared.images.refinement_policy import Refinement
from shared.runs.request import SeedRequest
from tests.cli.command_line import CommandLine
from tests.cli.deployed_app import DeployedApp, describe_problem

FLAGS = {
    "catalog": (["--catalog", "spring-sale"], "spring-sale"),
    "targetCount": (["--target-count", "7"], 7),
    "categoryCount": (["--category-count", "3"], 3),
    "batchSize": (["--batch-size", "9"], 9),
    "parallelImageRequests": (["--parallel-image-requests", "8"], 8),
    "imageRequestsPerMinute": (["--image-requests-per-minute", "6.5"], 6.5),
    "parallelTextRequests": (["--parallel-text-requests", "4"], 4),
    "maxRetries": (["--max-retries", "0"], 0),
    "imageSize": (["--image-size", "512x256"], "512x256"),
    "imageQuality": (["--image-quality", "high"], "high"),
    "imageFormat": (["--image-format", "jpeg"], "jpeg"),
    "thumbnails": (["--no-thumbnails"], False),
    "imageVariants": (
        ["--image-variant", "640:webp", "--image-variant", "320:avif:60"],
        [{"width": 640, "format": "webp"}, {"width": 320, "format": "avif", "quality": 60}],
    ),
    "styleReference": (
        ["--style-reference", "inputs/a.png", "--style-reference", "inputs/b.jpg"],
        {"images": ["inputs/a.png", "inputs/b.jpg"]},
    ),
    "forceCategories": (["--force-categories"], True),
    "forceImages": (["--force-images"], True),
    "dryRun": (["--dry-run"], True),
    "validateItems": (["--no-validate-items"], False),
    "publish": (["--no-publish"], False),
    "review": (["--review", "required"], "required"),
    "pauseOnBlock": (["--pause-on-block"], True),
    "pauseLimitMinutes": (["--pause-limit-minutes", "30"], 30),
    "maxCostUsd": (["--max-cost-usd", "12.5"], 12.5),
    "acceptEstimate": (["--accept-estimate"], True),
    "theme": (["--theme", "theme.json"], {"subject": "garden tools"}),
    "source": (["--source", "generate"], "generate"),
    "fieldMapping": (["--map", "name=title", "--map", "brand="], {"name": "title", "brand": ""}),
    "promptWriter": (["--prompt-writer", "template"], "template"),
    "textMode": (["--text-mode", "normal"], "normal"),
    "skipInvalid": (["--skip-invalid"], True),
    "keepChanged": (["--keep-changed"], True),
    "variantImages": (["--variant-images"], True),
    "placeholder": (["--placeholder"], True),
    "imageMode": (["--image-mode", "batch"], "batch"),
    "batchFallback": (["--batch-fallback", "none"], "none"),
    "imageBaseUrl": (["--image-base-url", "https://cdn.example.com"], "https://cdn.example.com"),
    "refine": (
        ["--refine-iterations", "3", "--refine-accept-score", "90"],
        {"iterations": 3, "acceptScore": 90},
    ),
    "policyRewrites": (["--policy-rewrites", "2"], 2),
}
NEVER_ALONE = {"input"}
"""Tested with what it needs beside it, in test_sources."""


@pytest.fixture(autouse=True)
def theme_file(tmp_path: Path) -> None:
    (tmp_path / "theme.json").write_text('{"subject": "garden tools"}')


def test_every_field_of_a_request_has_a_flag_of_its_name() -> None:
    known = {flag for parameter in get_command(app).commands["run"].params for flag in parameter.opts}  # type: ignore[attr-defined]
    fields = [to_camel(name) for name in SeedRequest.model_fields]
    grouped = [f"refine.{to_camel(name)}" for name in Refinement.model_fields]
    assert {format_flag(field) for field in [*fields, *grouped]} <= known
    assert set(FLAGS) | NEVER_ALONE == set(fields)


@pytest.mark.parametrize("field", FLAGS)
def test_a_flag_sets_its_field_and_no_other(field: str, seeder: CommandLine, deployed_app: DeployedApp) -> None:
    flags, value = FLAGS[field]
    assert seeder("run", "--url", deployed_app.url, *flags).status == 0
    assert deployed_app.started_body() == {"catalog": "lego"} | {field: value}


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        ("--skip-images", {"dryRun": True}),
        ("--no-dry-run", {"dryRun": False}),
        ("--no-validate", {"validateItems": False}),
        ("--validate-items", {"validateItems": True}),
        ("--publish", {"publish": True}),
        ("--resume", {}),
        ("--refine-iterations=2", {"refine": {"iterations": 2}}),
        ("--refine-iterations=0", {"refine": {"iterations": 0}}),
    ],
)
def test_other_spellings_are_understood(
    flag: str, expected: dict[str, bool], seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    assert seeder("run", "--url", deployed_app.url, flag).status == 0
    assert deployed_app.started_body() == {"catalog": "lego"} | expected


@pytest.mark.processes
@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ("--refine-iterations", "4"),
            "--refine-iterations: Input should be less than or equal to 3, got 4",
        ),
        (
            ("--refine-iterations", "1", "--refine-accept-score", "101"),
            "--refine-accept-score: Input should be less than or equal to 100, got 101",
        ),
        (
            ("--policy-rewrites", "3"),
            "--policy-rewrites: Input should be less than or equal to 2, got 3",
        ),
        (
            ("--text-mode", "batch"),
            (
                "textMode is 'batch', and source is 'generate'; expected textMode 'normal', or rows with promptWriter "
                "'model': each call for items continues from the names of the calls before it"
            ),
        ),
        (
            ("--refine-accept-score", "90"),
            "--refine-accept-score requires --refine-iterations 1 to 3",
        ),
    ],
)
def test_a_value_that_cannot_be_meant_is_reported_by_its_flag_before_anything_starts(
    flags: tuple[str, ...], message: str, seeder: CommandLine, tmp_path: Path
) -> None:
    before = sorted(tmp_path.iterdir())
    ended = seeder("run", "--offline", *flags)
    assert (ended.status, ended.error_lines) == (2, [f"error: {message}"])
    assert sorted(tmp_path.iterdir()) == before


def test_what_a_deployed_app_says_of_a_field_is_reported_by_its_flag(
    seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    errors = [{"field": "refine.iterations", "message": "Input should be less than or equal to 3, got 4"}]
    deployed_app.answer("POST /api/runs", describe_problem(422, "invalid-request", "refine.iterations", errors=errors))
    ended = seeder("run", "--url", deployed_app.url, "--refine-iterations", "4")
    assert ended.error_lines[-1] == "error: --refine-iterations: Input should be less than or equal to 3, got 4"


def test_help_shows_the_defaults_of_the_schema(seeder: CommandLine) -> None:
    text = " ".join(seeder("run", "--help").out.split())
    for name in ("target_count", "category_count", "batch_size", "parallel_image_requests", "max_retries"):
        assert f"default {SeedRequest.model_fields[name].default})" in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            "{",
            "theme.json is not valid JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)",
        ),
        ("[]", "theme.json holds list; expected a JSON object"),
        ('{"subject": 3}', "theme.json: subject: Input should be a valid string, got 3"),
        ('{"tale": "x"}', "theme.json: tale: is not a field of this request"),
    ],
)
def test_a_theme_that_cannot_be_used_is_one_line_with_file_and_field(
    content: str, message: str, seeder: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "theme.json").write_text(content)
    ended = seeder("run", "--theme", "theme.json")
    assert (ended.status, ended.error_lines) == (2, [f"error: --theme: {message}"])


def test_a_theme_with_a_byte_order_mark_is_read(seeder: CommandLine, deployed_app: DeployedApp, tmp_path: Path) -> None:
    (tmp_path / "theme.json").write_text(json.dumps({"tail": "on white"}), encoding="utf-8-sig")
    assert seeder("run", "--url", deployed_app.url, "--theme", "theme.json").status == 0
    assert deployed_app.started_body()["theme"] == {"tail": "on white"}
