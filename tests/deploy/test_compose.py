"""The compose file: confined services, no secret in it, and nothing named that is not there."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gateway import serving
from gateway.cli.overview import COMMANDS
from gateway.setting_fields import defaults
from gateway.settings import PREFIX, Settings
from tests.deploy.house import CONFIGURATION

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "compose.yaml").read_text()
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = [name for name, each in SERVICES.items() if each["image"] == "spe-gateway"]
CONDITIONS = {"service_healthy", "service_completed_successfully"}
KEYS = {
    *("build", "cap_drop", "command", "depends_on", "environment", "healthcheck", "image"),
    *("logging", "networks", "ports", "profiles", "read_only", "restart", "security_opt"),
    *("shm_size", "stop_grace_period", "stop_signal", "tmpfs", "user", "volumes"),
}
"""Of the Compose Specification, those that are used."""

services = pytest.mark.parametrize("name", SERVICES)


def seconds(text: str) -> int:
    """Return a time of Compose's that is in seconds."""
    assert text.endswith("s")
    return int(text[:-1])


@services
def test_a_service_has_only_what_compose_knows(name: str) -> None:
    assert set(SERVICES[name]) <= KEYS
    assert {key for key in FILE if not key.startswith("x-")} == {
        *("name", "networks", "services", "volumes")
    }


@services
def test_a_service_is_confined(name: str) -> None:
    service = SERVICES[name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert name in OURS or service["user"] not in {"root", "0", 0}


@services
def test_an_image_is_pinned(name: str) -> None:
    image = SERVICES[name]["image"]

    assert image == "spe-gateway" or re.fullmatch(
        r"[\w/]+:v?\d+\.\d+\.\d+(-\w+)?|.*:\d+\.\d+-\w+", image
    )


@services
def test_what_a_service_waits_for_can_come_true(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        assert how["condition"] in CONDITIONS
        assert (
            how["condition"] != "service_healthy" or other in OURS or SERVICES[other]["healthcheck"]
        )
        assert how["condition"] == "service_healthy" or SERVICES[other]["restart"] == "no"


@services
def test_only_the_proxy_can_be_reached_from_outside(name: str) -> None:
    for port in SERVICES[name].get("ports", []):
        assert name == "proxy" or port.startswith("127.0.0.1:")


@services
def test_what_is_mounted_is_there(name: str) -> None:
    for mount in SERVICES[name].get("volumes", []):
        if mount.startswith("./"):
            assert (ROOT / mount.split(":")[0]).exists(), mount
            assert mount.endswith(":ro"), mount
        elif not mount.startswith("${"):
            assert mount.split(":")[0] in FILE["volumes"], mount


@services
def test_networks_are_declared(name: str) -> None:
    assert set(SERVICES[name]["networks"]) <= set(FILE["networks"])


def test_no_two_processes_share_a_home() -> None:
    homes = [SERVICES[name]["volumes"][0] for name in OURS if "profiles" not in SERVICES[name]]

    assert len(set(homes)) == len(homes) == 5
    assert all(home.endswith(":/var/lib/spe-gateway") for home in homes)


@pytest.mark.parametrize("name", OURS)
def test_the_settings_exist_and_the_command_too(name: str) -> None:
    known = {PREFIX + each.upper() for each in defaults(Settings)}
    words = SERVICES[name].get("command", ["spe-gateway", "serve"])

    assert set(SERVICES[name]["environment"]) <= known
    assert words[0] == "spe-gateway"
    assert words[1] in COMMANDS


def test_what_is_secret_is_asked_for() -> None:
    """Every variable has to be given, and the file says how, but for what is no secret."""
    asked = re.findall(r"(?<!\$)\$\{(\w+)(:\?[^}]+)?\}", TEXT)
    values = re.findall(r"^ *(\w*(?:PASSWORD|KEYS|AUTH)\w*): (.*)$", TEXT, re.MULTILINE)

    assert len(asked) > 8
    assert all(how for _, how in asked), asked
    assert values
    assert all(value.startswith("${") for _, value in values), values


def test_a_gateway_may_end_before_it_is_killed() -> None:
    for name in OURS:
        if "stop_grace_period" in SERVICES[name]:
            pause = int(SERVICES[name]["environment"]["SPE_GATEWAY_DRAIN_SECONDS"])
            grace = seconds(SERVICES[name]["stop_grace_period"])
            assert grace > pause + serving.graceful_timeout


def test_the_proxy_is_given_what_its_file_takes() -> None:
    named = set(re.findall(r"\$\{(\w+)-", CONFIGURATION.read_text()))

    assert set(SERVICES["proxy"]["environment"]) <= named
    assert {"GATEWAY_A", "GATEWAY_B"} <= set(SERVICES["proxy"]["environment"])
    assert SERVICES["proxy"]["stop_signal"] == "SIGUSR1"


def test_prometheus_asks_where_processes_answer() -> None:
    scraped = yaml.safe_load((ROOT / "deploy/compose/prometheus.yml").read_text())["scrape_configs"]
    targets = {
        target for job in scraped for group in job["static_configs"] for target in group["targets"]
    }
    port = SERVICES["worker-a"]["environment"]["SPE_GATEWAY_METRICS_BIND"].rpartition(":")[2]
    processes = {name for name in OURS if name.startswith(("gateway", "worker"))}

    assert targets == {f"{name}:{port}" for name in processes} | {"proxy:8405"}
