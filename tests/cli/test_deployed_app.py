import pytest

from cli.follow_run import Polling
from tests.cli.command_line import JSON_KEYS, CommandLine
from tests.cli.deployed_app import RUN_ID, DeployedApp, describe_problem, describe_run

RUN = f"/api/runs/{RUN_ID}"


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Polls without pause, and gives up at the first trouble that lasts."""
    monkeypatch.setattr(
        "cli.start_and_follow.REMOTE_POLLING", Polling(poll_interval_seconds=0, max_unreachable_seconds=60)
    )
    monkeypatch.setattr("cli.follow_run.REMOTE_POLLING", Polling(poll_interval_seconds=0, max_unreachable_seconds=0))


@pytest.mark.parametrize(
    ("status", "exit_status"),
    [
        ("Completed", 0),
        ("CompletedWithFailures", 3),
        ("Failed", 1),
        ("Cancelled", 1),
        ("Interrupted", 1),
    ],
)
def test_the_end_of_a_run_is_the_exit_status(
    status: str, exit_status: int, seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    deployed_app.answer(f"GET {RUN}", (200, describe_run(status)))
    assert seeder("run", "--url", deployed_app.url).status == exit_status
    assert seeder("watch", RUN_ID, "--url", deployed_app.url).status == exit_status


def test_json_reports_a_run_in_one_object(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    error = {"reason": "rate_limited", "message": "no success for 30 min"}
    deployed_app.answer(f"GET {RUN}", (200, describe_run("CompletedWithFailures", error=error)))
    ended = seeder("run", "--json", "--url", deployed_app.url)
    assert list(ended.document) == JSON_KEYS
    assert ended.document == {
        "runId": RUN_ID,
        "catalog": "lego",
        "status": "CompletedWithFailures",
        "items": 5,
        "images": {"made": 3, "kept": 1, "failed": 1},
        "placeholders": 0,
        "billedCalls": {"text": 3, "image": 4},
        "costUsd": 0.25,
        "seconds": 8.5,
        "outputs": {"catalog": "catalogs/lego/catalog.json"},
        "error": error,
    }


def test_placeholders_are_reported_beside_what_failed(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer(f"GET {RUN}", (200, describe_run("CompletedWithFailures", placeholders=1)))
    assert seeder("run", "--json", "--url", deployed_app.url).document["placeholders"] == 1
    reported = seeder("run", "--url", deployed_app.url).out
    assert "images        3 made, 1 kept, 1 failed (1 with a placeholder)" in reported.splitlines()


def test_the_summary_shows_the_results_of_a_run(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer(f"GET {RUN}", (200, describe_run("CompletedWithFailures", notes=["all kept"])))
    rows = seeder("run", "--url", deployed_app.url).out.splitlines()
    assert [row.split(maxsplit=1) for row in rows if not row.startswith(" ")] == [
        ["catalog", "lego"],
        ["run", RUN_ID],
        ["status", "CompletedWithFailures"],
        ["items", "5 of 6 (1 rejected)"],
        ["images", "3 made, 1 kept, 1 failed"],
        ["calls", "3 text, 4 image (3 x 429)"],
        ["cost", "$0.2500 by list prices"],
        ["time", "8 s"],
        ["note", "all kept"],
        ["catalog.json", "catalogs/lego/catalog.json"],
        ["next", f"seeder repair --catalog lego --url {deployed_app.url}  (retries the missing images)"],
        ["next", f"seeder prune --catalog lego --url {deployed_app.url}  (removes the items without an image)"],
        ["review", f"seeder review lego --url {deployed_app.url}"],
    ]
    assert "              1 x content_policy" in rows


def test_the_key_is_sent_and_never_shown(
    seeder: CommandLine, deployed_app: DeployedApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FUNCTIONS_KEY", "from-the-environment")
    seeder("status", RUN_ID, "--url", deployed_app.url)
    ended = seeder("run", "--url", deployed_app.url, "--key", "from-the-flag")
    assert [asked.key for asked in deployed_app.asked] == ["from-the-environment"] + ["from-the-flag"] * 4
    assert "from-the" not in ended.out + ended.err


@pytest.mark.usefixtures("at_once")
def test_a_run_is_followed_through_moments_of_trouble(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer(
        f"GET {RUN}",
        (200, describe_run("Running", stage="items and images")),
        (502, "<html>bad gateway</html>"),
        describe_problem(503, "store-unavailable", "the store does not answer"),
        (200, describe_run()),
    )
    ended = seeder("run", "--url", deployed_app.url)
    assert ended.status == 0
    assert "lego 0 s items and images: items 5/6, images 4/6, 1 rejected, 1 failed, 7 calls, $0.25" in ended.err


@pytest.mark.usefixtures("at_once")
def test_a_lasting_outage_ends_the_command_and_json_reports_the_last_status(
    seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    deployed_app.answer(f"GET {RUN}", (200, describe_run("Running")), (502, "<html>bad gateway</html>"))
    ended = seeder("watch", RUN_ID, "--url", deployed_app.url, "--json")
    assert ended.status == 1
    assert (ended.document["runId"], ended.document["status"], ended.document["items"]) == (RUN_ID, "Running", 5)
    message = f"{deployed_app.url} is unavailable: it returned status 502, <html>bad gateway</html>"
    assert ended.document["error"] == {"reason": "connection", "message": message}


@pytest.mark.parametrize(
    ("call", "answer", "message"),
    [
        (
            "GET /api/health",
            describe_problem(503, "not-configured", "AZURE_OPENAI_ENDPOINT is missing"),
            "AZURE_OPENAI_ENDPOINT is missing",
        ),
        (
            "GET /api/health/details",
            describe_problem(503, "degraded", "model: no connection"),
            "model: no connection",
        ),
        (
            "GET /api/health/details",
            (401, ""),
            "{url} refused the function key (401); expected --key or FUNCTIONS_KEY to hold it",
        ),
        (
            "GET /api/health",
            (200, "<html>hello</html>"),
            "{url} is not a Catalog Seeder app: it returned status 200, <html>hello</html>",
        ),
        (
            "POST /api/runs",
            describe_problem(
                422,
                "invalid-request",
                "two problems",
                errors=[
                    {"field": "targetCount", "message": "is too much"},
                    {"field": "theme.tail", "message": "is too long"},
                ],
            ),
            "--target-count: is too much\nerror: --theme: tail: is too long",
        ),
        (
            "POST /api/runs",
            describe_problem(409, "catalog-busy", "run 1-a works on catalog 'lego'", runId="1-a"),
            "run 1-a works on catalog 'lego': seeder watch 1-a --url {url}",
        ),
    ],
)
def test_what_the_app_refuses_is_reported_in_its_words(
    call: str,
    answer: tuple[int, object],
    message: str,
    seeder: CommandLine,
    deployed_app: DeployedApp,
) -> None:
    deployed_app.answer(call, answer)
    ended = seeder("run", "--url", deployed_app.url)
    assert ended.status == (2 if answer[0] == 422 else 1)
    assert ended.err == f"error: {message.format(url=deployed_app.url)}\n"


def test_no_one_there_is_one_line(seeder: CommandLine) -> None:
    ended = seeder("status", "--url", "http://127.0.0.1:1")
    assert (ended.status, len(ended.error_lines)) == (1, 1)
    assert ended.err.startswith("error: http://127.0.0.1:1 cannot be reached: ")


def test_repair_sends_only_what_it_may_change(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    assert seeder("repair", "--url", deployed_app.url, "--max-retries", "2").status == 0
    assert deployed_app.started_body() == {"maxRetries": 2}


def test_prune_and_publish_report_the_apps_response(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    pruned = [{"productId": "1", "name": "Bold Baker", "category": "Town Life"}]
    outputs = {"catalog": "catalogs/lego/catalog.json"}
    answer = {"catalog": "lego", "pruned": pruned, "items": 4, "backup": "backups/1-a/", "outputs": outputs}
    deployed_app.answer("POST /api/catalogs/lego/prune", (200, answer))
    document = seeder("prune", "--url", deployed_app.url, "--json").document
    assert list(document) == [*JSON_KEYS, "pruned", "backup"]
    assert (document["items"], document["pruned"], document["outputs"]) == (4, pruned, outputs)
    assert "Bold Baker (Town Life)" in seeder("prune", "--url", deployed_app.url).out

    answer = {"catalog": "lego", "items": 4, "images": 3, "missing": 1, "outputs": outputs}
    deployed_app.answer("POST /api/catalogs/lego/publish", (200, answer))
    document = seeder("publish", "--url", deployed_app.url, "--json").document
    assert document["images"] == {"made": 0, "kept": 3, "failed": 1}
    assert document["placeholders"] == 0  # an app of before 0.3.0 tells none
    assert "4 items, 3 images, 1 left out without an image" in seeder("publish", "--url", deployed_app.url).out
    deployed_app.answer("POST /api/catalogs/lego/publish", (200, answer | {"missing": 3, "placeholders": 2}))
    reported = seeder("publish", "--url", deployed_app.url).out
    assert "4 items, 3 images, 2 placeholders, 1 left out without an image" in reported
    assert seeder("publish", "--url", deployed_app.url, "--json").document["placeholders"] == 2
    deployed_app.answer("POST /api/catalogs/lego/publish", describe_problem(404, "unknown-catalog", "no such catalog"))
    ended = seeder("publish", "--url", deployed_app.url)
    assert (ended.status, ended.err) == (1, "error: no such catalog\n")


LEFT_OUT = [
    {
        "reason": "rejected",
        "count": 5,
        "examples": [{"productId": str(n), "itemId": str(n), "name": f"Baker {n}"} for n in range(5)],
    },
    {"reason": "undecided", "count": 1, "examples": [{"productId": "9", "itemId": "9", "name": "Diver"}]},
    {"reason": "a_later_reason", "count": 2, "examples": []},
]


def test_publish_sends_what_is_asked_for_and_reports_what_is_left_out_and_why(
    seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    outputs = {"catalog": "catalogs/lego/catalog.json"}
    answer = {"catalog": "lego", "only": "approved", "items": 4, "images": 10, "missing": 0, "placeholders": 0}
    deployed_app.answer("GET /api/openapi.json", (200, {"openapi": "3.1.0"}))
    deployed_app.answer("POST /api/catalogs/lego/publish", (200, answer | {"leftOut": LEFT_OUT, "outputs": outputs}))
    document = seeder("publish", "--url", deployed_app.url, "--only", "approved", "--json").document
    assert (document["items"], document["only"], document["leftOut"]) == (4, "approved", LEFT_OUT)
    asked = deployed_app.asked[-1]
    assert (asked.body, asked.query) == ({"only": "approved"}, {})
    lines = seeder("publish", "--url", deployed_app.url, "--only", "approved").out.splitlines()
    assert [" ".join(line.split()) for line in lines[1:5]] == [
        "published 4 items",
        "left out 5 rejected by a reviewer: Baker 0, Baker 1, Baker 2, 2 more",
        "1 without a decision of a reviewer: Diver",
        "2 a_later_reason",
    ]


def test_a_preview_publishes_nothing(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer("GET /api/openapi.json", (200, {"openapi": "3.1.0"}))
    answer = {"catalog": "lego", "only": None, "items": 12, "publish": 4, "leftOut": LEFT_OUT}
    deployed_app.answer("POST /api/catalogs/lego/publish", (200, answer))
    document = seeder("publish", "--url", deployed_app.url, "--preview", "--json").document
    assert (document["status"], document["items"], document["outputs"]) == ("Preview", 4, {})
    assert document["leftOut"] == LEFT_OUT
    asked = deployed_app.asked[-1]
    assert (asked.body, asked.query) == (None, {"preview": "true"})
    assert "4 of 12 items" in seeder("publish", "--url", deployed_app.url, "--preview").out


@pytest.mark.parametrize("flags", [["--only", "approved"], ["--preview"]])
def test_an_app_that_would_ignore_what_is_asked_for_publishes_nothing(
    flags: list[str], seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    ended = seeder("publish", "--url", deployed_app.url, *flags)
    assert ended.status == 1
    assert "older than 1.1" in ended.err
    assert [asked.method for asked in deployed_app.asked] == ["GET"]


def test_a_prune_whose_rest_is_not_approved_reports_that_nothing_is_published(
    seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    answer = {"catalog": "lego", "pruned": [], "items": 0, "leftOut": LEFT_OUT, "backup": None, "outputs": {}}
    deployed_app.answer("POST /api/catalogs/lego/prune", (200, answer))
    out = seeder("prune", "--url", deployed_app.url).out
    assert "5 rejected by a reviewer" in out
    assert "nothing: the published files are unchanged" in out


def test_status_without_a_run_lists_pages_up_to_the_limit(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer(
        "GET /api/runs",
        (200, {"runs": [describe_run(runId="1-a"), describe_run(runId="2-b")], "continuation": "next"}),
        (200, {"runs": [describe_run("Running", runId="3-c")], "continuation": "more"}),
    )
    document = seeder("status", "--limit", "3", "--url", deployed_app.url, "--json").document
    assert [run["runId"] for run in document["runs"]] == ["1-a", "2-b", "3-c"]
    assert [asked.query for asked in deployed_app.asked] == [{"limit": "3"}, {"limit": "3", "continuation": "next"}]


def test_cancel_asks_the_app(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    deployed_app.answer(f"POST {RUN}/cancel", (202, {"runId": RUN_ID}))
    deployed_app.answer(f"GET {RUN}", (200, describe_run("Running")))
    ended = seeder("cancel", RUN_ID, "--url", deployed_app.url)
    assert (ended.status, ended.out) == (
        0,
        f"run {RUN_ID} is being cancelled; no new work starts. Finished work stays.\n",
    )
    deployed_app.answer(f"POST {RUN}/cancel", describe_problem(409, "run-ended", "it ended"))
    assert seeder("cancel", RUN_ID, "--url", deployed_app.url).status == 1


@pytest.mark.parametrize("command", ["repair", "regenerate", "prune", "publish"])
@pytest.mark.parametrize("named", [["toys"], ["--catalog", "toys"], ["toys", "--catalog", "toys"]])
def test_a_command_takes_the_catalog_as_argument_or_option(
    command: str, named: list[str], seeder: CommandLine, deployed_app: DeployedApp
) -> None:
    item = ["--product-id", "7"] if command == "regenerate" else []
    seeder(command, *named, *item, "--url", deployed_app.url)
    assert f"/api/catalogs/toys/{command}" in {asked.path for asked in deployed_app.asked if asked.method == "POST"}


def test_a_run_takes_the_catalog_as_argument(seeder: CommandLine, deployed_app: DeployedApp) -> None:
    assert seeder("run", "toys", "--url", deployed_app.url).status == 0
    assert deployed_app.started_body()["catalog"] == "toys"
