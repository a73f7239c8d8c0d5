"""A request that a page of another site makes a browser send changes nothing."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import CrossSiteRequestError
from tests.strategies import THOROUGH
from tests.support.running_app import RunningApp, run_app
from triggers.cross_site import check_site
from triggers.registration import wrap_handler
from triggers.route import Route
from triggers.routes import ROUTES

URL = "https://seeder.example/api/runs"
OWN = "https://seeder.example"
PROTECTED = [route for route in ROUTES if route.changes_something]

hosts = st.from_regex(r"[a-z]{1,8}(\.[a-z]{2,8}){1,2}", fullmatch=True)
ports = st.sampled_from(["", ":80", ":443", ":7071", ":8080"])
schemes = st.sampled_from(["http://", "https://"])


def is_refused(headers: dict[str, str], url: str = URL) -> bool:
    try:
        check_site(headers, url)
    except CrossSiteRequestError:
        return True
    return False


@pytest.mark.parametrize("headers", [{}, {"Host": "seeder.example"}, {"User-Agent": "curl/8", "Content-Type": "a/b"}])
def test_a_program_that_reports_no_sender_is_served(headers: dict[str, str]) -> None:
    assert not is_refused(headers)


@given(site=st.sampled_from(["cross-site", "same-site", "", "Same-Origin", "none, cross-site"]) | st.text(max_size=12))
@THOROUGH
def test_only_this_origin_and_a_person_may_be_the_sender(site: str) -> None:
    headers = {"Sec-Fetch-Site": site, "Origin": OWN, "Host": "seeder.example"}
    assert is_refused(headers) is (site.strip() not in {"same-origin", "none"})


@given(
    origin=st.sampled_from(["null", "", "seeder.example", "https://", "https://[", "https://a:b"]) | st.text(max_size=9)
)
@THOROUGH
def test_an_origin_that_hides_the_sender_is_refused(origin: str) -> None:
    assert is_refused({"Origin": origin, "Host": "seeder.example"})


@given(scheme=schemes, host=hosts, port=ports, header=st.sampled_from(["Host", "x-forwarded-host", "X-Original-Host"]))
@THOROUGH
def test_the_host_that_the_browser_used_is_accepted_with_and_without_a_proxy(
    scheme: str, host: str, port: str, header: str
) -> None:
    headers = {"Origin": f"{scheme}{host}{port}", "Host": "10.0.0.4:80"} | {header: f"{host.upper()}{port}"}
    assert not is_refused(headers)


@given(scheme=schemes, sender=st.tuples(hosts, ports), own=st.tuples(hosts, ports), forwarded=st.none() | hosts)
@THOROUGH
def test_another_host_or_port_is_refused(
    scheme: str, sender: tuple[str, str], own: tuple[str, str], forwarded: str | None
) -> None:
    def normalize(host: str, port: str) -> str:
        return host if port in {":80", ":443"} else host + port

    headers = {"Origin": scheme + "".join(sender), "Host": "".join(own)}
    if forwarded is not None:
        headers["X-Forwarded-Host"] = forwarded
    is_own = normalize(*sender) in {normalize(*own), forwarded}
    assert is_refused(headers, f"https://{''.join(own)}/api/runs") is not is_own


@pytest.mark.parametrize("origin", ["https://seeder.example.evil.example", "https://evil.example/seeder.example"])
def test_a_host_that_only_looks_like_this_one_is_refused(origin: str) -> None:
    assert is_refused({"Origin": origin, "Host": "seeder.example"})


def test_exactly_the_operations_that_change_something_are_protected() -> None:
    assert {route.method for route in ROUTES if not route.changes_something} == {"GET"}
    for route in ROUTES:
        modules = set()
        wrapped: Any = wrap_handler(route)
        while wrapped is not route.handler:
            modules.add(Path(wrapped.__code__.co_filename).name)
            wrapped = wrapped.__wrapped__
        assert ("cross_site.py" in modules) is (route.method != "GET"), route.operation_id


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[RunningApp]:
    async with run_app(tmp_path) as running:
        yield running


@pytest.mark.parametrize("route", PROTECTED, ids=[route.operation_id for route in PROTECTED])
async def test_every_operation_that_changes_something_refuses_a_form_of_another_site(
    app: RunningApp, route: Route
) -> None:
    path = "/api/" + route.path.replace("{", "").replace("}", "")
    answer = await app.call(
        route.method, path, b'{"catalog": "toys"}', **{"Sec-Fetch-Site": "cross-site", "Content-Type": "text/plain"}
    )
    assert (answer.status, answer.body["type"]) == (403, "urn:catalog-seeder:problem:cross-site-request")
    assert not [path for path in app.folder.rglob("*.json") if ".seeder" not in path.parts]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json"])
async def test_a_page_on_another_port_of_this_machine_starts_no_run(app: RunningApp, media_type: str) -> None:
    body = b'{"catalog": "toys", "targetCount": 1}'
    headers = {"Origin": "http://localhost:3000", "Content-Type": media_type}
    refused = await app.call("POST", "/api/runs", body, **headers)
    listed = await app.call("GET", "/api/runs", **headers)
    assert (refused.status, listed.status, listed.body["runs"]) == (403, 200, [])


async def test_the_own_page_may_start_a_run(app: RunningApp) -> None:
    host = urlsplit(app.host.url).netloc
    for headers in ({"Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}, {"Origin": f"http://{host}"}):
        answer = await app.call("POST", "/api/runs?estimate=true", {"catalog": "toys"}, **headers)
        assert answer.status == 200
