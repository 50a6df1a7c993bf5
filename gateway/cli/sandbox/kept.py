"""``sandbox.json``: what there is in a sandbox, for people, scripts and the commands of ours."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import gettempdir
from typing import Any, Final, Self

from gateway.cli.failure import Failure

FILE: Final = "sandbox.json"
PREFIX: Final = "spe-gateway-demo-"
"""Of folders that go with their sandbox."""

PRIVATE: Final = 0o600
Document = dict[str, Any]


@dataclass
class Kept:
    """A sandbox as it is told; the names in the file are these, in camel case where they have two.

    Attributes:
        home: where it lies.
        process: the id of the process that keeps it up.
        url: of the gateway.
        docs: its reference page.
        clients: name, role, reseller, instance, clientId and clientSecret each; the operator
            comes first.
        deployments: name, id, version, host, port, sha256, userName, password and controlUrl each.
        webhook: id, url and secret.
        deliveries: the file that gets what the webhook is sent.
    """

    home: str
    process: int
    url: str
    docs: str
    clients: list[Document] = field(default_factory=list)
    deployments: list[Document] = field(default_factory=list)
    webhook: Document = field(default_factory=dict)
    deliveries: str = ""

    @property
    def operator(self) -> Mapping[str, str]:
        """The first operator."""
        return self.clients[0]

    def text(self) -> str:
        """Return it as JSON."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"

    def write(self, path: Path) -> None:
        """Write it for its owner alone; whoever sees the file sees all of it."""
        fresh = path.with_name(f".{path.name}.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "w") as file:
            file.write(self.text())
        fresh.replace(path)

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the sandbox of a folder.

        Raises:
            Failure: there is none.
        """
        try:
            return cls(**json.loads((folder / FILE).read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise Failure(
                f"There is no sandbox in {folder}: 'spe-gateway demo --home {folder}' makes one."
            ) from error

    def chosen(self, names: Sequence[str]) -> list[Document]:
        """Return deployments by their names; all of them if none is given.

        Raises:
            Failure: there is none of such a name.
        """
        known = {each["name"]: each for each in self.deployments}
        for name in names:
            if name not in known:
                raise Failure(f"The sandbox has no deployment {name}; it has {', '.join(known)}.")
        return [known[name] for name in names or known]

    def client(self, begun: str) -> Document:
        """Return the client whose name begins so.

        Raises:
            Failure: none does, or more than one.
        """
        found = [each for each in self.clients if each["name"].startswith(begun)]
        if not found:
            names = ", ".join(each["name"] for each in self.clients)
            raise Failure(f"There is no client {begun}: there are {names}.")
        if len(found) > 1:
            raise Failure(f"Which client: {', '.join(each['name'] for each in found)}?")
        return found[0]


def find(home: Path | None) -> Kept:
    """Return the sandbox of a folder, or the one that runs.

    Raises:
        Failure: there is none, or it cannot be told which one is meant.
    """
    if home is not None:
        return Kept.read(home)
    running = [each for each in map(Kept.read, _passing()) if _lives(each.process)]
    if not running:
        raise Failure(
            "No sandbox runs that is found by itself: name one that 'demo --home FOLDER' keeps "
            "with --home FOLDER here, too, or start one with 'spe-gateway demo'."
        )
    if len(running) > 1:
        homes = " or ".join(each.home for each in running)
        raise Failure(f"{len(running)} sandboxes run: name one with --home {homes}.")
    return running[0]


def passes(kept: Kept) -> bool:
    """Whether a sandbox goes with its demonstration, and is found without its name."""
    return Path(kept.home).name.startswith(PREFIX)


def _passing() -> list[Path]:
    """Return the folders of our own that go with their sandbox."""
    found = (path.parent for path in Path(gettempdir()).glob(f"{PREFIX}*/{FILE}"))
    return [folder for folder in found if folder.stat().st_uid == os.getuid()]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
