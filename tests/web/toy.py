"""The toy: an archive of shelves. Each view shows one thing that the furniture must do."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from flask import Flask, Response
from flask.views import MethodView
from joserfc.jwk import ECKey, KeySet

from gateway import errors
from gateway.access.permissions import Permission
from gateway.access.principal import Principal
from gateway.errors import RequestError, Unauthenticated
from gateway.model import Reach
from gateway.storage.rates import Rates
from gateway.tenancy.caller import Caller
from gateway.web import etags, paging
from gateway.web.accepted import accepted
from gateway.web.api import Api, Blueprint
from gateway.web.application import Application
from gateway.web.fields import (
    Choice,
    Flag,
    HiddenText,
    Labels,
    LabelsPatch,
    Lines,
    ListOf,
    Number,
    Part,
    Secret,
    Text,
    Time,
    Whole,
)
from gateway.web.hooks import caller
from gateway.web.install import install
from gateway.web.oauth.tokens import Claims, TokenIssuer, TokenVerifier
from gateway.web.operation import ANY, operation
from gateway.web.schemas import Paging, Schema, page_of
from gateway.web.waits import Waits

ISSUER = "https://gateway.example"
INSTANCE = "ins_01995e5a7c4d7b3e8f2a9c1d0e6b4f37"
SHELVES = f"/instances/{INSTANCE}/shelves"
SECRET = "s3cret/with+signs"
RATE = "100000/minute"


@dataclass
class ToyClient:
    client_id: str
    reseller: str
    permissions: frozenset[str]
    enabled: bool = True
    public_keys: tuple[dict[str, str], ...] = ()

    @property
    def reach(self) -> Reach:
        return Reach(f"/{self.reseller}/")

    def check_secret(self, secret: str) -> bool:
        return secret == SECRET

    def admits(self, address: str | None) -> bool:
        return bool(address)


@dataclass
class ToyKeyRing:
    keys: list[ECKey] = field(default_factory=list)

    def signing_key(self) -> ECKey:
        return self.keys[0]

    def verification_keys(self) -> KeySet:
        return KeySet(list(self.keys))


def new_key(kid: str) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": kid})


class ToyClients(dict[str, ToyClient]):
    def find(self, client_id: str) -> ToyClient | None:
        return self.get(client_id)

    def reaches(self, client: ToyClient, chosen: list[str]) -> bool:
        del client
        return chosen == [INSTANCE]

    def note_token(self, caller: Caller, token: str, worth: object) -> None:
        assert caller.principal.client in self
        assert token
        assert worth

    def came(self, client: ToyClient) -> None:
        assert self[client.client_id] is client


class PatientLogins:
    """Lets everybody try as often as they like."""

    def wait(self, client: str, address: str) -> int:
        del client, address
        return 0

    def failed(self, client: str, address: str) -> None:
        """Count nothing."""

    def succeeded(self, client: str, address: str) -> None:
        """Count nothing."""


class ToyGateway:
    """The ports of ``install``, with two clients that differ in their reseller."""

    def __init__(self) -> None:
        self.key_ring = ToyKeyRing([new_key("k1"), new_key("k2")])
        self.issuer = TokenIssuer(ISSUER, self.key_ring, 600)
        self.verifier = TokenVerifier(ISSUER, self.key_ring)
        self.rates = Rates("", client=RATE, reseller=RATE, address=RATE)
        self.waits = Waits(16)
        self.logins = PatientLogins()
        self.cursors = paging.Cursors(MultiFernet([Fernet(Fernet.generate_key())]))
        everything = frozenset(map(str, Permission))
        self.clients = ToyClients(
            cli_operator=ToyClient("cli_operator", "res_root", everything),
            cli_reseller=ToyClient("cli_reseller", "res_one", frozenset({"stores:read"})),
            cli_disabled=ToyClient("cli_disabled", "res_one", everything, enabled=False),
        )

    def token(self, client: str, scope: str = "stores:read") -> str:
        return self.issuer.issue(self.clients[client], scope)

    def claims_of(self, token: str) -> Claims:
        return self.verifier.verify(token)

    def authenticate(self, token: str, address: str | None) -> Principal:
        del address
        claims = self.claims_of(token)
        if claims.client not in self.clients:
            raise Unauthenticated
        return Principal(
            client=claims.client,
            reseller=claims.reseller,
            reach=Reach(f"/{claims.reseller}/"),
            permissions=frozenset(map(Permission, claims.scope.split())),
            is_operator=claims.reseller == "res_root",
            token_id=claims.token_id,
        )

    @property
    def services(self) -> SimpleNamespace:
        """A broker that lets everybody at everything."""
        lets = SimpleNamespace(instance=_let_in, deployment=_let_in, get=_let_in, look=_let_in)
        nouns = ("broker", "resellers", "clients", "operations", "webhooks", "statements")
        return SimpleNamespace(**dict.fromkeys(nouns, lets))

    def refused(self, caller: Caller, target: str, error: RequestError) -> None:
        """Note nothing."""


def _let_in(caller: Caller, opaque: str) -> None:
    assert caller.principal.client
    assert opaque


def make_app(gateway: ToyGateway) -> Flask:
    """Build the toy; the caller keeps its declarations apart from the product's."""
    app = Application("toy", static_folder=None)
    api = install(app, gateway)
    api.spec.components.schema(
        "Operation", {"type": "object", "properties": {"id": {"type": "string"}}}
    )
    register_shelves(api)
    register_faults(api)
    return app


