"""Wait until no run is active, because provisioning and deploying restart the app and end what is executing.

azd runs it before both (azure.yaml), and the deploy workflow with ``--find-by-tag``. It needs only Python, and the
Azure CLI (``az``) once code is deployed: ``az`` reads the function key, which is kept in memory and never printed.

Environment:
    SERVICE_API_NAME, AZURE_RESOURCE_GROUP, SERVICE_API_URI: outputs of the deployment, set by azd; without them
        nothing is deployed.
    AZURE_ENV_NAME: with ``--find-by-tag``: the azd environment of the app.
    FORCE_DEPLOY: ``true`` = do not wait; active runs are ended and can be continued with the same request.

Exit status: 0 no run is active, 1 runs are active or the check failed.
"""  # noqa: INP001 - a script that azd runs, not a module of a package

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ACTIVE_STATUSES = ("Pending", "Running")
"""A paused run executes nothing, and stays paused after a restart."""

REQUEST_SECONDS = 60.0
"""A stopped app starts with the first request."""

MAX_PROBLEMS = 3
"""Failed checks in a row that end the wait; a broken app must stay deployable."""


class CheckFailedError(Exception):
    """The active runs cannot be read; the message names the request and its answer."""


@dataclass(frozen=True, slots=True)
class DeployedApp:
    """The deployed function app; ``uri`` has no path."""

    name: str
    resource_group: str
    uri: str


def find_app(environment: Mapping[str, str]) -> DeployedApp | None:
    """Return the app in azd's outputs, or None before the first deployment."""
    name = environment.get("SERVICE_API_NAME", "")
    group = environment.get("AZURE_RESOURCE_GROUP", "")
    uri = environment.get("SERVICE_API_URI", "")
    return DeployedApp(name, group, uri.rstrip("/")) if name and group and uri else None


def find_app_by_tag(environment_name: str) -> DeployedApp | None:
    """Return the app with the tags of the templates, or None before the first deployment.

    Raises:
        CheckFailedError: ``az`` failed.
    """
    query = "[?type=='Microsoft.Web/sites' && tags.\"azd-service-name\"=='api'].{name: name, group: resourceGroup}"
    found = run_az("resource", "list", "--tag", f"azd-env-name={environment_name}", "--query", query)
    if not found:
        return None
    name, group = found[0]["name"], found[0]["group"]
    host = run_az("functionapp", "show", "--name", name, "--resource-group", group, "--query", "defaultHostName")
    return DeployedApp(name, group, f"https://{host}")


def read_function_key(app: DeployedApp) -> str:
    """Return the default function key of the app.

    Raises:
        CheckFailedError: ``az`` failed, or the app has no key.
    """
    select = ("--name", app.name, "--resource-group", app.resource_group, "--query", "functionKeys.default")
    key = run_az("functionapp", "keys", "list", *select)
    if not isinstance(key, str) or not key:
        raise CheckFailedError(f"{app.name} has no function key named default; expected one")
    return key


