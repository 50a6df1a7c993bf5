"""The proof: the image is looked through, and serves, and ends as it should."""

import json
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from typing import Any, Final

from deploy.image.cell import PATIENCE, Cell
from deploy.image.contents import OURS, findings, megabytes
from deploy.image.engines import FOLDER, Buildah, Client, Config
from deploy.image.programs import ImageError

HALF: Final = Path(__file__).with_name("half.py")
HEALTH_SECONDS: Final = 60
WRITABLE: Final = (
    "find / -xdev -writable -not -type l -print; find /tmp /dev -writable -type d -print"
)

JSON = dict[str, Any]


def prove(engine: Client | Buildah) -> None:
    """Look the image through, and run it.

    Raises:
        ImageError: it does not keep what it promises.
    """
    with engine.unpacked() as root:
        _prove(root, engine.config())


def _prove(root: Path, config: Config) -> None:
    _say(f"{megabytes(root):.0f} MB in all, of which {megabytes(root / OURS):.0f} MB are ours")
    _look_through(root, config)
    volume = _volume(root, config)
    credentials = _initialised(root, config, volume)
    with Cell(root, config, volume) as cell:
        _await_health(cell, config)
        _require_confined(cell, config)
        _require_read_only(cell, config)
        with _deployment(cell) as announced:
            _use(cell, credentials, announced)
        _drain(cell)
    shutil.rmtree(volume)


def _look_through(root: Path, config: Config) -> None:
    if config.user != "10001:10001":
        raise ImageError(f"It runs as {config.user}.")
    wrong = []
    for what, where in findings(root, config):
        _say(f"no {what}" if not where else f"{what.upper()}: {where[:5]}")
        wrong += where
    if wrong:
        raise ImageError("What must not be in the image is in it.")


def _volume(root: Path, config: Config) -> Path:
    """Return a new volume, which has the owner and mode that the image gives its folder."""
    volume = FOLDER / "volume"
    shutil.rmtree(volume, ignore_errors=True)
    template = (root / config.volume.strip("/")).stat()
    volume.mkdir()
    volume.chmod(template.st_mode)
    shutil.chown(volume, template.st_uid, template.st_gid)
    return volume


def _initialised(root: Path, config: Config, volume: Path) -> Mapping[str, str]:
    with Cell(root, config, volume, ["spe-gateway", "init"]) as cell:
        status, said, complaint = cell.ended()
    if status:
        raise ImageError(f"init ended with {status}: {complaint[-2000:]}")
    operator = json.loads(said)
    _say("init made keys, a database and the first operator")
    return {
        "SPE_GATEWAY_CLIENT_ID": operator["clientId"],
        "SPE_GATEWAY_CLIENT_SECRET": operator["clientSecret"],
    }


def _await_health(cell: Cell, config: Config) -> None:
    begin = monotonic()
    while True:
        asked = cell.beside(*config.health)
        _, complaint = asked.communicate(timeout=PATIENCE)
        if not asked.returncode:
            break
        if cell.process.poll() is not None:
            raise ImageError(f"It ended: {cell.ended()}")
        if monotonic() - begin > HEALTH_SECONDS:
            raise ImageError(f"It is not healthy: {complaint[-500:]}")
        sleep(0.2)
    _say(f"its health check is content after {monotonic() - begin:.1f} s")


def _require_confined(cell: Cell, config: Config) -> None:
    status = Path(f"/proc/{cell.number_one}/status").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^(\w+):[ \t]*(.*)$", status, re.MULTILINE))
    user, _, group = config.user.partition(":")
    wanted = {
        "Uid": "\t".join([user] * 4),
        "Gid": "\t".join([group] * 4),
        "Groups": "",
        "CapEff": "0" * 16,
        "CapBnd": "0" * 16,
        "NoNewPrivs": "1",
    }
    found = {name: fields.get(name, "").strip() for name in wanted}
    if found != wanted or fields["NSpid"].split()[-1] != "1":
        raise ImageError(f"It runs as {found}.")
    _say(
        f"it runs as {user}, without a capability, as process 1; its first takes {fields['VmRSS']}"
    )


def _require_read_only(cell: Cell, config: Config) -> None:
    found = {
        name
        for name in cell.run("sh", "-c", f"{WRITABLE} 2>/dev/null || true").split()
        if Path(config.volume) not in (Path(name), *Path(name).parents)
    }
    elsewhere = found - {"/tmp", "/dev/null", "/dev/zero", "/dev/full"}  # noqa: S108 # the image's
    elsewhere -= {"/dev/random", "/dev/urandom"}
    if elsewhere:
        raise ImageError(f"It may write elsewhere than to its volume and /tmp: {elsewhere}")
    tried = cell.beside("sh", "-c", "touch /opt/spe-gateway/x")
    _, complaint = tried.communicate(timeout=PATIENCE)
    if "Read-only file system" not in complaint:
        raise ImageError(f"Its file system is not read-only: {complaint!r}")
    cell.run("sh", "-c", f"touch /tmp/x {config.volume}/x && rm /tmp/x {config.volume}/x")
    _say("it can write to its volume and /tmp, and nowhere else")


@contextmanager
def _deployment(cell: Cell) -> Iterator[JSON]:
    process = cell.beside("spe-gateway", "simulate", "--name", "alpha", "--lifeline")
    try:
        yield json.loads(_line(process))
    finally:
        process.communicate(timeout=PATIENCE)  # closes its standard input, which ends it


def _use(cell: Cell, credentials: Mapping[str, str], announced: JSON) -> None:
    """Do the main job with the image's own command line, which takes a token for each call."""
    spe = announced["userName"], str(announced["port"]), announced["thumbprint"]
    register = (
        *("spe-gateway", "deployments", "register", "--name", "alpha", "--host", "127.0.0.1"),
        *("--user-name", spe[0], "--port", spe[1], "--pin", spe[2], "--password-file", "-"),
    )
    asked = cell.beside(*register, **credentials)
    _, complaint = asked.communicate(announced["password"], timeout=PATIENCE)
    if asked.returncode:
        raise ImageError(f"The deployment was not registered: {complaint[-2000:]}")
    names = ("--instance-id", "acme", "--display-name", "Acme", "--store", "2026")
    cell.run("spe-gateway", "instances", "create", *names, **credentials)
    listed = cell.run("spe-gateway", "instances", "list", "--json", **credentials)
    if '"acme"' not in listed:
        raise ImageError(f"The instance is not listed: {listed}")
    _say("with a token it registered a deployment, made an instance there and listed it")


def _drain(cell: Cell) -> None:
    """Stop it while it reads a request: that one is answered, and the status is 0."""
    half = cell.beside("python", "-c", HALF.read_text(encoding="utf-8"))
    if _line(half).strip() != "under way":
        raise ImageError("No request was under way.")
    begin = monotonic()
    cell.terminate()
    answer, complaint = half.communicate("go on\n", timeout=PATIENCE)
    status, _, last = cell.ended()
    if status or "401" not in answer:
        raise ImageError(f"Ended with {status} and {answer!r}: {complaint}{last[-2000:]}")
    _say(
        "on SIGTERM it answered what was under way, and ended with 0 "
        f"after {monotonic() - begin:.1f} s"
    )


def _line(process: subprocess.Popen[str]) -> str:
    if process.stdout is None or not select.select([process.stdout], [], [], PATIENCE)[0]:
        raise ImageError("A process says nothing.")
    return process.stdout.readline()


def _say(text: str) -> None:
    sys.stdout.write(f"  {text}\n")
    sys.stdout.flush()