def register_shelves(api: Api) -> None:
    class Bracket(Schema):
        """What holds a shelf."""

        screws = Whole("How many.", least=1, most=8, required=True)

    class Shelf(Schema):
        """A shelf."""

        display_name = Text("The name shown to people.", required=True, max_length=20)
        instance_id = Text("As SPE calls it.", data_key="instanceID")
        height = Whole("Centimetres.", most=300, allow_none=True)
        load = Number("Kilograms.")
        is_locked = Flag("Whether it is locked.")
        wood = Choice(("oak", "pine"), "The wood.", allow_none=True)
        bought = Time("When it was bought.")
        note = Lines("What to know.", min_length=0)
        labels = Labels("Your own.")
        tags = ListOf(Text(max_length=5), "Tags.", min_items=1, max_items=3)
        brackets = ListOf(Part(Bracket), "Brackets.")
        combination = Secret("Opens the lock.")
        number = Whole("SPE's number.", dump_only=True)

    class ShelfPatch(Schema):
        """What may change."""

        labels = LabelsPatch("Your own; null removes one.")
        wood = Choice(("oak", "pine"), "The wood.")

    class ShelfQuery(Paging):
        """Filters of shelves."""

        wood = Choice(("oak", "pine"), "Only these.")
        locked = Flag("Only these.")
        tags = ListOf(Text(max_length=5), "Only these.")

    blp = Blueprint(
        "shelves", __name__, description="Shelves.", url_prefix="/instances/<ins:instance>/shelves"
    )

    @blp.route("")
    class Shelves(MethodView):
        @operation(blp, "listShelves", permission=Permission.STORES_READ)
        @blp.arguments(ShelfQuery, location="query")
        @blp.response(200, page_of(Shelf), headers={"Link": "Link"})
        def get(self, query: dict[str, Any], instance: str) -> dict[str, Any]:
            """List shelves."""
            caller().authorised = True
            start = paging.position(query) or 0
            stop = start + query["limit"]
            shelves = [
                {"display_name": f"{instance[:3]} {n}", "wood": "ebony"} for n in range(start, stop)
            ]
            return paging.page(shelves, stop if stop < 600 else None)

        @operation(
            blp,
            "createShelf",
            permission=Permission.STORES_CREATE,
            errors=(409,),
            parameters=("IdempotencyKey",),
        )
        @blp.arguments(Shelf)
        @blp.response(201, Shelf)
        def post(self, body: dict[str, Any], instance: str) -> dict[str, Any]:
            """Create a shelf."""
            caller().authorised = True
            hidden = isinstance(body.get("combination"), HiddenText)
            return {**body, "number": 1 if hidden else 0, "instance_id": instance}

    @blp.route("/<number:shelf>")
    class OneShelf(MethodView):
        @operation(blp, "getShelf", permission=Permission.STORES_READ)
        @blp.response(200, Shelf, headers={"ETag": "ETag"})
        def get(self, instance: str, shelf: int) -> tuple[dict[str, Any], dict[str, str]]:
            """Get a shelf."""
            caller().authorised = True
            return {"number": shelf, "instance_id": instance}, {"ETag": etags.etag_of({"n": shelf})}

        @operation(
            blp,
            "updateShelf",
            permission=Permission.STORES_UPDATE,
            errors=(412,),
            parameters=("IfMatch",),
        )
        @blp.arguments(ShelfPatch)
        @blp.response(200, Shelf)
        def patch(self, body: dict[str, Any], instance: str, shelf: int) -> dict[str, Any]:
            """Change a shelf."""
            caller().authorised = True
            etags.check_if_match(etags.etag_of({"n": shelf}) if shelf < 100 else None)
            return {"display_name": instance[:3], "number": len(body)}

        @operation(blp, "deleteShelf", permission=Permission.STORES_UPDATE)
        @blp.response(204)
        def delete(self, instance: str, shelf: int) -> None:
            """Delete a shelf."""
            caller().authorised = bool(instance and shelf)

    @blp.route("/<number:shelf>/verify")
    class Verification(MethodView):
        @operation(blp, "verifyShelf", permission=Permission.STORES_RUN, asynchronous=True)
        @blp.response(200, Shelf)
        def post(self, instance: str, shelf: int) -> Response:
            """Verify a shelf."""
            caller().authorised = True
            wait = caller().wait_seconds
            return accepted(
                {"id": f"op_{shelf}", "wait": wait, "for": caller().on_behalf_of, "of": instance}
            )

    @blp.route("/books/<name:book>")
    class Book(MethodView):
        @operation(blp, "getBook", permission=ANY)
        def get(self, instance: str, book: str) -> dict[str, Any]:
            """Get a book."""
            return {"book": book, "instance": instance}

    @blp.route("/commands/<command:command>")
    class OneCommand(MethodView):
        @operation(blp, "getCommand", permission=ANY)
        def get(self, instance: str, command: str) -> dict[str, Any]:
            """Get a command."""
            return {"command": command, "instance": instance}

    @blp.route("/operations/<op:operation>/<cli:client>/<res:reseller>/<dep:deployment>")
    class Ids(MethodView):
        @operation(blp, "getIds", permission=ANY)
        def get(self, **ids: str) -> dict[str, str]:
            """Get the ids."""
            return ids

    api.register_blueprint(blp)


