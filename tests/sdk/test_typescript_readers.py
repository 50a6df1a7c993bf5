"""What the README of the TypeScript SDK says is true, in Node and in a browser."""

import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from gateway.settings import child_environment
from openapi.sdk.commands import run
from tests.contract.conftest import Listening, listen
from tests.services import ABSENT, leave_out
from tests.world import World

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
PLACE = "/page/"
HTML = """<!doctype html><link rel="icon" href="data:,"><script type="importmap">{"imports": {
  "@spe-gateway/client": "/page/dist/index.js",
  "#crypto": "/page/dist/crypto.js",
  "openapi-fetch": "/page/node_modules/openapi-fetch/dist/index.mjs"
}}</script>"""
SCRIPT = """async ({ token, instance }) => {
  const { Gateway, Problem } = await import("@spe-gateway/client");
  const gateway = new Gateway({ url: location.origin, token: () => token });
  const made = await gateway.stores.create({ instance }, { name: "From a page" }).wait();
  const names = (await gateway.stores.list({ instance }).all()).map(({ name }) => name);
  const absent = `ins_${"0".repeat(32)}`;
  const problem = await gateway.instances.get({ instance: absent }).catch((error) => error);
  const types = [];
  for await (const { type } of gateway.events.stream({ after: 0 }))
    if (types.push(type) === 2) break;
  const isProblem = problem instanceof Problem;
  return { made: made.name, names, code: problem.code, isProblem, types };
}"""
CONSUMER = """
import { Gateway, verifyWebhook, type Schemas } from "@spe-gateway/client";

const token = async () => (await fetch("/token")).json();
const gateway = new Gateway({ url: location.origin, token });
const stores: Schemas["Store"][] = await gateway.stores.list({ instance: "ins_1" }).all();
document.title = stores.map(({ name }) => name).join(", ");
export const check: (secret: string) => Promise<Schemas["CloudEvent"]> = (secret) =>
  verifyWebhook({ headers: new Headers(), body: new Uint8Array() }, secret);
"""
BROWSER = {
    "compilerOptions": {
        "strict": True,
        "exactOptionalPropertyTypes": True,
        "target": "ES2022",
        "lib": ["ES2022", "DOM"],
        "module": "ESNext",
        "moduleResolution": "Bundler",
        "types": [],
        "noEmit": True,
        "skipDefaultLibCheck": True,
    },
    "files": ["page.ts"],
}


@pytest.fixture(scope="module")
def laboratory(own_world: World) -> Iterator[Listening]:
    """A gateway with instances, which may send webhooks to this machine."""
    yield from listen(own_world)


@pytest.fixture
def page(typescript_sdk: Path, laboratory: Listening) -> Iterator[Page]:
    """A page of the gateway's origin, beside which the package lies."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        leave_out(f"Chromium {ABSENT}: scripts/test-services installs it.")
    options = ["--no-sandbox"] if os.geteuid() == 0 else []

    def served(route: Route) -> None:
        path = route.request.url.partition(PLACE)[2]
        if path:
            route.fulfill(path=typescript_sdk / path, content_type="text/javascript")
        else:
            route.fulfill(body=HTML, content_type="text/html")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        opened = browser.new_page()
        opened.route(f"**{PLACE}**", served)
        opened.goto(laboratory.url + PLACE)
        yield opened
        browser.close()


def test_the_examples_of_the_readmerun(typescript_sdk: Path, laboratory: Listening) -> None:
    client = laboratory.world.new_client("A", roles=["reseller-admin"])
    environment = child_environment() | {
        "SPE_GATEWAY_URL": laboratory.url,
        "SPE_GATEWAY_CLIENT_ID": client["clientId"],
        "SPE_GATEWAY_CLIENT_SECRET": client["clientSecret"],
    }
    program = (typescript_sdk / "checked/readme/examples.js").read_text()
    for port in ("8089", "8090"):
        assert port in program
        program = program.replace(port, str(_free_port()))
    (typescript_sdk / "checked/readme/run.js").write_text(program)

    lines = run(["node", "checked/readme/run.js"], typescript_sdk, environment).splitlines()
    assert any(each.startswith("succeeded ") for each in lines)
    assert lines.count("true") == len(("finished", "created once"))
    assert "true true" in lines
    assert any(re.fullmatch(r"INVALID_INPUT 422 false \w+", each) for each in lines)
    assert any(each.startswith("/userName ") for each in lines)
    assert "[ 'Mail', '2027' ]" in lines
    assert any(re.search(r"instance\.created ins_", each) for each in lines)
    assert "received webhook.test" in lines
    assert "delivery delivered" in lines


def test_it_runs_in_a_browser(page: Page, laboratory: Listening) -> None:
    made = laboratory.world
    client = made.new_client("A", roles=["reseller-admin"])
    token = made.served.token(client["clientId"], client["clientSecret"])

    told = page.evaluate(SCRIPT, {"token": token, "instance": laboratory.archive["id"]})

    assert told["made"] == "From a page"
    assert told["made"] in told["names"]
    assert told["isProblem"]
    assert told["code"] == "NOT_FOUND"
    assert "instance.created" in told["types"]


def test_what_is_packed_compiles_in_a_page_that_knows_nothing_of_node(
    typescript_sdk: Path, tmp_path: Path
) -> None:
    command = ["npm", "pack", "--json", "--pack-destination", str(tmp_path)]
    packed = json.loads(run(command, typescript_sdk, child_environment()))[0]
    _install(tmp_path / packed["filename"], typescript_sdk, tmp_path)
    (tmp_path / "page.ts").write_text(CONSUMER)
    (tmp_path / "tsconfig.json").write_text(json.dumps(BROWSER))

    run(
        ["node", str(typescript_sdk / "node_modules/typescript/bin/tsc")],
        tmp_path,
        child_environment(),
    )

    beside = {each["path"] for each in packed["files"] if not each["path"].startswith("dist/")}
    assert beside == {"LICENSE", "README.md", "package.json"}


def _install(archive: Path, package: Path, folder: Path) -> None:
    """Unpack what was packed where a page finds it, beside its one dependency."""
    place = folder / "node_modules/@spe-gateway/client"
    place.mkdir(parents=True)
    run(["tar", "--extract", "--file", str(archive), "--strip-components=1"], place)
    for name in ("openapi-fetch", "openapi-typescript-helpers"):
        shutil.copytree(package / "node_modules" / name, folder / "node_modules" / name)


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
