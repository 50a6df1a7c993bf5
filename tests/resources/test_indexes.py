"""Search indexes: settings that are read back, marks that the stores show, and a rebuild."""

import json

import pytest

from tests.resources.archive import Archive
from tests.resources.calls import refused
from tests.simulated import JSON

SETTINGS = {"attachmentExtensions": ["pdf", "docx"], "includeAttachmentsOfPDFs": True}
PATH = "/index-configuration"


def test_what_is_written_is_read_back(archive: Archive) -> None:
    assert archive.call("PUT", PATH, SETTINGS) == SETTINGS
    config = json.loads(archive.sent("SetIndexConfiguration")["config"])
    assert config == {"attachmentExtensions": "pdf docx", "includeAttachmentsOfPDFs": True}
    assert archive.call("GET", PATH) == SETTINGS


def test_null_leaves_the_choice_to_spe(archive: Archive) -> None:
    body = {"attachmentExtensions": None, "includeAttachmentsOfPDFs": False}
    archive.call("PUT", PATH, body)
    assert archive.call("GET", PATH) == body


def test_another_version_is_refused(archive: Archive) -> None:
    response = archive.open("PUT", PATH, SETTINGS, headers={"If-Match": '"0000"'})
    assert response.status_code == 412
    assert archive.changes() == []
    tag = archive.open("GET", PATH).headers["ETag"]
    response = archive.open("PUT", PATH, SETTINGS, headers={"If-Match": tag})
    assert response.status_code == 200
    assert response.headers["ETag"] == archive.open("GET", PATH).headers["ETag"] != tag


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"attachmentExtensions": ["pdf"]},
        {**SETTINGS, "attachmentExtensions": ["pdf docx"]},
        {**SETTINGS, "attachmentExtensions": "pdf"},
        {**SETTINGS, "includeAttachmentsOfPDFs": 1},
        {**SETTINGS, "more": 1},
    ],
)
def test_bad_settings_change_nothing(archive: Archive, body: JSON) -> None:
    refused(archive, "PUT", PATH, body)


def test_marks_are_seen_and_rebuilt(archive: Archive) -> None:
    archive.call("POST", "/indexes/select-all", status=204)
    assert archive.changes() == [("SelectAllStoreIndexesForRebuild", {})]
    assert archive.call("GET", "/stores")["items"][0]["searchIndexesNeedRebuild"] is True
    assert archive.call("POST", "/indexes/rebuild")["finished"] is True
    assert archive.call("GET", "/stores")["items"][0]["searchIndexesNeedRebuild"] is False


def test_a_lost_answer_to_a_rebuild_is_settled_by_the_marks(archive: Archive) -> None:
    archive.call("POST", "/indexes/select-all", status=204)
    archive.control.fault("drop-before", "RebuildSelectedStoreIndexes", count=1)
    assert archive.call("POST", "/indexes/rebuild")["finished"] is True
    assert len(archive.changes()) == 2
