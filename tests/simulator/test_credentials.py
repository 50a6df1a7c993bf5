import pytest

from tests.simulated import Control
from tests.simulator.client import Client

ACME = {"instanceID": "acme"}
ENTRA = {"type": "Office365_Modern", "description": "Entra", "tenantId": "t", "applicationId": "a"}


def test_a_credential_has_a_certificate(acme: Client, control: Control) -> None:
    control.set_clock("2026-03-02T10:00:00+00:00")
    created = acme.result("CreateCredential", **ACME, **ENTRA)

    assert created == {
        "ID": 1,
        "Type": "Office365_Modern",
        "Description": "Entra",
        "Settings": {
            "ApplicationId": "a",
            "TenantId": "t",
            "CertificateThumbprint": created["Settings"]["CertificateThumbprint"],
            "CertificateExpirationDate": "2028-03-01T10:00:00",
        },
    }
    assert acme.result("GetCredential", **ACME, id=1) == created
    assert acme.result("GetCredentials", **ACME) == [created]


def test_changes_are_read_back(acme: Client) -> None:
    old = acme.result("CreateCredential", **ACME, **ENTRA)["Settings"]
    acme.result("SetCredentialDescription", **ACME, id=1, description="Entra ID")
    acme.result("SetCredentialSettings", **ACME, id=1, tenantId="t2", createNewCertificate="false")
    kept = acme.result("GetCredential", **ACME, id=1)
    acme.result("SetCredentialSettings", **ACME, id=1, createNewCertificate="true")
    new = acme.result("GetCredential", **ACME, id=1)["Settings"]

    assert kept["Description"] == "Entra ID"
    assert kept["Settings"] == {**old, "TenantId": "t2"}
    assert new["CertificateThumbprint"] != old["CertificateThumbprint"]
    assert new["ApplicationId"] == "a"


def test_a_signed_envelope_knows_no_tenant(acme: Client) -> None:
    envelope = {"type": "SignedEnvelope", "description": "Cloud"}
    created = acme.result("CreateCredential", **ACME, **envelope)
    message = acme.refusal("SetCredentialSettings", **ACME, id=1, tenantId="t")

    assert list(created["Settings"]) == ["CertificateThumbprint", "CertificateExpirationDate"]
    assert message == "Specified argument was out of the range of valid values."


@pytest.mark.parametrize("command", ["GetCredential", "DeleteCredential"])
def test_a_deleted_credential_is_gone(acme: Client, command: str) -> None:
    acme.result("CreateCredential", **ACME, **ENTRA)
    acme.result("DeleteCredential", **ACME, id=1)

    assert acme.result("GetCredentials", **ACME) == []
    assert acme.refusal(command, **ACME, id=1) == "The credential with ID 1 does not exist."


def test_other_types_are_refused(acme: Client) -> None:
    message = acme.refusal("CreateCredential", **ACME, **{**ENTRA, "type": "Kerberos"})

    assert message == "Specified argument was out of the range of valid values."
