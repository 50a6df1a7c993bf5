"""What a server must do before it is measured: the same checks for ours and for every peer.

Whoever lets an expired token through, or tells a foreign instance from an absent one, is quick
for a bad reason.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

import requests  # the servers are asked from outside

from benchmarks.processes import JSON, BenchmarkError
from benchmarks.world import LIFE, World

DOWN: Final = {502, 503}
UNAUTHENTICATED: Final = 401
SECONDS: Final = 30
REQUEST: Final = "benchmark-1"
FIELDS: Final = {
    "X-Request-Id": REQUEST,
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""What an answer says in its header, whatever it is."""

POLICIES: Final = ("client", "reseller")
_STANDING: Final = re.compile(r'"(\w+)";r=(\d+);t=\d+')
_TEXTS: Final = ("detail", "instance", "requestId")
"""Members of a problem that may name the request."""

Ask = Callable[[str, str | None], requests.Response]


class Refused(BenchmarkError):
    """A server does not do what it should, so its speed does not count."""


def check(name: str, url: str, world: World) -> None:
    """Ask a server for what it must give and for what it must not.

    Args:
        name: of the server.
        url: of the server.
        world: what is there.

    Raises:
        Refused: names what it does wrong.
    """
    with requests.Session() as session:
        session.trust_env = False

        def ask(path: str, token: str | None) -> requests.Response:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            headers["X-Request-Id"] = REQUEST
            return session.get(f"{url}{path}", headers=headers, timeout=SECONDS)

        wrong = [*_tokens(ask, world), *_tenants(ask, world), *_outage(ask, world)]
        wrong += [*_revocation(ask, world), *_rates(ask, world), *_fields(ask, world)]
        good = ask(world.path(), world.token())
        stores = _items(good)
        own = session.get(
            f"{world.url}{world.path()}",
            headers={"Authorization": f"Bearer {world.token()}"},
            timeout=SECONDS,
        )
        if not stores or good.json() != own.json():
            wrong.append(f"a good token got {good.status_code} {good.text[:500]}")
    if wrong:
        raise Refused(f"{name} is not measured: {'; '.join(wrong)}")


def check_tokens(name: str, url: str, path: str, world: World) -> None:
    """Ask a proxy, which knows tokens but no owners.

    Raises:
        Refused: names what it does wrong.
    """
    with requests.Session() as session:
        session.trust_env = False

        def ask(_path: str, token: str | None) -> requests.Response:
            headers = {} if token is None else {"Authorization": f"Bearer {token}"}
            return session.post(f"{url}{path}", data=world.form(), headers=headers, timeout=SECONDS)

        wrong = list(_tokens(ask, world))
        good = ask("", world.token())
        if not good.ok or b'"succeeded"' not in good.content:
            wrong.append(f"a good token got {good.status_code} {good.text[:200]}")
    if wrong:
        raise Refused(f"{name} is not measured: {'; '.join(wrong)}")


def _tokens(ask: Ask, world: World) -> Iterator[str]:
    tokens = {
        "no token": None,
        "an expired token": world.token(age=LIFE + 3600),
        "a forged token": world.forged(),
        "half a token": world.token()[:-20],
    }
    for name, token in tokens.items():
        found = ask(world.path(), token).status_code
        if found != UNAUTHENTICATED:
            yield f"{name} got {found}"


def _tenants(ask: Ask, world: World) -> Iterator[str]:
    foreign, absent = (ask(world.path(name), world.token()) for name in ("foreign", "absent"))
    for name, answer in (("a foreign instance", foreign), ("an absent instance", absent)):
        if answer.status_code != 404:  # noqa: PLR2004 # HTTP
            yield f"{name} got {answer.status_code}"
    if _told(foreign) != _told(absent):
        yield "a foreign instance is told from an absent one"


def _revocation(ask: Ask, world: World) -> Iterator[str]:
    found = ask(world.path(), world.owner.revoked).status_code
    if found != UNAUTHENTICATED:
        yield f"a revoked token got {found}"


def _rates(ask: Ask, world: World) -> Iterator[str]:
    """Whether each call is counted for the client and for its reseller."""
    before, after = (_standings(ask(world.path(), world.token())) for _ in range(2))
    for policy in POLICIES:
        if not after.get(policy, 0) < before.get(policy, 0):
            yield f"calls are not counted for the {policy}"


def _standings(answer: requests.Response) -> dict[str, int]:
    found = _STANDING.findall(answer.headers.get("RateLimit", ""))
    return {policy: int(left) for policy, left in found}


def _fields(ask: Ask, world: World) -> Iterator[str]:
    said = ask(world.path(), world.token()).headers
    for name, value in FIELDS.items():
        if said.get(name) != value:
            yield f"{name} is {said.get(name)}"


def _outage(ask: Ask, world: World) -> Iterator[str]:
    found = ask(world.path("gone"), world.token()).status_code
    if found not in DOWN:
        yield f"an instance of a deployment that is down got {found}"


def _told(answer: requests.Response) -> Any:  # noqa: ANN401 # any JSON value
    """Return what an answer says, but for what names the request."""
    try:
        body = answer.json()
    except ValueError:
        return answer.text
    return {name: value for name, value in body.items() if name not in _TEXTS}


def _items(answer: requests.Response) -> list[JSON]:
    """Return the stores, if that is what the answer holds."""
    if answer.status_code != 200:  # noqa: PLR2004 # HTTP
        return []
    items: list[JSON] = answer.json().get("items", [])
    return items
