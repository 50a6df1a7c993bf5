"""A base for the image where no registry can be reached: Debian itself, under the base's name."""

import re
import sys
from pathlib import Path
from typing import Final

from deploy.image.engines import FOLDER, ROOT, Buildah
from deploy.image.programs import ImageError, run, run_aloud

PACKAGES: Final = "python3,python3-venv,python3-pip,ca-certificates"
HOME: Final = Path("/root")
CERTIFICATES: Final = "certificates.pem"


def stand_in() -> Buildah:
    """Return what builds the image on a stand-in, which is made the first time; about a minute.

    Raises:
        ImageError: debootstrap or buildah failed.
    """
    name, release = base_name()
    FOLDER.mkdir(parents=True, exist_ok=True)
    mounted = f"{_settings_of_pip()}:{HOME}:ro"
    buildah = Buildah("--pull-never", "--volume", mounted)
    if not buildah.knows(name):
        buildah.import_base(_debian(release), name)
    return buildah


def base_name() -> tuple[str, str]:
    """Return the name of the Dockerfile's base, and the release of Debian in it."""
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    names = set(re.findall(r"^FROM (\S+)", text, re.MULTILINE))
    if len(names) != 1:
        raise ImageError(f"The Dockerfile has other than one base: {sorted(names)}.")
    name = names.pop()
    return name, name.rpartition("-")[2]


def _debian(release: str) -> Path:
    archive = FOLDER / "base.tar"
    if not archive.exists():
        folder = FOLDER / "base"
        run("rm", "--recursive", "--force", "--one-file-system", str(folder))
        run_aloud("debootstrap", "--variant=minbase", f"--include={PACKAGES}", release, str(folder))
        (folder / "usr/local/bin/python").symlink_to("/usr/bin/python3")
        for left in ("var/cache/apt", "var/lib/apt/lists"):
            run("rm", "--recursive", "--force", str(folder / left))
        written = archive.with_suffix(".part")
        run("tar", "--create", "--file", str(written), "--directory", str(folder), ".")
        written.rename(archive)
        run("rm", "--recursive", "--force", "--one-file-system", str(folder))
    return archive


def _settings_of_pip() -> Path:
    """Return a folder to lie over root's, with this machine's settings of pip and authorities.

    It lies over a folder that every base has, so that nothing of it is left in the image.
    Indexes on this machine's own disk are left out: the image has no way to them.
    """
    home = FOLDER / "home"
    (home / ".config/pip").mkdir(parents=True, exist_ok=True)
    lines = ["[global]"]
    for line in run(sys.executable, "-m", "pip", "config", "list").splitlines():
        name, _, value = line.partition("=")
        option, text = name.rpartition(".")[2], value.strip("'")
        if option == "cert":
            (home / CERTIFICATES).write_bytes(Path(text).read_bytes())
            text = str(HOME / CERTIFICATES)
        if option in {"cert", "index-url", "default-timeout", "proxy", "trusted-host"}:
            lines.append(f"{option} = {text}")
    (home / ".config/pip/pip.conf").write_text("\n".join(dict.fromkeys(lines)), encoding="utf-8")
    return home
