"""The checks of signatures on the page of webhooks tell right from wrong."""

import json
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from shutil import which

import pytest

from gateway.events import signing
from gateway.events.deliverer import DELAYS
from gateway.events.deliveries import KEPT, MOST_REPLAYED
from gateway.model import DisableReason
from tests.docs.tables import ROOT
from tests.docs.test_words import FENCE

PAGE = (ROOT / "docs/webhooks.md").read_text()
CODE = dict(FENCE.findall(PAGE))
SECRET = "whsec_" + b64encode(b"0123456789abcdef0123456789abcdef").decode()
BODY = b'{"type":"instance.created","data":{"name":"\xc3\xbc"}}'

PYTHON = """
import json, sys
secret, headers, body = json.loads(sys.stdin.read())
print(json.dumps(is_ours(secret, headers, body.encode("latin-1"))))
"""
NODE = """
const [secret, headers, body] = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
console.log(isOurs(secret, headers, Buffer.from(body, "latin1")));
"""
Check = Callable[[str, Mapping[str, str], bytes], bool]


def ran(program: list[str]) -> Check:
    def check(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
        given = json.dumps([secret, headers, body.decode("latin-1")])
        done = subprocess.run(  # noqa: S603 - what the page says
            program, input=given, capture_output=True, text=True, check=True, timeout=60
        )
        return bool(json.loads(done.stdout))

    return check


def checks() -> dict[str, Check]:
    """Return the ways of the page that can be tried here."""
    found = {"python": ran([sys.executable, "-c", CODE["python"] + PYTHON])}
    node = which("node")
    return found | ({"javascript": ran([node, "-e", CODE["javascript"] + NODE])} if node else {})


@pytest.mark.parametrize("language", checks())
def test_a_signature_of_ours_is_right_and_no_other_is(language: str) -> None:
    check = checks()[language]
    time_sent = datetime.now(UTC)
    other = "whsec_" + b64encode(bytes(32)).decode()
    headers = signing.headers([SECRET], "evt_1", time_sent, BODY)
    both = signing.headers([other, SECRET], "evt_1", time_sent, BODY)
    old = signing.headers([SECRET], "evt_1", time_sent - timedelta(minutes=6), BODY)

    assert check(SECRET, headers, BODY)
    assert check(SECRET, both, BODY)
    assert not check(SECRET, headers, BODY + b" ")
    assert not check(other, headers, BODY)
    assert not check(SECRET, {**headers, "webhook-id": "evt_2"}, BODY)
    assert not check(SECRET, old, BODY)
    assert not check(SECRET, {**headers, "webhook-signature": "v1,"}, BODY)
    assert not check(SECRET, {**headers, "webhook-timestamp": str(int(time.time()) + 60)}, BODY)


def test_the_page_says_what_the_code_does() -> None:
    row = next(line for line in PAGE.splitlines() if line.startswith("| After |"))
    waits = [cell.strip() for cell in row.strip("| ").split("|")[1:]]

    assert waits == ["at once", *(said(each) for each in DELAYS[1:])]
    assert f"{MOST_REPLAYED:,} numbers".replace(",", " ") in PAGE
    assert f"for {KEPT.days} days" in PAGE
    assert all(f"| `{each}` |" in PAGE for each in DisableReason)


def said(wait: timedelta) -> str:
    """Return a wait as the page has it."""
    seconds = int(wait.total_seconds())
    units = (("h", 3600), ("min", 60), ("s", 1))
    return next(f"{seconds // size} {unit}" for unit, size in units if seconds >= size)
