"""``spe-gateway audit list``: who did what, over REST."""

from typing import Final

from gateway.cli.nouns.kinds import CLIENT, RESELLER
from gateway.cli.nouns.rows import Field, Listing
from gateway.cli.nouns.showing import Column, Thing

PHASES: Final = ("intent", "outcome", "done", "refused", "disclosed", "issued")


def _actor(entry: Thing) -> str:
    return str(entry["actor"].get("client", "this host"))


def _object(entry: Thing) -> str:
    return str(entry.get("object") or entry.get("instance") or "")


LOG: Final = Listing(
    name="list",
    path="/audit-log",
    help="List what the audit log says of your reseller and of those below it, the newest first.",
    examples=(
        "--limit 1000",
        "--phase refused --since 2026-11-01T00:00:00Z",
        "--operation op_01a1fd5103af767aadbe1f4d3b44b8c3 --json",
    ),
    fields=(
        Field("reseller", "Only the chain of this reseller.", of=RESELLER, in_query=True),
        Field("client", "Only what this client did.", of=CLIENT, in_query=True),
        Field("object", "Only what was about this id.", in_query=True),
        Field("operation", "Only what belongs to this operation (op_…).", in_query=True),
        Field("action", "Only calls of this operationId of the API.", in_query=True),
        Field("phase", "Only rows of this phase.", choices=PHASES, in_query=True),
        Field("since", "Only from this time on, as 2026-11-01T00:00:00Z.", in_query=True),
        Field("until", "Only before this time.", in_query=True),
    ),
    most=100,
    columns=(
        Column("WHEN (UTC)", "createTime"),
        Column("PHASE", "phase"),
        Column("ACTION", "action"),
        Column("BY", _actor),
        Column("ABOUT", _object),
        Column("STATUS", "status"),
        Column("PROBLEM", "problem"),
    ),
)
