"""The Python SDK does the main job, straight and on a bad day; its README is true."""

import re
import subprocess
from pathlib import Path
from zipfile import ZipFile

from openapi.sdk.contract import operations
from openapi.sdk.faults.proxy import FAULTS
from openapi.sdk.job import STEPS, prove
from openapi.sdk.language import ROOT
from openapi.sdk.python.distribution import SOURCES
from openapi.sdk.python.language import Python
from openapi.sdk.world import World
from tests.sdk.scripted import Client

CODE = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def test_the_wheel_does_the_main_job(python_sdk: Path, sdk_world: World) -> None:
    run = prove(Python(), python_sdk, sdk_world, (), _silent)

    assert [each["step"] for each in run.steps] == list(STEPS)
    verified = next(each for each in run.steps if each["step"] == "verified")
    assert verified["operation"].startswith("op_")
    assert len(verified["progress"]) >= 2


def test_it_goes_on_through_new_words_new_fields_202_429_503_and_lost_answers(
    python_sdk: Path, sdk_world: World
) -> None:
    """``prove`` sees that each was met, and that the deployment was asked once for each thing."""
    run = prove(Python(), python_sdk, sdk_world, FAULTS, _silent)

    assert run.retried >= 6
    assert run.steps[-1]["status"] == "wordOfNextYear"


def test_the_examples_of_the_readme_and_of_our_page_run(python_sdk: Path, sdk_world: World) -> None:
    stage = sdk_world.stage("readme")
    page = (ROOT / "docs" / "sdks.md").read_text().partition("## Python\n")[2].partition("\n## ")[0]
    blocks = CODE.findall((SOURCES / "README.md").read_text()) + CODE.findall(page)
    program = "\n".join([_setting(), *blocks, SIGNED])
    done = subprocess.run(  # noqa: S603 - the SDK's own interpreter
        [python_sdk / ".venv/bin/python", "-c", program],
        env=stage.environment(sdk_world.url),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "INVALID_INPUT" not in done.stdout
    assert "NOT_FOUND" in done.stdout
    assert "/userName" in done.stdout
    assert "evt_1 instance.created ins_1" in done.stdout


def _setting() -> str:
    """What the reader of the README has: a registered deployment, and a client."""
    job = (ROOT / "openapi/sdk/python/main_job.py").read_text()
    return job.rpartition("\n\nif __name__")[0] + SETTING


SETTING = """
environment = os.environ
account = (environment["OPERATOR_CLIENT_ID"], environment["OPERATOR_CLIENT_SECRET"])
with Gateway(environment["GATEWAY_URL"], *account) as operator:
    register(operator)
    made = operator.resellers.create(models.ResellerCreate(name=NAME))
    body = models.ClientCreate(name="Portal", reseller=made.id, roles=["reseller-admin"])
    known = operator.clients.create(body)
environment["SPE_GATEWAY_URL"] = environment["GATEWAY_URL"]
environment["SPE_GATEWAY_CLIENT_ID"] = known.client_id
environment["SPE_GATEWAY_CLIENT_SECRET"] = known.client_secret
url, client_id, client_secret = environment["GATEWAY_URL"], known.client_id, known.client_secret
environment["WEBHOOK_SECRET"] = "whsec_c2VjcmV0"
"""

SIGNED = """
import hashlib, hmac, time
from base64 import b64encode
event = {"id": "evt_1", "type": "instance.created", "subject": "ins_1", "specversion": "1.0",
         "source": "gateway", "time": "2026-11-22T00:00:00Z", "number": 1, "data": {},
         "datacontenttype": "application/json", "reseller": "res_1"}
raw, now = json.dumps(event).encode(), str(int(time.time()))
digest = hmac.digest(b"secret", b"evt_1." + now.encode() + b"." + raw, "sha256")
told = {"webhook-id": "evt_1", "webhook-timestamp": now,
        "webhook-signature": "v1," + b64encode(digest).decode()}
assert receive(told, raw) == 204
assert receive(told, raw + b" ") == 400
"""


def test_there_is_a_method_for_each_operation_by_its_name_in_the_contract(client: Client) -> None:
    gateway = client.Gateway("http://localhost", "cli", "secret")
    names = {each.spec["x-sdk-method"] for each in operations()}
    missing = [name for name in names if not callable(_method(gateway, name))]

    assert len(names) > 200
    assert missing == []


def test_the_wheel_holds_everything_with_its_types(python_sdk: Path) -> None:
    wheel = next((python_sdk / "dist").glob("*.whl"))
    held = ZipFile(wheel).namelist()

    assert "spe_gateway_client/py.typed" in held
    assert "spe_gateway_client/generated/models/instance.py" in held
    assert sum("spe_gateway_client/nouns/" in each for each in held) > 30


def _method(gateway: Client, name: str) -> object:
    noun, verb = (_snake(each) for each in name.split("."))
    return getattr(getattr(gateway, noun), verb)


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", name).lower()


def _silent(_step: str) -> None:
    """Nobody looks on."""
