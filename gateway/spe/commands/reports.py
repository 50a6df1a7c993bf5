"""Status reports by mail."""

from gateway.spe.command import INSTANCE_ID, Command, Effect, Evidence, Param, ParamType, Target

SEND_STATUS_REPORT = Command(
    name="SendStatusReport",
    target=Target.INSTANCE,
    effect=Effect.RUN,
    params=(
        INSTANCE_ID,
        Param(
            "timespan",
            ParamType.STRING,
            values=("today", "yesterday", "thisweek", "lastweek", "thismonth", "lastmonth"),
        ),
        Param("timeZoneId", ParamType.STRING),
        Param("recipients", ParamType.STRING, is_list=True),
    ),
    needs_service_provider_access=True,
    evidence=Evidence.UNKNOWABLE,
)

COMMANDS = (SEND_STATUS_REPORT,)
