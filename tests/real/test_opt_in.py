"""The suite talks to the server that the environment names, and says what it leaves behind."""

import json
import os
import subprocess
import sys
from pathlib import Path

from gateway.simulator.server import Simulator
from tests.real.server import VARIABLE
from tests.simulated import Control

ROOT = Path(__file__).parents[2]
PYTEST = [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "pytest_timeout"]
SUITE = ["tests/real/test_deployment.py", "tests/real/test_instances.py"]


def test_a_named_server_is_talked_to_as_well() -> None:
    """A simulator plays the real server."""
    with Simulator("real") as simulator:
        told = simulator.announcement()
        described = {
            "host": "127.0.0.1",
            "port": told["port"],
            "userName": told["userName"],
            "password": told["password"],
            "pin": told["thumbprint"],
            "instanceHost": "real-host1",
            "baseDirectory": "E:\\Scratch",
            "instancePrefix": "canary-",
        }
        control = Control(simulator.control_url)
        before = control.state()["instances"]
        # The other plugins take longer to load than all of this.
        quick = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", VARIABLE: json.dumps(described)}
        ended = subprocess.run(  # noqa: S603 - ourselves
            [*PYTEST, *SUITE],
            cwd=ROOT,
            env={**os.environ, **quick},
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )

        assert ended.returncode == 0, ended.stdout
        for server in ("simulator", "real"):
            assert f"test_a_ping_is_answered[{server}] PASSED" in ended.stdout
        assert "data is still there: E:\\Scratch\\canary-" in ended.stdout
        assert told["password"] not in ended.stdout + ended.stderr
        assert control.state()["instances"] == before
        assert "CreateInstance" in control.commands()
