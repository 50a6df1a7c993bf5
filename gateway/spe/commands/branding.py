"""The look of the web access."""

from gateway.spe.command import Command, Effect, Evidence, Target

RELOAD_BRANDING = Command(
    name="ReloadBranding",
    target=Target.DEPLOYMENT,
    effect=Effect.IDEMPOTENT_WRITE,
    params=(),
    needs_service_provider_access=False,
    evidence=Evidence.SEND_AGAIN,
)

COMMANDS = (RELOAD_BRANDING,)
