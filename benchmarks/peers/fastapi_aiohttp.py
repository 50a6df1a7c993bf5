"""The read with FastAPI, aiohttp and a driver without an ORM, tuned by ordinary means.

uvloop, httptools, one keep-alive pool for each deployment, prepared statements, no access log.
The token is verified for each request; client, reseller and instance are one SQL query.

Run as ``python -m benchmarks.peers.fastapi_aiohttp case.json port``.
"""

import base64
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import aiohttp
import aiosqlite
import asyncpg
import jwt
import uvicorn
from fastapi import Depends, FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError
from pydantic.alias_generators import to_camel

CASE = json.loads(Path(sys.argv[1]).read_text())
PERMISSION = "stores:read"
FOUND = """
SELECT i.instance_id, d.id, d.host, d.port, d.pin, d.user_name, d.password
FROM clients c
JOIN resellers mine ON mine.id = c.reseller
JOIN instances i ON i.id = {instance}
JOIN resellers owner ON owner.id = i.reseller
JOIN deployments d ON d.id = i.deployment
WHERE c.id = {client} AND NOT c.disabled AND NOT mine.suspended
  AND substr(owner.path, 1, length(mine.path)) = mine.path
"""


Row = Sequence[Any]


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

    async def find(self, client: str, instance: str) -> Row | None:
        """Return where an instance lies that the client reaches."""
        query = FOUND.format(client="?2", instance="?1")
        rows = await self._connection.execute_fetchall(query, (instance, client))
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

    async def find(self, client: str, instance: str) -> Row | None:
        """Return where an instance lies that the client reaches."""
        async with self._pool.acquire() as connection:
            query = FOUND.format(client="$2", instance="$1")
            return await connection.fetchrow(query, instance, client)

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


async def client(authorization: Annotated[str, Header()] = "") -> str:
    """Return whose valid token it is, which may read stores."""
    try:
        claims = jwt.decode(
            authorization.removeprefix("Bearer "),
            CASE["publicKey"],
            algorithms=["ES256"],
            audience=CASE["issuer"],
            issuer=CASE["issuer"],
            options={"require": ["exp", "iat", "sub", "scope"]},
        )
    except jwt.PyJWTError:
        raise Problem(401, "UNAUTHENTICATED", "A valid access token is needed") from None
    if PERMISSION not in claims["scope"].split():
        raise Problem(403, "PERMISSION_MISSING", "The client may not do this")
    return claims["sub"]


def session_of(row: Row) -> tuple[aiohttp.ClientSession, aiohttp.Fingerprint]:
    """Return the pool of a deployment, and its pin."""
    _, deployment, host, port, pin, user, password = row
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
async def stores(instance: str, who: Annotated[str, Depends(client)]) -> StorePage:
    """List the archive stores of an instance."""
    row = await database.find(who, instance)
    if row is None:
        raise Problem(404, "NOT_FOUND", "There is no such resource")
    found = await invoke(row, "GetStores", instanceID=row[0], includeSize="false")
    return StorePage(items=sorted(found, key=lambda store: store.id))


if __name__ == "__main__":
    config = uvicorn.Config(
        app, "127.0.0.1", int(sys.argv[2]), loop="uvloop", access_log=False, log_level="warning"
    )
    uvicorn.Server(config).run()
