"""Settings that are replaced as a whole: judged against what was read, and completed by it.

What a newer SPE reads back and the contract does not know is sent back as it was. Secrets are
never read back, so whoever changes what they are used for sends them again.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.broker.engine.redaction import SECRET
from gateway.errors import InputFault, InvalidInput

Settings = Mapping[str, Any]
Judge = Callable[[Settings, Settings], Iterator[InputFault]]


@dataclass(frozen=True)
class Replacement:
    """How a command replaces settings.

    Args:
        argument: of the command, which holds them.
        judge: yields what is wrong with the wish, from what was read and what is wished for.
        completed: whether what the wish leaves out stays as it was read.
    """

    argument: str
    judge: Judge
    completed: bool = True


def _compliance(found: Settings, wish: Settings) -> Iterator[InputFault]:
    """Refuse what this version of SPE does not read back, so it would not keep it either."""
    for name in wish:
        if name not in found:
            detail = "The version of the deployment does not have this setting."
            yield InputFault(f"/{name}", "NOT_SUPPORTED", detail)


def _smtp(found: Settings, wish: Settings) -> Iterator[InputFault]:
    """Refuse to switch the check of certificates off; where it is off, it may stay so."""
    if wish["ignoreSslPolicyErrors"] and not found.get("ignoreSslPolicyErrors"):
        detail = "The check of certificates is not switched off through the gateway."
        yield InputFault("/ignoreSslPolicyErrors", "NOT_ALLOWED", detail)


def _directory_services(found: Settings, wish: Settings) -> Iterator[InputFault]:
    """Demand every secret again: SPE sends them to the host of the settings."""
    same_type = found.get("type") == wish["type"]
    for name in filter(SECRET.search, found):
        if name not in wish or (wish[name] is None and same_type):
            pointer = "/password" if name == "password" else f"/settings/{name}"
            detail = "It cannot be read back: send it again, or null together with another type."
            yield InputFault(pointer, "REQUIRED", detail)


REPLACEMENTS: Final[Mapping[str, Replacement]] = {
    "SetComplianceConfiguration": Replacement("config", _compliance),
    "SetSmtpSettings": Replacement("settings", _smtp),
    "SetDirectoryServicesConfiguration": Replacement(
        "config", _directory_services, completed=False
    ),
}
"""By the command that writes."""


def replaced(command: str, found: Settings, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a command that replaces settings.

    Args:
        command: the one that writes.
        found: the settings as they were read.
        arguments: of the command, with the settings as they are wished for.

    Raises:
        InvalidInput: the settings may not become like this.
    """
    rule = REPLACEMENTS[command]
    wish = arguments[rule.argument]
    if faults := list(rule.judge(found, wish)):
        raise InvalidInput(faults)
    kept = {k: v for k, v in found.items() if not SECRET.search(k)} if rule.completed else {}
    whole = {name: value for name, value in (kept | wish).items() if _is_sent(name, value)}
    return {**arguments, rule.argument: whole}


def _is_sent(name: str, value: object) -> bool:
    """A secret that is null is left out."""
    return value is not None or not SECRET.search(name)
