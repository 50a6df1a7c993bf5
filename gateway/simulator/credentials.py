"""Credentials of an instance, each with a certificate whose private key never leaves it.

The vendor writes their members in Pascal case, unlike everything else.
"""

import secrets
from typing import Any

from .archive import Archive, Credential
from .archive_admin import opened
from .commands import command
from .deployment import Deployment
from .failures import Failure, out_of_range
from .time_zones import utc_text
from .wire import Arguments

OFFICE_365 = "Office365_Modern"
VALIDITY = 2 * 365 * 86400


@command("GetCredentials", "read")
def get_credentials(deployment: Deployment, arguments: Arguments) -> list[dict[str, Any]]:
    """List the credentials."""
    return [_view(credential) for credential in opened(deployment, arguments).credentials]


@command("GetCredential", "read")
def get_credential(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Return one credential."""
    return _view(_find(opened(deployment, arguments), arguments["id"]))


@command("CreateCredential", "change")
def create_credential(deployment: Deployment, arguments: Arguments) -> dict[str, Any]:
    """Create a credential with a new certificate, and return it."""
    archive = opened(deployment, arguments)
    _require_fitting(arguments["type"], arguments)
    thumbprint, expires = _certificate(deployment)
    credential = Credential(
        id=archive.next_id("credentials"),
        type=arguments["type"],
        description=arguments["description"],
        application_id=arguments["applicationId"],
        tenant_id=arguments["tenantId"],
        certificate_thumbprint=thumbprint,
        certificate_expires=expires,
    )
    archive.credentials.append(credential)
    return _view(credential)


@command("SetCredentialDescription", "change")
def set_credential_description(deployment: Deployment, arguments: Arguments) -> None:
    """Replace the description."""
    credential = _find(opened(deployment, arguments), arguments["id"])
    credential.description = arguments["description"]


@command("SetCredentialSettings", "change")
def set_credential_settings(deployment: Deployment, arguments: Arguments) -> None:
    """Change those settings that are given; a new certificate replaces the old one."""
    credential = _find(opened(deployment, arguments), arguments["id"])
    _require_fitting(credential.type, arguments)
    credential.tenant_id = arguments["tenantId"] or credential.tenant_id
    credential.application_id = arguments["applicationId"] or credential.application_id
    if arguments["createNewCertificate"]:
        thumbprint, expires = _certificate(deployment)
        credential.certificate_thumbprint = thumbprint
        credential.certificate_expires = expires


@command("DeleteCredential", "change")
def delete_credential(deployment: Deployment, arguments: Arguments) -> None:
    """Delete a credential."""
    archive = opened(deployment, arguments)
    archive.credentials.remove(_find(archive, arguments["id"]))


def _find(archive: Archive, credential_id: int) -> Credential:
    for credential in archive.credentials:
        if credential.id == credential_id:
            return credential
    raise Failure(f"The credential with ID {credential_id} does not exist.")


def _require_fitting(kind: str, arguments: Arguments) -> None:
    """Refuse settings of Microsoft 365 for a credential of another type."""
    if kind != OFFICE_365 and (arguments["tenantId"] or arguments["applicationId"]):
        raise out_of_range()


def _certificate(deployment: Deployment) -> tuple[str, float]:
    """Return the thumbprint and the last moment of a new certificate."""
    return secrets.token_hex(20).upper(), deployment.clock.seconds() + VALIDITY


def _view(credential: Credential) -> dict[str, Any]:
    entra = {"ApplicationId": credential.application_id, "TenantId": credential.tenant_id}
    return {
        "ID": credential.id,
        "Type": credential.type,
        "Description": credential.description,
        "Settings": {
            **(entra if credential.type == OFFICE_365 else {}),
            "CertificateThumbprint": credential.certificate_thumbprint,
            "CertificateExpirationDate": utc_text(credential.certificate_expires),
        },
    }
