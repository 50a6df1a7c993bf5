"""What every server of a run is measured on: deployments, who calls, and which token is good."""

import base64
import json
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from joserfc import jwt
from joserfc.jwk import ECKey

from benchmarks.api import Api, registered
from benchmarks.processes import JSON, PYTHON, program, served, set_up
from gateway.broker.key_ring import KeyRing
from gateway.settings import Settings, child_environment
from gateway.storage.database import Database
from gateway.storage.vault import Vault, load_keys

_CORES: Final = sorted(os.sched_getaffinity(0))

SERVER_CORE: Final = _CORES[0]
"""What is measured has a core to itself."""

LOAD_CORE: Final = _CORES[-1]
"""The load generator and the deployments share the other one."""

SLOW: Final = 0.02
"""Seconds that the slow deployments take to answer."""

SLOW_SITES: Final = ("slow-1", "slow-2", "slow-3", "slow-4")
"""A gateway has at most eight calls at once with one deployment, so there are several."""

LIFE: Final = 900
ROOM: Final = 3600


@dataclass(frozen=True)
class Person:
    """A client of a reseller, with the claims of its token, and one that counts no more."""

    client: str
    reseller: str
    claims: JSON
    revoked: str


@dataclass(frozen=True)
class World:
    """A gateway with its deployments, an owner's instances, and another's.

    Attributes:
        mark: ends the ids of its instances at SPE, which other worlds share.
        url: of the gateway.
        pid: of its process.
        owner: who calls.
        key: signs tokens, as the gateway does.
        instances: ids by what they show: ``fast``, the slow ones, ``gone`` (its deployment is
            down),
            ``foreign`` (another's) and ``absent``.
        resellers: those of the owner and of the other one.
        sites: what is known of the deployments, by the same names.
        deployments: their ids.
    """

    mark: str
    url: str
    pid: int
    owner: Person
    key: ECKey
    instances: dict[str, str]
    resellers: dict[str, str]
    sites: dict[str, JSON]
    deployments: dict[str, str] = field(default_factory=dict)

    def token(self, age: int = 0) -> str:
        """Return a token of the owner that was issued so many seconds ago."""
        return self._signed(self.key, age)

    def forged(self) -> str:
        """Return one that another key has signed."""
        other = ECKey.generate_key("P-256", {"kid": str(self.key.kid)}, auto_kid=False)
        return self._signed(other, 0)

    def path(self, name: str = "fast") -> str:
        """Return the path that is read."""
        return f"/instances/{self.instances[name]}/stores"

    def instance_id(self, name: str = "fast") -> str:
        """Return SPE's id of an instance."""
        return f"{name}-{self.mark}"

    def form(self, name: str = "fast") -> dict[str, str]:
        """Return the arguments of the command that a read costs."""
        return {"instanceID": self.instance_id(name), "includeSize": "false"}

    def _signed(self, key: ECKey, age: int) -> str:
        issued = int(time.time()) - age
        times = {"iat": issued, "exp": issued + LIFE, "jti": secrets.token_hex(16)}
        header = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid}
        return jwt.encode(header, self.owner.claims | times, key, algorithms=["ES256"])


@contextmanager
def stubs(folder: Path) -> Iterator[dict[str, JSON]]:
    """Run the deployments: one that answers at once, and those that take their time."""
    with stub(folder, 0.0, ["fast"]) as fast, stub(folder, SLOW, SLOW_SITES) as slow:
        yield {site["name"]: site for site in [*fast, *slow]}


@contextmanager
def stub(folder: Path, seconds: float, names: Sequence[str]) -> Iterator[list[JSON]]:
    """Run deployments on the core of the load, in one process; yield what clients need to know.

    Args:
        folder: gets its log.
        seconds: that each answer takes.
        names: of the deployments.
    """
    words = [PYTHON, "-m", "benchmarks.stub", str(seconds), *names]
    environment, lines = child_environment(), len(names)
    with program(folder, names[0], words, environment, lines, LOAD_CORE) as started:
        yield started.said


@contextmanager
def world(folder: Path, sites: dict[str, JSON], **settings: str) -> Iterator[World]:
    """Serve a gateway before these deployments, and before one that is gone afterwards.

    Args:
        folder: an empty one; its name tells the world from others before the same deployments.
        sites: what the deployments have said of themselves.
        settings: of the gateway.
    """
    home = folder / "home"
    home.mkdir()
    environment, operator = set_up(home, **settings)
    with served(home, environment, SERVER_CORE) as started:
        url = started.said[0]["url"]
        api = Api(url, operator)
        made = _Making(api, sites, folder.name)
        with stub(folder, 0.0, ["gone"]) as gone:
            made.sites["gone"] = gone[0]
            made.all()
        key = _key(home, environment)
        yield World(
            folder.name,
            url,
            started.pid,
            made.owner(),
            key,
            made.instances,
            made.resellers,
            made.sites,
            made.ids,
        )


def _key(home: Path, environment: dict[str, str]) -> ECKey:
    database = environment.get("SPE_GATEWAY_DATABASE_URL") or Settings(home=home).database
    with closing(Database(database)) as opened:
        return KeyRing(opened, Vault(load_keys(home, ""))).signing_key()


class _Making:
    """Registers deployments and makes what lies on them, over REST."""

    def __init__(self, api: Api, sites: dict[str, JSON], mark: str) -> None:
        self._api = api
        self._mark = mark
        self.sites = dict(sites)
        self.ids: dict[str, str] = {}
        self.instances: dict[str, str] = {"absent": f"ins_{secrets.token_hex(16)}"}
        self.resellers: dict[str, str] = {}

    def all(self) -> None:
        root = self._api.call("GET", "/me")["reseller"]
        for name in ("owner", "other"):
            body = {"name": name, "parent": root}
            self.resellers[name] = self._api.call("POST", "/resellers", json=body)["id"]
        for name, site in self.sites.items():
            self.ids[name] = registered(self._api, site)
            self._instance(name, "owner", name)
        self._instance("foreign", "other", "fast")

    def _instance(self, name: str, owner: str, site: str) -> None:
        body: dict[str, Any] = {
            "instanceID": f"{name}-{self._mark}",
            "displayName": name,
            "reseller": self.resellers[owner],
            "deployment": self.ids[site],
            "archiveAdmin": True,
            "store": {"name": "Archive 2026"},
        }
        made = self.instances[name] = self._api.call("POST", "/instances", json=body)["id"]
        for year in (2024, 2025):
            self._api.call("POST", f"/instances/{made}/stores", json={"name": f"Archive {year}"})

    def owner(self) -> Person:
        body = {"name": "owner", "reseller": self.resellers["owner"], "roles": ["reseller-admin"]}
        made = self._api.call("POST", "/clients", json=body)
        caller = self._api.of(made)
        caller.revoke()
        claims = claims_of(caller.token)
        return Person(made["clientId"], self.resellers["owner"], claims, caller.token)


def claims_of(token: str) -> JSON:
    """Return what a token says, which is not verified."""
    payload = token.split(".")[1]
    claims: JSON = json.loads(base64.urlsafe_b64decode(payload + "=="))
    return claims
