"""Lines about a run carry its ids, and LOG_LEVEL decides which are written."""

import logging

import pytest

from shared.config import Settings
from shared.services.container import build_services
from shared.telemetry.run_log import log_run


def test_a_line_has_its_ids_in_the_text_and_as_fields(caplog: pytest.LogCaptureFixture) -> None:
    build_services(Settings(log_level="INFO"))
    log_run(logging.INFO, "generate_image ended", run_id="run-1", catalog="lego", reason="connection", product_id=None)

    (record,) = caplog.records
    assert record.getMessage() == "generate_image ended run_id=run-1 catalog=lego reason=connection"
    assert {"run_id": "run-1", "catalog": "lego", "reason": "connection"}.items() <= record.__dict__.items()
    assert "product_id" not in record.__dict__


def test_the_log_level_of_the_settings_decides(caplog: pytest.LogCaptureFixture) -> None:
    build_services(Settings(log_level="WARNING"))
    log_run(logging.INFO, "too little", run_id="run-1", catalog="lego")
    log_run(logging.WARNING, "enough", run_id="run-1", catalog="lego")

    assert [record.getMessage().split()[0] for record in caplog.records] == ["enough"]


@pytest.mark.parametrize(("level", "of_libraries"), [("DEBUG", "WARNING"), ("ERROR", "ERROR")])
def test_libraries_do_not_log_the_address_of_every_call(level: str, of_libraries: str) -> None:
    build_services(Settings(log_level=level))
    for name in ("azure.core.pipeline.policies.http_logging_policy", "httpx2", "openai"):
        assert logging.getLevelName(logging.getLogger(name).getEffectiveLevel()) == of_libraries
