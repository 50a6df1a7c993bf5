"""Deployments in words: a page, and two certificates side by side."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gateway.cli.progress import printable

Deployment = Mapping[str, Any]

MARGIN: Final = 13


def lines_of(deployment: Deployment, health: Mapping[str, Any]) -> Iterator[str]:
    """Yield a deployment as a page: where it is, how it is, and what can be done."""
    for name, words in (*_facts(deployment), *_reasons(health), *_quarantine(deployment)):
        yield f"{name:{MARGIN}}{printable(words)}"


def state_of(deployment: Deployment) -> str:
    """Return what holds for a deployment, the gravest first; ``in service`` if nothing does."""
    if deployment["quarantine"]:
        return "quarantined"
    if deployment["drained"]:
        return "drained"
    return "cordoned" if deployment["cordoned"] else "in service"


def certificates_of(deployment: Deployment | None, presented: Mapping[str, Any]) -> Iterator[str]:
    """Yield the pin, if there is one, and beside it the certificate that is presented now."""
    facts = (
        *((("pinned", _pin(deployment)),) if deployment else ()),
        ("presented", f"SHA-256 {presented['sha256']}"),
        ("", f"SHA-1 {presented['sha1']}"),
        ("subject", presented["subject"]),
        ("issuer", presented["issuer"]),
        ("valid", f"{presented['notBefore'][:10]} to {presented['notAfter'][:10]}"),
    )
    for name, words in facts:
        yield f"{name:{MARGIN}}{printable(words)}"


def _facts(deployment: Deployment) -> Iterator[tuple[str, str]]:
    yield "deployment", deployment["id"]
    yield "name", deployment["name"]
    yield "address", f"{deployment['host']}:{deployment['port']}"
    yield "user", deployment["userName"]
    yield "pinned", _pin(deployment)
    yield "version", deployment["version"] or "unknown"
    yield "state", state_of(deployment)


def _reasons(health: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if health["reachable"]:
        yield "answers", f"within {health['latencyMilliseconds']} ms"
    for reason in health["reasons"]:
        yield "reason", f"{reason['code']}: {reason['detail']}"


def _quarantine(deployment: Deployment) -> Iterator[tuple[str, str]]:
    found = deployment["quarantine"]
    if found:
        yield "it showed", f"SHA-256 {found['sha256']}"
        yield "", f"SHA-1 {found['sha1']}"
        yield "on", f"{_time(found['foundTime'])} UTC"
        yield "next", f"compare them: spe-gateway deployments repin {deployment['id']}"


def _pin(deployment: Deployment) -> str:
    pinned = deployment["certificate"]
    following = f", next {pinned['nextPin']}" if "nextPin" in pinned else ""
    return str(pinned.get("pin", "none: the system's trust decides")) + following


def _time(moment: str | None) -> str:
    """Return a time of RFC 3339 to the second."""
    return (moment or "")[:19].replace("T", " ")
