"""The read with FastAPI, aiohttp and a driver without an ORM, tuned by ordinary means.

uvloop, httptools, one keep-alive pool for each deployment, prepared statements, no access log.
The token is verified for each request; revocation, client, reseller and instance are one SQL
query. Calls are counted in memory by fixed windows, the cheapest that ``limits`` has.

Run as ``python -m benchmarks.peers.fastapi_aiohttp case.json port``.
"""

import base64
import json
import re
import sys
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from math import ceil
from pathlib import Path
from time import time
from typing import Annotated, Any, Literal

import aiohttp
import aiosqlite
import asyncpg
import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.responses import JSONResponse
from limits import parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import FixedWindowRateLimiter
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

CASE = json.loads(Path(sys.argv[1]).read_text())
PERMISSION = "stores:read"
RATE = parse("1000000/minute")
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
FOUND = """
SELECT i.instance_id, d.id, d.host, d.port, d.pin, d.user_name, d.password,
  mine.id AS reseller, NOT (c.disabled OR mine.suspended) AS allowed,
  EXISTS (SELECT 1 FROM revoked_tokens r WHERE r.id = {token}) AS revoked
FROM clients c
JOIN resellers mine ON mine.id = c.reseller
LEFT JOIN (instances i JOIN resellers owner ON owner.id = i.reseller
           JOIN deployments d ON d.id = i.deployment)
  ON i.id = {instance} AND substr(owner.path, 1, length(mine.path)) = mine.path
WHERE c.id = {client}
"""
ALWAYS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "RateLimit-Policy": ", ".join(
        f'"{name}";q={RATE.amount};w={RATE.get_expiry()}' for name in ("client", "reseller")
    ),
}

windows = FixedWindowRateLimiter(MemoryStorage())

Row = Sequence[Any]
Claims = dict[str, Any]


class Store(BaseModel):
    """A store as SPE says it and as we answer it; where it lies is for operators only."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)

    id: int
    name: str
    requested_state: Literal["current", "normal", "writeProtected", "disabled"]
    error: str | None = None
    statistics_count: int | None = None
    statistics_size: int | None = None
    needs_upgrade: bool | None = None
    search_indexes_need_rebuild: bool | None = None


class Envelope(BaseModel):
    """What SPE answers to this command."""

    statusCode: str  # noqa: N815 # the vendor's key
    result: list[Store] | None


class StorePage(BaseModel):
    """The answer."""

    items: list[Store]
    nextCursor: str | None = None  # noqa: N815 # the member's name


REPLY = TypeAdapter(Envelope)


class Problem(Exception):
    """Becomes a problem document (RFC 9457)."""

    def __init__(self, status: int, code: str, title: str) -> None:
        super().__init__(title)
        self.status, self.code, self.title = status, code, title


class Sqlite:
    """One connection, which a thread of its own serves."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def open(self) -> None:
        """Connect."""
        self._connection = await aiosqlite.connect(self._path)
        await self._connection.execute("PRAGMA journal_mode = wal")

    async def find(self, claims: Claims, instance: str) -> Row | None:
        """Return where an instance lies that the client reaches."""
        query = FOUND.format(client="?2", instance="?1", token="?3")  # noqa: S106 # a place in SQL
        values = (instance, claims["sub"], claims["jti"])
        rows = await self._connection.execute_fetchall(query, values)
        return next(iter(rows), None)

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()


class Postgresql:
    """A pool of connections, which keep their prepared statements."""

    def __init__(self, url: str) -> None:
        self._url = url

    async def open(self) -> None:
        """Connect."""
        self._pool = await asyncpg.create_pool(self._url, min_size=16, max_size=16)

    async def find(self, claims: Claims, instance: str) -> Row | None:
        """Return where an instance lies that the client reaches."""
        async with self._pool.acquire() as connection:
            query = FOUND.format(client="$2", instance="$1", token="$3")  # noqa: S106 # a place in SQL
            return await connection.fetchrow(query, instance, claims["sub"], claims["jti"])

    async def close(self) -> None:
        """Disconnect."""
        await self._pool.close()