def run_az(*arguments: str) -> Any:
    """Return the output of an ``az`` command as JSON data.

    Raises:
        CheckFailedError: ``az`` is not installed, or failed.
    """
    program = shutil.which("az")
    if program is None:
        raise CheckFailedError("the Azure CLI (az) is not installed; it reads the function key")
    command = [program, *arguments, "--output", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own arguments
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise CheckFailedError(f"az {' '.join(arguments[:3])} failed: {reason[0][:300]}")
    return json.loads(done.stdout or "null")


def has_code(app: DeployedApp) -> bool:
    """Return whether code is deployed: an app without code answers 404, a host without app does not answer."""
    try:
        with _open(f"{app.uri}/api/health"):
            return True
    except urllib.error.HTTPError as error:
        return error.code != 404  # noqa: PLR2004 - the status of HTTP
    except (urllib.error.URLError, TimeoutError):
        return False


def list_active_runs(app: DeployedApp, key: str) -> list[str]:
    """Return the ids of the runs that are pending or running.

    Raises:
        CheckFailedError: the app did not answer with a list of runs.
    """
    found: list[str] = []
    for status in ACTIVE_STATUSES:
        continuation = None
        while True:
            page = _get_runs(app, key, status, continuation)
            found += [str(run["runId"]) for run in page["runs"]]
            continuation = page.get("continuation")
            if continuation is None:
                break
    return found


def wait_until_idle(app: DeployedApp, key: str, *, minutes: float, pause_seconds: float) -> bool:
    """Check every ``pause_seconds`` until no run is active; return False if one is active after ``minutes``.

    Raises:
        CheckFailedError: ``MAX_PROBLEMS`` checks in a row failed.
    """
    deadline = time.monotonic() + 60 * minutes
    problems = 0
    while True:
        try:
            active = list_active_runs(app, key)
            problems = 0
        except CheckFailedError as error:
            problems += 1
            if problems == MAX_PROBLEMS:
                raise
            log(f"{error}; checking again")
        else:
            if not active:
                return True
            log(f"active: {', '.join(active[:5])}{' and more' if len(active) > 5 else ''}")  # noqa: PLR2004 - one line
        if time.monotonic() >= deadline:
            return False
        time.sleep(pause_seconds)


def log(message: str) -> None:
    """Write one line to standard error, which azd and the workflow show."""
    sys.stderr.write(f"wait_for_runs: {message}\n")


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the script and return its exit status."""
    parser = argparse.ArgumentParser(description="Wait until no run is active.")
    parser.add_argument(
        "--find-by-tag", action="store_true", help="find the app with az, by the tags of AZURE_ENV_NAME"
    )
    parser.add_argument("--minutes", type=float, default=60, help="maximum wait (60)")
    parser.add_argument("--pause-seconds", type=float, default=30, help="time between two checks (30)")
    options = parser.parse_args(arguments)
    if environment.get("FORCE_DEPLOY", "").strip().lower() == "true":
        log("FORCE_DEPLOY is true: not waiting; active runs will be ended")
        return 0
    try:
        app = find_app(environment)
        if app is None and options.find_by_tag:
            app = find_app_by_tag(environment.get("AZURE_ENV_NAME", ""))
        if app is None or not has_code(app):
            log("nothing is deployed yet")
            return 0
        key = read_function_key(app)
        if wait_until_idle(app, key, minutes=options.minutes, pause_seconds=options.pause_seconds):
            log(f"no run is active on {app.name}")
            return 0
        log(
            f"runs are active after {options.minutes:g} minutes; cancel them, or set FORCE_DEPLOY=true to end them",
        )
    except CheckFailedError as error:
        log(f"{error}; set FORCE_DEPLOY=true to deploy anyway")
    return 1


def _get_runs(app: DeployedApp, key: str, status: str, continuation: str | None) -> dict[str, Any]:
    query = {"status": status, "limit": "100"} | ({"continuation": continuation} if continuation else {})
    url = f"{app.uri}/api/runs?{urllib.parse.urlencode(query)}"
    try:
        with _open(url, key) as answer:
            page: Any = json.load(answer)
    except urllib.error.HTTPError as error:
        raise CheckFailedError(f"GET /api/runs answered {error.code}; expected 200") from error
    except (urllib.error.URLError, TimeoutError, ValueError) as error:
        raise CheckFailedError(f"GET /api/runs failed: {error}") from error
    if isinstance(page, dict) and isinstance(page.get("runs"), list):
        return page
    raise CheckFailedError("GET /api/runs did not answer with a list of runs")


def _open(url: str, key: str | None = None) -> Any:
    headers = {} if key is None else {"x-functions-key": key}
    request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the app's own address
    return urllib.request.urlopen(request, timeout=REQUEST_SECONDS)  # noqa: S310 - see above


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