FAULTS: dict[str, Exception] = {
    "not-found": errors.NotFound(),
    "permission": errors.PermissionMissing("stores:run"),
    "progress": errors.OperationInProgress("op_1"),
    "unreachable": errors.DeploymentUnreachable(
        "Not reached.", deployment="dep_1", command="Ping", message="SECRET words"
    ),
    "pin": errors.PinMismatch("Another certificate."),
    "failed": errors.CommandFailed(
        "It said no.", deployment="dep_1", command="X", message="SECRET words"
    ),
    "storage": errors.StorageUnavailable(),
    "set-up": errors.ConfigurationError("SECRET path"),
    "bug": ZeroDivisionError("SECRET value"),
    "key": KeyError("SECRET key"),
}


def register_faults(api: Api) -> None:
    blp = Blueprint("faults", __name__, description="Faults.", url_prefix="/faults")

    @blp.route("/<name:fault>")
    class Fault(MethodView):
        @operation(blp, "raiseFault", permission=ANY)
        def get(self, fault: str) -> dict[str, Any]:
            """Raise it."""
            raise FAULTS[fault]

    @blp.route("/unguarded")
    class Unguarded(MethodView):
        @operation(blp, "forgetToAuthorise", permission=Permission.STORES_READ)
        def get(self) -> dict[str, Any]:
            """Forget to ask the broker."""
            return {"leak": "SECRET"}

    api.register_blueprint(blp)
