"""``spe-gateway sandbox``: what goes wrong in it, and its clocks."""

import json
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import rich_click as click
from click import get_current_context
from click.core import ParameterSource

from gateway.cli.examples import examples
from gateway.cli.failure import Failure
from gateway.cli.sandbox.control_plane import ControlPlane
from gateway.cli.sandbox.ground import OPERATOR
from gateway.cli.sandbox.kept import Kept, find
from gateway.cli.sandbox.rates import use_up
from gateway.cli.sandbox.recovery import recovered
from gateway.cli.sandbox.troubles import TROUBLES, Place, Trouble, Wish, clear, planted
from gateway.cli.sandbox.view import exports_of, home_words, lines_of
from gateway.cli.table import table_of
from gateway.cli.watching import pretty

UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
DURATION: Final = re.compile(r"([0-9]+)([smhd])", re.ASCII)
CATALOGUE: Final = ("FAULT", "WHAT HAPPENS", "OPTIONS")
CLEAR: Final = "spe-gateway sandbox clear"
NOW: Final = ("DEPLOYMENT", "CONDITION", "CLOCK (UTC)", "FAULTS")

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="The sandbox's; by default that of the demo that runs.",
)


def complete_deployment(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the deployments of the sandbox that begin so, for a shell."""
    with suppress(Failure):
        found = find(context.params.get("home")).deployments
        return [each["name"] for each in found if each["name"].startswith(begun)]
    return []


deployments_argument = click.argument(
    "deployments", metavar="[DEPLOYMENT]...", nargs=-1, shell_complete=complete_deployment
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
EXAMPLES: Final = examples(
    "spe-gateway sandbox faults",
    "spe-gateway sandbox fault down beta",
    "spe-gateway sandbox fault refused alpha --command CreateStore --times 1",
    "spe-gateway sandbox fault stopped --instance corner-books",
    "spe-gateway sandbox clear",
    "spe-gateway sandbox clock --advance 7d",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
def sandbox() -> None:
    """Let things go wrong in a sandbox that 'spe-gateway demo' keeps up, and move its clocks."""


@sandbox.command(epilog=examples("spe-gateway sandbox show", "spe-gateway sandbox show --json"))
@home_option
@json_option
def show(home: Path | None, *, as_json: bool) -> None:
    """Show the gateway, the deployments and the clients; with --json their secrets, too."""
    kept = find(home)
    click.echo(kept.text().rstrip() if as_json else "\n".join(lines_of(kept)))


@sandbox.command(
    epilog=examples(
        "spe-gateway sandbox env", "spe-gateway sandbox env 'Care administration' > portal.env"
    )
)
@click.argument("client", metavar="[CLIENT]", default=OPERATOR)
@home_option
def env(client: str, home: Path | None) -> None:
    """Print what a shell evaluates to call as a client, named by the beginning of its name.

    As in: eval "$(spe-gateway sandbox env)".

    By default as the first operator. The other commands of spe-gateway then talk to the sandbox.
    """
    kept = find(home)
    click.echo("\n".join(exports_of(kept, kept.client(client))))


@sandbox.command(epilog=examples("spe-gateway sandbox faults", "spe-gateway sandbox faults --json"))
@home_option
@json_option
def faults(home: Path | None, *, as_json: bool) -> None:
    """Show what can go wrong, and what goes wrong just now."""
    now = {each["name"]: planted(Place.of(each)) for each in find(home).deployments}
    if as_json:
        known = {name: {"what": each.what, "sees": each.sees} for name, each in TROUBLES.items()}
        click.echo(pretty({"faults": known, "deployments": now}))
        return
    click.echo("\n".join(table_of(CATALOGUE, [_known(*each) for each in TROUBLES.items()])))
    click.echo("\nWhat a portal sees of each: docs/sandbox.md. Just now:\n")
    click.echo("\n".join(table_of(NOW, [_present(*each) for each in now.items()])))


@sandbox.command(epilog=EXAMPLES)
@click.argument("name", type=click.Choice(list(TROUBLES)), metavar="FAULT")
@deployments_argument
@click.option("--command", default="*", metavar="NAME", help="Befall this command of SPE only.")
@click.option("--times", type=click.IntRange(1), metavar="N", help="Befall so many calls only.")
@click.option(
    "--seconds",
    type=click.FloatRange(0),
    default=3.0,
    show_default=True,
    metavar="S",
    help="How long something slow takes.",
)
@click.option("--instance", default="", metavar="ID", help="The instance, by its id at SPE.")
@home_option
def fault(name: str, deployments: Sequence[str], home: Path | None, **wanted: Any) -> None:  # noqa: ANN401 # of each its own type
    """Let something go wrong at deployments, until it is cleared.

    'spe-gateway sandbox faults' lists what can. Where an instance is meant, its deployment need
    not be named.
    """
    trouble, kept = TROUBLES[name], find(home)
    _require_taken(name, trouble, wanted)
    if "instance" in trouble.takes and not deployments:
        deployments = [_deployment_of(kept, wanted["instance"])]
    if not deployments:
        names = ", ".join(each["name"] for each in kept.deployments)
        raise Failure(f"Say where: {names}.")
    for each in kept.chosen(deployments):
        trouble.bring(Place.of(each), Wish(**wanted))
        click.echo(f"{each['name']}: {trouble.what}")
    click.echo(f"A portal sees: {trouble.sees}.".replace("`", ""))
    click.echo(f"It ends {_end(kept, trouble, wanted['times'])}.".replace("`", "'"))


@sandbox.command("clear", epilog=examples("spe-gateway sandbox clear"))
@deployments_argument
@home_option
def clear_(deployments: Sequence[str], home: Path | None) -> None:
    """End what goes wrong at deployments, at all of them unless some are named.

    The gateway calls them again at once. What became of an instance stays, and a certificate that
    was refused: docs/sandbox.md.
    """
    kept = find(home)
    for each in kept.chosen(deployments):
        clear(Place.of(each))
        click.echo(recovered(kept, each))


@sandbox.command(
    epilog=examples(
        "spe-gateway sandbox clock",
        "spe-gateway sandbox clock --advance 7d",
        "spe-gateway sandbox clock alpha --set 2027-01-01T00:00:00+00:00",
    )
)
@deployments_argument
@click.option("--advance", metavar="7d", help="By so many seconds, minutes, hours or days.")
@click.option("--set", "moment", metavar="TIME", help="To a time of ISO 8601, with its offset.")
@home_option
def clock(
    deployments: Sequence[str], advance: str | None, moment: str | None, home: Path | None
) -> None:
    """Show or move the clocks of deployments, of all unless some are named.

    Mail arrives in that time, jobs are run, and what runs goes on. The gateway keeps its own time.
    """
    if advance and moment:
        raise Failure("Give --advance or --set, not both.")
    document = {"now": moment} if moment else {"advanceSeconds": _seconds(advance or "0s")}
    for each in find(home).chosen(deployments):
        control = ControlPlane(each["name"], each["controlUrl"])
        click.echo(f"{each['name']}  {control.do('clock', document)['now'][:19]}Z")


@sandbox.command(epilog=examples("spe-gateway sandbox mail north-coffee --messages 500"))
@click.argument("instance", metavar="INSTANCE")
@click.option(
    "--messages", type=click.IntRange(1), default=500, show_default=True, metavar="N", help="Many."
)
@home_option
def mail(instance: str, messages: int, home: Path | None) -> None:
    """Let mail come in at an instance, named by its id at SPE: its newest store grows."""
    kept = find(home)
    (place,) = kept.chosen([_deployment_of(kept, instance)])
    control = ControlPlane(place["name"], place["controlUrl"])
    control.do("mail", {"instanceID": instance, "messages": messages})
    click.echo(f"{messages} messages have come in at {instance}, on {place['name']}.")


@sandbox.command("rate-limit", epilog=examples("spe-gateway sandbox rate-limit 'Retail admin'"))
@click.argument("client", metavar="CLIENT")
@home_option
def rate_limit(client: str, home: Path | None) -> None:
    """Use up what a client, named by the beginning of its name, may call in a minute.

    Until the minute is over it is answered 429 RATE_LIMITED with Retry-After, whatever it asks.
    """
    kept = find(home)
    chosen = kept.client(client)
    calls = use_up(kept.url, chosen)
    click.echo(f"{chosen['name']} was answered 429 after {calls} calls.")


def _seconds(text: str) -> int:
    found = DURATION.fullmatch(text)
    if not found:
        raise Failure(f"--advance {text}: write 90s, 30m, 12h or 7d.")
    return int(found[1]) * UNITS[found[2]]


def _require_taken(name: str, trouble: Trouble, options: Iterable[str]) -> None:
    """Refuse options that would be without effect, and miss the one that is needed."""
    context = get_current_context()
    given = {
        each
        for each in options
        if context.get_parameter_source(each) is ParameterSource.COMMANDLINE
    }
    if idle := sorted(given - trouble.takes):
        raise Failure(f"{name} does not take --{', --'.join(idle)}.")
    if "instance" in trouble.takes - given:
        raise Failure(f"{name} needs --instance, the instance's id at SPE.")


def _deployment_of(kept: Kept, instance: str) -> str:
    """Return the name of the deployment that has an instance.

    Raises:
        Failure: none has it.
    """
    for each in kept.deployments:
        control = ControlPlane(each["name"], each["controlUrl"])
        if instance in control.read("state")["instances"]:
            return str(each["name"])
    raise Failure(f"No deployment of the sandbox has an instance {instance}.")


def _end(kept: Kept, trouble: Trouble, times: int | None) -> str:
    """Return how a fault ends, as it is typed for this sandbox."""
    ends = trouble.ends or f"with `{CLEAR}`"
    if times is not None:
        ends = f"after {times} {'call' if times == 1 else 'calls'}, or {ends}"
    return ends.replace(CLEAR, CLEAR + home_words(kept))


def _known(name: str, trouble: Trouble) -> tuple[str, ...]:
    return name, trouble.what, " ".join(f"--{option}" for option in sorted(trouble.takes))


def _present(name: str, now: dict[str, Any]) -> tuple[str, ...]:
    said = [_fault(each) for each in now["faults"]]
    said += ["tokens"] if now["asynchronous"] else []
    said += [f"stuck: {now['held']}"] if now["held"] else []
    return name, now["condition"], now["clock"][:19], "; ".join(said) or "none"


def _fault(each: dict[str, Any]) -> str:
    count = "" if each["count"] is None else f", {each['count']} left"
    return f"{each['fault']} of {json.dumps(each['command'])}{count}".replace('"', "")
