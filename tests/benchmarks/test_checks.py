"""Who does not check what we check is not measured."""

import base64
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest
import requests

from benchmarks.checks import FIELDS, REQUEST, Refused, check
from benchmarks.world import World

Fields = dict[str, str]
Answer = tuple[int, bytes, Fields]
Flaw = Callable[[World, str, str, Answer], Answer]


def honest(world: World, path: str, token: str) -> Answer:
    """Ask the gateway."""
    headers = {"X-Request-Id": REQUEST} | ({"Authorization": token} if token else {})
    answer = requests.get(world.url + path, headers=headers, timeout=30)
    fields = {name: answer.headers.get(name, "") for name in ("RateLimit", *FIELDS)}
    return answer.status_code, answer.content, fields


def expired_passes(world: World, path: str, token: str, answer: Answer) -> Answer:
    """Let in who has an expired token with a good signature."""
    parts = token.split(".")
    if len(parts) != 3 or not parts[2]:
        return answer
    claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=="))
    if claims["exp"] < time.time():
        return honest(world, path, f"Bearer {world.token()}")
    return answer


def anybody_passes(world: World, path: str, _token: str, _answer: Answer) -> Answer:
    """Ask nobody for a token."""
    return honest(world, path, f"Bearer {world.token()}")


def foreign_is_forbidden(world: World, path: str, _token: str, answer: Answer) -> Answer:
    """Tell that there is something that may not be seen."""
    is_told = path == world.path("foreign") and answer[0] == 404
    return (403, b"{}", {}) if is_told else answer


def foreign_is_told(world: World, path: str, _token: str, answer: Answer) -> Answer:
    """Tell the same in the body."""
    is_told = path == world.path("foreign") and answer[0] == 404
    return (404, b'{"title": "Not yours"}', {}) if is_told else answer


def outage_is_hidden(world: World, path: str, _token: str, answer: Answer) -> Answer:
    """Answer for a deployment that did not."""
    return (200, b'{"items": []}', {}) if path == world.path("gone") else answer


def revoked_passes(world: World, path: str, token: str, answer: Answer) -> Answer:
    """Let in who has a token that counts no more."""
    if token == f"Bearer {world.owner.revoked}":
        return honest(world, path, f"Bearer {world.token()}")
    return answer


def nobody_counts(_world: World, _path: str, _token: str, answer: Answer) -> Answer:
    """Say the same of the limits at each call."""
    status, body, fields = answer
    return status, body, {**fields, "RateLimit": '"client";r=9;t=1, "reseller";r=9;t=1'}


def resellers_are_not_counted(_world: World, _path: str, _token: str, answer: Answer) -> Answer:
    """Say nothing of the limits of a reseller."""
    status, body, fields = answer
    return status, body, {**fields, "RateLimit": fields["RateLimit"].partition(",")[0]}


def answers_may_be_kept(_world: World, _path: str, _token: str, answer: Answer) -> Answer:
    """Leave out that nobody may keep the answer."""
    status, body, fields = answer
    return status, body, {**fields, "Cache-Control": "public"}


def stores_are_left_out(_world: World, _path: str, _token: str, answer: Answer) -> Answer:
    """Answer less than there is."""
    status, body, fields = answer
    if status != 200:
        return answer
    page = json.loads(body)
    return status, json.dumps({**page, "items": page["items"][1:]}).encode(), fields


@contextmanager
def serving(world: World, flaw: Flaw) -> Iterator[str]:
    """Serve what the gateway answers, with a flaw; yield the URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            token = self.headers.get("Authorization", "")
            known = honest(world, self.path, token)
            status, body, fields = flaw(world, self.path, token, known)
            self.send_response(status)
            for name, value in fields.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_gateway_passes(measured: World) -> None:
    check("ours", measured.url, measured)


@pytest.mark.parametrize(
    ("flaw", "words"),
    [
        (expired_passes, "an expired token got 200"),
        (anybody_passes, "a forged token got 200"),
        (foreign_is_forbidden, "a foreign instance got 403"),
        (foreign_is_told, "told from an absent one"),
        (outage_is_hidden, "a deployment that is down got 200"),
        (stores_are_left_out, "a good token got 200"),
        (revoked_passes, "a revoked token got 200"),
        (nobody_counts, "calls are not counted for the client"),
        (resellers_are_not_counted, "calls are not counted for the reseller"),
        (answers_may_be_kept, "Cache-Control is public"),
    ],
)
def test_a_peer_with_a_flaw_is_not_measured(measured: World, flaw: Flaw, words: str) -> None:
    with serving(measured, flaw) as url, pytest.raises(Refused, match=words):
        check("the peer", url, measured)


def test_a_peer_without_one_is(measured: World) -> None:
    with serving(measured, lambda _world, _path, _token, answer: answer) as url:
        check("the peer", url, measured)
