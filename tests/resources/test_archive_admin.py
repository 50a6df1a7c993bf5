"""One-time URLs: their base is the deployment's, and they are shown once."""

import pytest

from tests.resources.archive import Archive
from tests.served import assert_problem

BASE = "https://archive.example.com/"


@pytest.fixture
def based(archive: Archive) -> None:
    path = f"/deployments/{archive.world.sites['alpha'].id}"
    archive.world.call("PATCH", path, {"instanceUrl": BASE})


@pytest.mark.usefixtures("based")
def test_the_base_is_the_deployments_own(archive: Archive) -> None:
    response = archive.open("POST", "/archive-admin/one-time-url")
    assert response.status_code == 200, response.text
    assert response.get_json()["url"].startswith(BASE)
    assert response.headers["Cache-Control"] == "no-store"
    sent = archive.sent("CreateClientOneTimeUrlForArchiveAdmin")
    assert sent == {"instanceUrl": BASE}


def test_the_caller_names_no_base(archive: Archive) -> None:
    body = {"instanceUrl": "https://evil.example"}
    response = archive.open("POST", "/archive-admin/one-time-url", body)
    assert_problem(response, 422, "INVALID_INPUT")
    response = archive.open("POST", "/archive-admin/one-time-url?instanceUrl=https://evil.example")
    assert_problem(response, 422, "INVALID_INPUT")
    assert archive.world.sent() == []


@pytest.mark.usefixtures("based")
def test_a_url_is_answered_once_and_kept_nowhere(archive: Archive) -> None:
    url = archive.call("POST", "/archive-admin/one-time-url")["url"]
    otp = url.partition("otp=")[2]
    assert otp
    page = archive.client.get(f"/operations?instance={archive.id}&kind=createOneTimeUrl")
    assert otp not in page.text
    for operation in page.get_json()["items"]:
        seen = archive.client.get(f"/operations/{operation['id']}")
        assert seen.get_json()["result"] is None
        assert otp not in seen.text


def test_logging_in_needs_its_own_permission(archive: Archive) -> None:
    client = archive.caller("archive-admin:read", "archive-admin:update")
    response = archive.open("POST", "/archive-admin/one-time-url", client=client)
    assert_problem(response, 403, "PERMISSION_MISSING", permission="archive-admin:login")
    assert archive.world.sent() == []