URL = CASE["database"]
database = Postgresql(URL) if URL.startswith("postgresql:") else Sqlite(URL)
sessions: dict[str, tuple[aiohttp.ClientSession, aiohttp.Fingerprint]] = {}


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Open what lasts as long as the process."""
    await database.open()
    yield
    for session, _pin in sessions.values():
        await session.close()
    await database.close()


app = FastAPI(lifespan=lifespan)


@app.exception_handler(Problem)
async def problem(request: Request, error: Problem) -> JSONResponse:
    """Answer with a problem document."""
    body = {
        "type": f"/problems#{error.code}",
        "title": error.title,
        "status": error.status,
        "code": error.code,
        "instance": request.url.path,
    }
    headers = {"WWW-Authenticate": "Bearer"} if error.status == 401 else None  # noqa: PLR2004 # HTTP
    return JSONResponse(body, error.status, headers, media_type="application/problem+json")


async def token(authorization: Annotated[str, Header()] = "") -> Claims:
    """Return what a valid token says, whose client may read stores."""
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "),
            CASE["publicKey"],
            algorithms=["ES256"],
            audience=CASE["issuer"],
            issuer=CASE["issuer"],
            options={"require": ["exp", "iat", "jti", "sub", "scope"]},
        )
    except jwt.PyJWTError:
        raise unauthenticated() from None
    if PERMISSION not in claims["scope"].split():
        raise Problem(403, "PERMISSION_MISSING", "The client may not do this")
    return claims


def unauthenticated() -> Problem:
    """Return the error of who is nobody."""
    return Problem(401, "UNAUTHENTICATED", "A valid access token is needed")


async def counted(policy: str, who: str) -> str:
    """Count a call; return how the caller stands."""
    if not await windows.hit(RATE, policy, who):
        raise Problem(429, "RATE_LIMITED", "Too many calls")
    reset, remaining = await windows.get_window_stats(RATE, policy, who)
    return f'"{policy}";r={remaining};t={max(1, ceil(reset - time()))}'


async def located(claims: Claims, instance: str, response: Response) -> Row:
    """Return where the instance lies, for a caller that is judged and counted."""
    row = await database.find(claims, instance)
    if row is None or row[9]:
        raise unauthenticated()
    standings = [await counted("client", claims["sub"]), await counted("reseller", row[7])]
    response.headers["RateLimit"] = ", ".join(standings)
    if not row[8]:
        raise Problem(403, "FORBIDDEN", "The client may not do anything")
    if row[0] is None:
        raise Problem(404, "NOT_FOUND", "There is no such resource")
    return row


def session_of(row: Row) -> tuple[aiohttp.ClientSession, aiohttp.Fingerprint]:
    """Return the pool of a deployment, and its pin."""
    _, deployment, host, port, pin, user, password = row[:7]
    if deployment not in sessions:
        word = base64.b64encode(f"{user}:{password}".encode()).decode()
        session = aiohttp.ClientSession(
            f"https://{host}:{port}",
            headers={"Authorization": f"Basic {word}"},
            connector=aiohttp.TCPConnector(limit=64),
            timeout=aiohttp.ClientTimeout(10),
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        sessions[deployment] = session, aiohttp.Fingerprint(bytes.fromhex(pin))
    return sessions[deployment]


async def invoke(row: Row, command: str, **arguments: str) -> list[Store]:
    """Send a command and return its result, which is what it should be."""
    session, pin = session_of(row)
    try:
        async with session.post(
            f"/api/invoke/{command}", data=arguments, ssl=pin, allow_redirects=False
        ) as answer:
            body = await answer.read()
    except (aiohttp.ClientError, TimeoutError):
        raise Problem(503, "DEPLOYMENT_UNREACHABLE", "The deployment cannot be reached") from None
    try:
        reply = REPLY.validate_json(body.removeprefix(b"\xef\xbb\xbf"))
    except ValidationError:
        raise Problem(502, "REPLY_INVALID", "The deployment's reply cannot be read") from None
    if answer.status != 200 or reply.statusCode != "succeeded" or reply.result is None:  # noqa: PLR2004 # HTTP
        raise Problem(502, "COMMAND_FAILED", "The deployment refused the command")
    return reply.result


@app.get("/instances/{instance}/stores")
async def stores(
    instance: str,
    claims: Annotated[Claims, Depends(token)],
    response: Response,
    x_request_id: Annotated[str, Header()] = "",
) -> StorePage:
    """List the archive stores of an instance."""
    given = REQUEST_ID.fullmatch(x_request_id)
    response.headers["X-Request-Id"] = x_request_id if given else uuid.uuid4().hex
    response.headers.update(ALWAYS)
    row = await located(claims, instance, response)
    found = await invoke(row, "GetStores", instanceID=row[0], includeSize="false")
    return StorePage(items=sorted(found, key=lambda store: store.id))


if __name__ == "__main__":
    config = uvicorn.Config(
        app, "127.0.0.1", int(sys.argv[2]), loop="uvloop", access_log=False, log_level="warning"
    )
    uvicorn.Server(config).run()
