"""Credentials: camelCase for SPE's Pascal case, and certificates that change when asked to."""

import pytest

from tests.resources.archive import AWKWARD, Archive
from tests.resources.calls import refused
from tests.served import assert_problem
from tests.simulated import JSON

TENANT = "0a1b2c3d-0000-4000-8000-00000000abcd"
APPLICATION = "0a1b2c3d-0000-4000-8000-00000000dcba"
CREDENTIAL: JSON = {
    "type": "Office365_Modern",
    "description": AWKWARD,
    "settings": {"tenantId": TENANT, "applicationId": APPLICATION},
}


@pytest.fixture
def credential(archive: Archive) -> JSON:
    return archive.call("POST", "/credentials", CREDENTIAL, 201)


def test_a_credential_is_made_and_seen(archive: Archive) -> None:
    made = archive.call("POST", "/credentials", CREDENTIAL, 201)
    assert archive.sent("CreateCredential") == {
        "type": "Office365_Modern",
        "description": AWKWARD,
        "tenantId": TENANT,
        "applicationId": APPLICATION,
    }
    settings = made["settings"]
    assert {name: settings[name] for name in ("tenantId", "applicationId")} == CREDENTIAL[
        "settings"
    ]
    assert settings["certificateThumbprint"]
    assert settings["certificateExpirationDate"].endswith("Z")
    assert archive.call("GET", f"/credentials/{made['id']}") == made
    assert made in archive.call("GET", "/credentials")["items"]


def test_a_patch_changes_the_description_first(archive: Archive, credential: JSON) -> None:
    path = f"/credentials/{credential['id']}"
    body = {
        "description": "new",
        "settings": {"tenantId": APPLICATION},
        "createNewCertificate": True,
    }
    changed = archive.call("PATCH", path, body)
    about = {"id": str(credential["id"])}
    assert archive.changes() == [
        ("SetCredentialDescription", {**about, "description": "new"}),
        (
            "SetCredentialSettings",
            {**about, "createNewCertificate": "true", "tenantId": APPLICATION},
        ),
    ]
    assert changed["settings"]["tenantId"] == APPLICATION
    assert changed["settings"]["applicationId"] == APPLICATION
    before = credential["settings"]["certificateThumbprint"]
    assert changed["settings"]["certificateThumbprint"] != before
    assert archive.call("GET", path) == changed


def test_versions_agree_between_the_list_and_the_one(archive: Archive, credential: JSON) -> None:
    path = f"/credentials/{credential['id']}"
    tag = archive.open("GET", path).headers["ETag"]
    response = archive.open("PATCH", path, {"description": "x"}, headers={"If-Match": tag})
    assert response.status_code == 200
    assert response.headers["ETag"] == archive.open("GET", path).headers["ETag"]
    response = archive.open("DELETE", path, headers={"If-Match": tag})
    assert_problem(response, 412, "PRECONDITION_FAILED")
    assert archive.changes() == []


def test_a_deleted_credential_is_gone(archive: Archive, credential: JSON) -> None:
    path = f"/credentials/{credential['id']}"
    archive.call("DELETE", path, status=204)
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"description": "x"})):
        assert_problem(archive.open(method, path, body), 404, "NOT_FOUND")
        assert archive.changes() == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {**CREDENTIAL, "type": "Other"},
        {**CREDENTIAL, "description": ""},
        {**CREDENTIAL, "settings": {"tenantId": "x"}},
        {**CREDENTIAL, "settings": {"tenantId": None}},
        {**CREDENTIAL, "tenantId": TENANT},
    ],
)
def test_bad_credentials_are_not_made(archive: Archive, body: JSON) -> None:
    refused(archive, "POST", "/credentials", body)


@pytest.mark.parametrize("fault", ["drop-before", "drop-after"])
def test_lost_answers_are_settled_by_the_list(
    archive: Archive, credential: JSON, fault: str
) -> None:
    before = archive.call("GET", "/credentials")["items"]
    archive.control.fault(fault, "CreateCredential", count=1)
    archive.call("POST", "/credentials", CREDENTIAL, 201)
    assert len(archive.call("GET", "/credentials")["items"]) == len(before) + 1
    archive.control.fault(fault, "SetCredentialSettings", count=1)
    path = f"/credentials/{credential['id']}"
    changed = archive.call("PATCH", path, {"createNewCertificate": True})
    thumbprint = changed["settings"]["certificateThumbprint"]
    assert thumbprint != credential["settings"]["certificateThumbprint"]
