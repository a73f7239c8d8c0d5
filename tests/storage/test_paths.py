"""Names in the store follow from ids alone and stay apart."""

import pytest

from shared.storage import paths

RUN = "8203891199999-0a1b2c3d"


def test_the_files_of_the_contract_have_its_names() -> None:
    assert paths.catalog_file("lego", "catalog.json") == "catalogs/lego/catalog.json"
    assert paths.image_file("lego", "a.png") == "catalogs/lego/images/a.png"
    assert paths.batch_file("lego", 1) == "catalogs/lego/state/batches/00001.json"
    assert paths.run_claim_file("lego") == "catalogs/lego/state/active.json"
    assert paths.run_file(RUN, "request.json") == f"runs/{RUN}/request.json"
    assert paths.backup_file(RUN, "catalogs/lego/catalog.json") == f"backups/{RUN}/catalogs/lego/catalog.json"
    assert paths.damaged_file("catalogs/lego/catalog.json", RUN) == f"catalogs/lego/catalog.json.damaged-{RUN}"


def test_a_key_is_stored_as_its_sha256_only() -> None:
    expected = "runs/keys/2c70e12b7a0646f92279f427c7b38e7334d8e5389cff167a1dc30e73f826b683.json"
    assert paths.idempotency_key_file("key") == expected
    assert "secret" not in paths.idempotency_key_file("secret \u00e9")


def test_files_lie_below_the_prefix_that_lists_them() -> None:
    assert paths.image_file("lego", "a.png").startswith(paths.image_folder("lego"))
    assert paths.batch_file("lego", 7).startswith(paths.batch_folder("lego"))
    assert paths.failure_file(RUN, "id").startswith(paths.failure_folder(RUN))
    assert paths.rejection_file(RUN, 7).startswith(paths.rejection_folder(RUN))
    assert not paths.image_file("lego-2", "a.png").startswith(paths.image_folder("lego"))


@pytest.mark.parametrize("numbered", [paths.batch_file, paths.rejection_file, paths.work_page_file])
def test_numbered_files_are_listed_in_their_order(numbered: type) -> None:
    names = [numbered("x", number) for number in (1, 2, 10, 99, 100, 50_000)]
    assert names == sorted(names)
