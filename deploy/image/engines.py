"""What builds the image: docker, podman, or buildah, which needs no daemon."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from deploy.image.programs import ImageError, has, run, run_aloud, succeeds

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "build/image"
TAG: Final = "spe-gateway"

JSON = dict[str, Any]


@dataclass(frozen=True)
class Config:
    """What the image says of how it is run.

    Attributes:
        user: ``uid:gid``.
        folder: in which its command runs.
        volume: the one folder that it writes to.
        environment: of its processes.
        command: what runs in it.
        health: the command that says whether it is well.
        history: the lines that it was made by.
    """

    user: str
    folder: str
    volume: str
    environment: dict[str, str]
    command: list[str]
    health: list[str]
    history: list[str] = field(default_factory=list)


class Client:
    """docker or podman: a client whose engine runs images itself.

    Args:
        program: its name.
    """

    def __init__(self, program: str) -> None:
        self.program = program

    def build(self) -> None:
        """Build the image of the Dockerfile."""
        run_aloud(self.program, "build", "--tag", TAG, str(ROOT))

    def config(self) -> Config:
        """Return what the image says of itself."""
        said = json.loads(run(self.program, "image", "inspect", TAG))[0]["Config"]
        lines = run(self.program, "history", "--no-trunc", "--format", "{{.CreatedBy}}", TAG)
        return _config(said, lines.splitlines())

    @contextmanager
    def unpacked(self) -> Iterator[Path]:
        """Give a folder with the image's files for the length of a block."""
        with TemporaryDirectory(prefix="spe-image-") as folder:
            archive, target = Path(folder) / "files.tar", Path(folder) / "files"
            container = run(self.program, "create", TAG).strip()
            try:
                run(self.program, "export", "--output", str(archive), container)
            finally:
                run(self.program, "rm", container)
            target.mkdir()
            run("tar", "--extract", "--file", str(archive), "--directory", str(target))
            yield target


class Buildah:
    """buildah, with images of its own below ``build/``.

    Args:
        options: further ones of ``buildah bud``.
    """

    program = "buildah"

    def __init__(self, *options: str) -> None:
        self._options = options
        places = ("--root", str(FOLDER / "storage"), "--runroot", str(FOLDER / "run"))
        self._buildah = (self.program, *places, "--storage-driver", "vfs")

    def knows(self, tag: str) -> bool:
        """Whether there is an image of this name."""
        return succeeds(*self._buildah, "inspect", "--type", "image", tag)

    def import_base(self, archive: Path, tag: str) -> None:
        """Make an image of an archive of files."""
        file = archive.with_suffix(".Dockerfile")
        file.write_text(f"FROM scratch\nADD {archive.name} /\n", encoding="utf-8")
        self._bud("--tag", tag, "--file", str(file), str(archive.parent))

    def build(self) -> None:
        """Build the image of the Dockerfile."""
        self._bud(*self._options, "--tag", TAG, str(ROOT))

    def config(self) -> Config:
        """Return what the image says of itself."""
        said = json.loads(run(*self._buildah, "inspect", "--type", "image", TAG))["Docker"]
        return _config(said["config"], [each.get("created_by", "") for each in said["history"]])

    @contextmanager
    def unpacked(self) -> Iterator[Path]:
        """Give a folder with the image's files for the length of a block."""
        container = run(*self._buildah, "from", "--pull-never", TAG).strip()
        try:
            yield Path(run(*self._buildah, "mount", container).strip())
        finally:
            run(*self._buildah, "rm", container)

    def _bud(self, *words: str) -> None:
        # HEALTHCHECK is only in Docker's format. chroot needs no rights that a container lacks.
        run_aloud(*self._buildah, "bud", "--isolation", "chroot", "--format", "docker", *words)


def engine() -> Client | Buildah:
    """Return the first that works here.

    Raises:
        ImageError: none does.
    """
    for program in ("docker", "podman"):
        if succeeds(program, "info"):
            return Client(program)
    if has(Buildah.program):
        return Buildah()
    raise ImageError("Neither docker nor podman works here, and there is no buildah.")


def _config(said: JSON, history: list[str]) -> Config:
    return Config(
        user=said["User"],
        folder=said["WorkingDir"],
        volume=next(iter(said["Volumes"])),
        environment=dict(each.split("=", 1) for each in said["Env"]),
        command=said["Cmd"],
        health=said["Healthcheck"]["Test"][1:],
        history=history,
    )
