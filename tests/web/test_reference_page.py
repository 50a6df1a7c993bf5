"""The reference page in Chromium: it asks nobody else, breaks no policy, and can be tried.

One browser and one gateway for all tests. Without Chromium, which ``scripts/test-services``
installs, they are skipped and named in red; with ``CI=true`` they fail.
"""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.contract.conftest import Listening, listen
from tests.services import ABSENT, leave_out
from tests.world import World

PATIENCE = 30_000
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
WRONG = "X" * 43
STARTED = ".opblock-tag"
ANSWER = ".live-responses-table .response .highlight-code"


class Reader:
    """Somebody with the page before him, and all that it asks for, says and breaks."""

    def __init__(self, page: Page, gateway: Listening) -> None:
        self.page, self.gateway = page, gateway
        self.asked: list[str] = []
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.context.route("**/*", self._watched)
        page.on("console", lambda said: self._complain(said.type, said.text))
        page.on("pageerror", lambda error: self._complain("error", str(error)))

    def _watched(self, route: Route) -> None:
        self.asked.append(route.request.url)
        if self._is_elsewhere(route.request.url):
            route.abort()
        else:
            route.continue_()

    def _is_elsewhere(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme != "data" and f"{parts.scheme}://{parts.netloc}" != self.gateway.url

    def _complain(self, kind: str, words: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(words)

    @property
    def elsewhere(self) -> list[str]:
        """What was asked of anybody but the gateway."""
        return [url for url in self.asked if self._is_elsewhere(url)]

    def open(self, path: str = "/docs") -> None:
        """Open a page and wait until it has its operations."""
        self.page.goto(self.gateway.url + path)
        self.page.wait_for_selector(STARTED)

    def sign_in(self, client_id: str, secret: str) -> None:
        """Send the form."""
        self.page.fill("#client-id", client_id)
        self.page.fill("#client-secret", secret)
        self.page.click("#sign-in button")

    def find(self, phrase: str, operation: str) -> None:
        """Type into the filter, and open an operation that it leaves."""
        self.page.fill("#filter", phrase)
        self.page.click(f"[id='operations-{operation}'] .opblock-summary-control")
        self.page.click(f"[id='operations-{operation}'] .try-out__btn")

    def fill(self, name: str, value: str) -> None:
        """Fill a parameter of the one operation that is open."""
        self.page.fill(f".is-open tr[data-param-name='{name}'] input", value)

    def carried_out(self) -> Any:  # noqa: ANN401 # JSON
        """Send the request of the one operation that is open, and return the answer it shows."""
        self.page.click(".is-open .execute")
        shown = self.page.inner_text(f".is-open {ANSWER} >> nth=0")
        return json.loads(shown[shown.index("{") :])


@pytest.fixture(scope="module")
def gateway(own_world: World) -> Iterator[Listening]:
    """A gateway on a socket."""
    yield from listen(own_world)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium, without a window."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        leave_out(f"Chromium {ABSENT}: scripts/test-services installs it.")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=options)
        yield started
        started.close()


@pytest.fixture
def reader(browser: Browser, gateway: Listening) -> Iterator[Reader]:
    """Somebody whose browser knows nothing of before; what the page breaks fails the test."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    made = Reader(context.new_page(), gateway)
    yield made
    context.close()
    assert made.elsewhere == []
    assert made.complaints == []


@pytest.fixture
def client(gateway: Listening) -> dict[str, str]:
    """A client of the first reseller, with its secret."""
    return gateway.world.new_client("A", roles=["reseller-admin"])


def test_somebody_signs_in_looks_and_writes(reader: Reader, client: dict[str, str]) -> None:
    reader.open("/docs#/me/getMe")
    reader.page.wait_for_selector(".is-open .facts")
    assert "me.get" in reader.page.inner_text(".is-open .facts")
    reader.sign_in(client["clientId"], client["clientSecret"])
    reader.page.wait_for_selector("#signed-in")
    assert reader.page.input_value("#client-secret") == ""

    reader.page.click(".is-open .try-out__btn")
    assert reader.carried_out()["client"] == client["id"]
    reader.page.click(".is-open .opblock-summary-control")

    reader.find("stores.verify", "store-actions-verifyStore")
    reader.fill("instance", reader.gateway.archive["id"])
    reader.fill("store", "1")
    reader.fill("Idempotency-Key", "a-key-of-the-reader")
    reader.fill("Prefer", "wait=0")
    accepted = reader.carried_out()
    assert accepted["kind"] == "verifyStore"
    assert accepted["status"] in {"queued", "running"}
    assert f"/instances/{reader.gateway.archive['id']}/stores/1/verify" in " ".join(reader.asked)


def test_a_wrong_secret_is_said_and_a_pasted_token_will_do(reader: Reader) -> None:
    reader.open()
    reader.sign_in("cli_" + "0" * 32, WRONG)
    reader.page.wait_for_selector("#trouble")
    assert reader.page.is_hidden("#signed-in")
    reader.complaints.clear()  # Chromium names the 401

    reader.page.select_option("#way", "token")
    reader.page.fill("#token", str(reader.gateway.world.operator.token))
    reader.page.click("#sign-in button")
    reader.page.wait_for_selector("#signed-in")
    assert reader.page.is_hidden("#trouble")
    reader.page.click("#sign-out")
    assert reader.page.is_visible("#sign-in")
    kept = reader.page.evaluate("JSON.stringify([localStorage, sessionStorage, document.cookie])")
    assert kept == '[{},{},""]'


def test_a_link_to_an_operation_shows_its_first_line(reader: Reader) -> None:
    reader.open("/docs#/webhooks/createWebhook")
    reader.page.wait_for_selector(".is-open .facts")
    summary = "[id='operations-webhooks-createWebhook'] .opblock-summary"
    reader.page.wait_for_function(
        """(which) => {
            const top = document.querySelector(which).getBoundingClientRect().top;
            const bar = document.getElementById("bar").getBoundingClientRect().bottom;
            return top >= bar && top < bar + 100;
        }""",
        arg=summary,
    )


def test_every_operation_is_found_and_opened_by_what_it_is_known_by(reader: Reader) -> None:
    reader.open()
    assert reader.page.locator(".opblock-tag-section .opblock").count() == 0, (
        "tags are closed at first"
    )
    number = len(reader.gateway.world.served.contract.document["paths"])
    found = int(reader.page.inner_text("#found").split()[0])
    assert found > number

    for phrase in ("VerifyStore", "stores:run verify index", "/stores/{store}/verify"):
        reader.page.fill("#filter", phrase)
        reader.page.wait_for_selector("[id='operations-store-actions-verifyStore']")
        assert reader.page.inner_text("#found").endswith(f" of {found}")


def test_a_webhook_is_found_and_counted_as_operations_are(reader: Reader) -> None:
    reader.open()
    assert reader.page.is_visible(".webhooks")
    assert reader.page.is_visible(".information-container")

    reader.page.fill("#filter", "VerifyStore")
    reader.page.wait_for_selector(".webhooks", state="hidden")
    assert reader.page.is_hidden(".information-container"), "what is found comes first"
    reader.page.fill("#filter", "receiveEvent")
    reader.page.wait_for_selector(".webhooks", state="visible")
    assert reader.page.inner_text("#found").startswith("1 of ")
    reader.page.fill("#filter", "")
    reader.page.wait_for_selector(".information-container", state="visible")


def test_there_is_one_way_to_sign_in(reader: Reader) -> None:
    reader.open("/docs#/me/getMe")
    reader.page.wait_for_selector(".is-open .facts")

    assert reader.page.locator(".authorize, .authorization__btn").count() == 0
    assert reader.page.locator("#sign-in").count() == 1


def test_the_catalogues_can_be_read_and_lead_back(reader: Reader) -> None:
    for name in ("permissions", "events", "problems"):
        reader.page.goto(f"{reader.gateway.url}/docs/{name}")
        assert reader.page.inner_text("h1").lower() == name
        assert reader.page.locator("tbody tr, section").count() > 30
    reader.page.click("text=Reference")
    reader.page.wait_for_selector(STARTED)
    assert Path(urlsplit(reader.page.url).path).name == "docs"
