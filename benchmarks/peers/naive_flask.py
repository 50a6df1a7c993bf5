"""The read as Flask tutorials have it: flask-smorest, the ORM, marshmallow, ``requests.post``.

Everything is checked, nothing is tuned: each call opens a TLS connection, each row is an object.

Run as ``gunicorn benchmarks.peers.naive_flask:app`` with the case's file in ``BENCHMARK_CASE``.
"""

import json
import os
import re
import ssl
import uuid
from math import ceil
from pathlib import Path
from time import time
from typing import Any

import jwt
import marshmallow as ma
import requests
from flask import Flask, Response, g, jsonify, request
from flask.views import MethodView
from flask_smorest import Api, Blueprint
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from requests.adapters import HTTPAdapter
from sqlalchemy import ForeignKey, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship
from sqlalchemy.orm import Session as Orm
from urllib3.util.ssl_ import create_urllib3_context

CASE = json.loads(Path(os.environ["BENCHMARK_CASE"]).read_text())  # noqa: TID251 # not the gateway


RATE = parse("1000000/minute")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
windows = FixedWindowRateLimiter(MemoryStorage())


class Base(DeclarativeBase):
    """Of all tables."""


class Reseller(Base):
    """A reseller; its path begins with that of the one above it."""

    __tablename__ = "resellers"
    id: Mapped[str] = mapped_column(primary_key=True)
    path: Mapped[str]
    suspended: Mapped[bool]


class Client(Base):
    """An API client."""

    __tablename__ = "clients"
    id: Mapped[str] = mapped_column(primary_key=True)
    disabled: Mapped[bool]
    reseller_id: Mapped[str] = mapped_column("reseller", ForeignKey("resellers.id"))
    reseller: Mapped[Reseller] = relationship()


class Deployment(Base):
    """An SPE server."""

    __tablename__ = "deployments"
    id: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    port: Mapped[int]
    pin: Mapped[str]
    user_name: Mapped[str]
    password: Mapped[str]


class Instance(Base):
    """A customer's instance."""

    __tablename__ = "instances"
    id: Mapped[str] = mapped_column(primary_key=True)
    instance_id: Mapped[str]
    deployment_id: Mapped[str] = mapped_column("deployment", ForeignKey("deployments.id"))
    reseller_id: Mapped[str] = mapped_column("reseller", ForeignKey("resellers.id"))
    deployment: Mapped[Deployment] = relationship()
    reseller: Mapped[Reseller] = relationship()


class RevokedToken(Base):
    """A token that counts no more, by its jti."""

    __tablename__ = "revoked_tokens"
    id: Mapped[str] = mapped_column(primary_key=True)


class StoreSchema(ma.Schema):
    """A store; where it lies is for operators only."""

    class Meta:
        """Paths are not taken over."""

        unknown = ma.EXCLUDE

    id = ma.fields.Integer(required=True)
    name = ma.fields.String(required=True)
    requestedState = ma.fields.String(  # noqa: N815 # the vendor's key
        required=True,
        validate=ma.validate.OneOf(["current", "normal", "writeProtected", "disabled"]),
    )
    error = ma.fields.String(allow_none=True)
    statisticsCount = ma.fields.Integer(allow_none=True)  # noqa: N815 # the vendor's key
    statisticsSize = ma.fields.Integer(allow_none=True)  # noqa: N815 # the vendor's key
    needsUpgrade = ma.fields.Boolean(allow_none=True)  # noqa: N815 # the vendor's key
    searchIndexesNeedRebuild = ma.fields.Boolean(allow_none=True)  # noqa: N815 # the vendor's key


class StorePageSchema(ma.Schema):
    """The answer."""

    items = ma.fields.List(ma.fields.Nested(StoreSchema))
    nextCursor = ma.fields.String(allow_none=True)  # noqa: N815 # the member's name


class Problem(Exception):
    """Becomes a problem document (RFC 9457)."""

    def __init__(self, status: int, code: str, title: str) -> None:
        super().__init__(title)
        self.status, self.code, self.title = status, code, title


class Pinned(HTTPAdapter):
    """Looks for one certificate."""

    def __init__(self, pin: str) -> None:
        self._pin = pin
        super().__init__()

    def init_poolmanager(self, *sizes: Any, **options: Any) -> None:  # noqa: ANN401 # those of requests
        """Make the pool."""
        # Without a context of its own each connection would read all authorities of the system.
        context = create_urllib3_context(cert_reqs=ssl.CERT_NONE)  # the pin decides
        super().init_poolmanager(
            *sizes, assert_fingerprint=self._pin, ssl_context=context, **options
        )


