"""Licence requests, which carry the licences used by each instance."""

from gateway.spe.command import Command, Effect, Evidence, Target

CREATE_LICENSE_REQUEST = Command(
    name="CreateLicenseRequest",
    target=Target.DEPLOYMENT,
    effect=Effect.READ,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.NONE_NEEDED,
    deadline_seconds=60,
)

COMMANDS = (CREATE_LICENSE_REQUEST,)
