"""A gateway in front of two deployments, where calls by handles become requests."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import select
from werkzeug.test import TestResponse

from gateway.simulator.server import Simulator
from gateway.storage.tables import operations
from tests.model.bounds import DEPLOYMENTS, ROOT
from tests.model.calls import JSON, Call, Ref
from tests.model.model import OPERATOR
from tests.served import CheckedClient, Served, served
from tests.simulated import Control
from tests.world import QUICK, Site, registration

KINDS = {"c": "cli", "d": "dep", "i": "ins", "o": "op", "r": "res", "t": "tok"}


def canary(ref: Ref) -> str:
    """Return the text that marks an object; it ends where handles go on."""
    return f"CANARY-{ref}-"


@dataclass
class Stage:
    """Where a plan is played.

    Attributes:
        served: the gateway.
        sites: the deployments by their handles.
        clients: who calls, by the handles of the tokens.
        ids: the ids of the gateway by handle.
        refs: the handles by id.
        secrets: of the API clients, by handle.
        addresses: from where logins come.
    """

    served: Served
    sites: dict[Ref, Site] = field(default_factory=dict)
    clients: dict[Ref | None, CheckedClient] = field(default_factory=dict)
    ids: dict[Ref, str] = field(default_factory=dict)
    refs: dict[str, Ref] = field(default_factory=dict)
    secrets: dict[Ref, str] = field(default_factory=dict)
    addresses: Iterator[IPv4Address] = field(default_factory=IPv4Network("10.0.0.0/8").hosts)

    def bind(self, ref: Ref, opaque: str) -> None:
        """Note the id of an object."""
        self.ids[ref], self.refs[opaque] = opaque, ref

    def id_of(self, ref: Ref) -> str:
        """Return the id of an object; of one that was never made, one that nobody has."""
        return self.ids.get(ref) or f"{KINDS[ref[0]]}_{sha256(ref.encode()).hexdigest()[:32]}"

    def spelled(self, value: Any) -> Any:  # noqa: ANN401 # JSON
        """Return JSON with ids for handles."""
        if isinstance(value, Ref):
            return self.id_of(value)
        if isinstance(value, list):
            return [self.spelled(each) for each in value]
        if isinstance(value, dict):
            return {name: self.spelled(each) for name, each in value.items()}
        return value

    def read(self, value: Any) -> Any:  # noqa: ANN401 # JSON
        """Return JSON with handles for ids."""
        if isinstance(value, str):
            return self.refs.get(value, value)
        if isinstance(value, list):
            return [self.read(each) for each in value]
        if isinstance(value, dict):
            return {name: self.read(each) for name, each in value.items()}
        return value

    def send(self, call: Call, cursor: str | None = None) -> TestResponse:
        """Make a call, and note the ids and secrets that it answers with."""
        if call.name == "createToken":
            return self._log_in(call)
        if call.name == "revokeToken":
            return self._revoke(call)
        segments = {name: quote(str(self.spelled(each)), safe="") for name, each in call.on.items()}
        segments |= dict([call.planted] if call.planted else [])
        query = {name: _text(self.spelled(each)) for name, each in call.query.items()}
        client = self.clients.get(call.who) or self.clients[None]
        response = client.open(
            call.path.format(**segments),
            method=call.row.method,
            query_string=query | ({"cursor": cursor} if cursor else {}),
            json=self.spelled(call.body) if call.body is not None else None,
        )
        if call.made and response.status_code == 201:
            self._note(call.made, response.get_json())
        return response

    def _note(self, made: Ref, body: JSON) -> None:
        self.bind(made, body["id"])
        if "clientSecret" in body:
            self.secrets[made] = body["clientSecret"]

    def _log_in(self, call: Call) -> TestResponse:
        asked = call.body or {}
        form = {"grant_type": "client_credentials", **self._credentials(asked["client"])}
        scope = {"scope": " ".join(asked["scope"])} if "scope" in asked else {}
        response = self._posted("/oauth/token", form | scope)
        if response.status_code == 200 and call.made:
            token = response.get_json()["access_token"]
            self.clients[call.made] = self.served.client(token)
        return response

    def _revoke(self, call: Call) -> TestResponse:
        asked = call.body or {}
        known = self.clients.get(asked["token"], self.clients[None])
        form = {"token": known.token or "none", **self._credentials(asked["client"])}
        return self._posted("/oauth/revoke", form)

    def _posted(self, path: str, form: Mapping[str, str]) -> TestResponse:
        """Post from an address of its own: failed logins slow down those that come after."""
        here = {"REMOTE_ADDR": str(next(self.addresses))}
        return self.clients[None].post(path, data=form, environ_overrides=here)

    def _credentials(self, client: Ref) -> dict[str, str]:
        secret = self.secrets.get(client, "unknown")
        return {"client_id": self.id_of(client), "client_secret": secret}

    def newest_operation(self) -> str:
        """Return the id of the operation that was begun last."""
        query = select(operations.c.id).order_by(operations.c.id.desc()).limit(1)
        with self.served.gateway.services.database.read() as connection:
            return str(connection.execute(query).scalar_one())

    def journals(self) -> dict[Ref, list[dict[str, Any]]]:
        """Return what the deployments were sent, and empty their journals."""
        found = {}
        for ref, site in self.sites.items():
            with site.simulator.server.deployment.clock.monitor:
                found[ref] = site.simulator.application.journal.document()
                site.simulator.application.journal.clear()
        return found


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


@contextmanager
def stage(home: Path) -> Iterator[Stage]:
    """Build a gateway in an empty folder, with two deployments that it knows."""
    with ExitStack() as stack:
        gateway = stack.enter_context(served(home))
        made = Stage(gateway, clients={None: gateway.client()})
        operator = gateway.log_in(gateway.operator.client_id, gateway.operator.client_secret)
        made.clients[Ref("t0")] = operator
        made.bind(OPERATOR, gateway.operator.client_id)
        made.secrets[OPERATOR] = gateway.operator.client_secret
        made.bind(ROOT, operator.get("/me").get_json()["reseller"])
        for ref in DEPLOYMENTS:
            simulator = stack.enter_context(Simulator(f"site-{ref}", scenario=QUICK))
            body = registration(simulator, f"{canary(ROOT)}{ref}")
            found = operator.post("/deployments", json=body).get_json()
            made.bind(ref, found["id"])
            made.sites[ref] = Site(ref, found["id"], simulator, Control(simulator.control_url))
        made.journals()
        yield made
