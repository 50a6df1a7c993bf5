"""Quarantine: who showed another certificate is connected to by nobody, until a person has looked.

The row of the deployment says so, and every process knows it within half a second; whoever connects
meanwhile looks at the certificate itself, and sends nothing either.
"""

from datetime import datetime
from typing import Any

import structlog

from gateway.broker import telling
from gateway.errors import CertificateRejected, StorageUnavailable
from gateway.model import Deployment, EventType, now
from gateway.spe.certificate import Certificate
from gateway.storage import deployments
from gateway.storage.database import Database
from gateway.tenancy import audit

log = structlog.get_logger()


class Quarantine:
    """Puts deployments into quarantine.

    Args:
        database: the registry.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def begin(
        self, deployment: Deployment, certificate: Certificate, error: CertificateRejected
    ) -> None:
        """Put a deployment into quarantine, once, in the gateway's own name.

        Nothing was sent to it; so when this cannot be written, the next handshake will do.

        Args:
            deployment: as it was registered when the connection was made.
            certificate: what it presented.
            error: what is wrong with that.
        """
        found = _found(certificate, error.code, now())
        try:
            with self._database.write() as connection:
                begun = deployments.quarantine(connection, deployment, found)
                if begun:
                    audit.found(
                        connection,
                        "quarantineDeployment",
                        deployment.id,
                        fields=["quarantine"],
                        problem=error.code,
                    )
                    telling.deployment(
                        connection,
                        EventType.DEPLOYMENT_QUARANTINED,
                        deployment.id,
                        {"problem": error.code},
                    )
        except StorageUnavailable:
            log.warning("deployment.quarantine_not_noted", deployment=deployment.id)
            return
        if begun:
            log.warning(
                "deployment.quarantined",
                deployment=deployment.id,
                pin=deployment.pin,
                **found,
            )


def _found(certificate: Certificate, reason: str, time: datetime) -> dict[str, Any]:
    return {
        "sha256": certificate.sha256,
        "sha1": certificate.sha1,
        "subject": certificate.subject,
        "issuer": certificate.issuer,
        "notBefore": certificate.not_before.isoformat(),
        "notAfter": certificate.not_after.isoformat(),
        "foundTime": time.isoformat(),
        "reason": reason,
    }