URL = CASE["database"]
engine = create_engine(
    URL.replace("postgresql:", "postgresql+psycopg:")
    if URL.startswith("postgresql:")
    else f"sqlite:///{URL}"
)
app = Flask(__name__)
app.config |= {"API_TITLE": "Stores", "API_VERSION": "1", "OPENAPI_VERSION": "3.1.0"}
api = Api(app)
blp = Blueprint("stores", __name__)


@app.errorhandler(Problem)
def problem(error: Problem) -> Response:
    """Answer with a problem document."""
    answer = jsonify(
        type=f"/problems#{error.code}",
        title=error.title,
        status=error.status,
        code=error.code,
        instance=request.path,
    )
    answer.status_code = error.status
    answer.content_type = "application/problem+json"
    if error.status == 401:  # noqa: PLR2004 # HTTP
        answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@app.before_request
def log_in() -> None:
    """Verify the token, and look up whose it is."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    try:
        claims = jwt.decode(
            token,
            CASE["publicKey"],
            algorithms=["ES256"],
            audience=CASE["issuer"],
            issuer=CASE["issuer"],
        )
    except jwt.PyJWTError:
        raise Problem(401, "UNAUTHENTICATED", "A valid access token is needed") from None
    g.orm = Orm(engine)
    g.client = g.orm.scalar(
        select(Client).options(joinedload(Client.reseller)).where(Client.id == claims["sub"])
    )
    revoked = g.orm.get(RevokedToken, claims["jti"])
    if revoked or g.client is None or g.client.disabled:
        raise Problem(401, "UNAUTHENTICATED", "A valid access token is needed")
    g.standings = [counted("client", g.client.id), counted("reseller", g.client.reseller_id)]
    if g.client.reseller.suspended or "stores:read" not in claims["scope"].split():
        raise Problem(403, "PERMISSION_MISSING", "The client may not do this")


def counted(policy: str, who: str) -> str:
    """Count a call; return how the caller stands."""
    if not windows.hit(RATE, policy, who):
        raise Problem(429, "RATE_LIMITED", "Too many calls")
    reset, remaining = windows.get_window_stats(RATE, policy, who)
    return f'"{policy}";r={remaining};t={max(1, ceil(reset - time()))}'


@app.after_request
def add_headers(response: Response) -> Response:
    """Say what every answer says."""
    given = request.headers.get("X-Request-Id", "")
    response.headers["X-Request-Id"] = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if "standings" in g:
        policies = (f'"{each}";q={RATE.amount};w=60' for each in ("client", "reseller"))
        response.headers["RateLimit-Policy"] = ", ".join(policies)
        response.headers["RateLimit"] = ", ".join(g.standings)
    return response


@app.teardown_request
def close(_error: BaseException | None) -> None:
    """Give the connection back."""
    if "orm" in g:
        g.orm.close()


def invoke(deployment: Deployment, command: str, **arguments: str) -> list[dict[str, Any]]:
    """Send a command, over a connection of its own, and return its result."""
    url = f"https://{deployment.host}:{deployment.port}"
    with requests.Session() as session:  # what requests.post does, with the pin
        session.mount(url, Pinned(deployment.pin))
        try:
            answer = session.post(
                f"{url}/api/invoke/{command}",
                data=arguments,
                auth=(deployment.user_name, deployment.password),
                timeout=10,
                verify=False,  # the pin decides
            )
        except requests.RequestException:
            raise Problem(
                503, "DEPLOYMENT_UNREACHABLE", "The deployment cannot be reached"
            ) from None
    try:
        reply = json.loads(answer.content.decode("utf-8-sig"))
    except ValueError:
        raise Problem(502, "REPLY_INVALID", "The deployment's reply cannot be read") from None
    if answer.status_code != 200 or reply["statusCode"] != "succeeded":  # noqa: PLR2004 # HTTP
        raise Problem(502, "COMMAND_FAILED", "The deployment refused the command")
    return reply["result"]


@blp.route("/instances/<instance>/stores")
class Stores(MethodView):
    """The archive stores of an instance."""

    @blp.response(200, StorePageSchema)
    def get(self, instance: str) -> dict[str, Any]:
        """List them."""
        found = g.orm.scalar(
            select(Instance)
            .options(joinedload(Instance.deployment), joinedload(Instance.reseller))
            .where(Instance.id == instance)
        )
        if found is None or not found.reseller.path.startswith(g.client.reseller.path):
            raise Problem(404, "NOT_FOUND", "There is no such resource")
        rows = invoke(
            found.deployment, "GetStores", instanceID=found.instance_id, includeSize="false"
        )
        try:
            items = StoreSchema(many=True).load(rows)
        except ma.ValidationError:
            raise Problem(502, "REPLY_INVALID", "The deployment's reply cannot be read") from None
        return {"items": sorted(items, key=lambda store: store["id"]), "nextCursor": None}


api.register_blueprint(blp)
