"""What must not lie in the image, found in its files."""

import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from deploy.image.engines import Config

COMPILERS: Final = {"as", "c++", "cc", "clang", "cpp", "g++", "gcc", "go", "ld", "make", "rustc"}
INSTALLERS: Final = {"ensurepip", "pip", "setuptools", "uv", "wheel"}
OURS: Final = Path("opt/spe-gateway")
PROJECT: Final = {
    ".git",
    "Dockerfile",
    "Makefile",
    "benchmarks",
    "deploy",
    "pyproject.toml",
    "tests",
}
PLACES: Final = ("etc", "home", "mnt", "opt", "root", "srv", "tmp", "usr/local", "var")
SECRET: Final = re.compile(rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{40}")
NAMED_SECRET: Final = re.compile(r"SECRET|TOKEN|PASSW|CREDENTIAL|(?:^|_)KEYS?(?:_|$)|://[^/\s]*@")
FAIL_POINT: Final = re.compile(rb"SPE_GATEWAY_TEST_|tests\.faults|faults/kills")
SCANNED: Final = 4_000_000


def findings(root: Path, config: Config) -> Iterator[tuple[str, list[str]]]:
    """Yield what is looked for, and where it was found.

    Args:
        root: the image's files.
        config: what the image says of itself.
    """
    files = [path for path in walk(root) if stat.S_ISREG(path.lstat().st_mode)]
    names = {path: path.relative_to(root).as_posix() for path in files}
    programs = [name for name in names.values() if "/bin/" in f"/{name}"]
    below = [name for name in names.values() if name.startswith(PLACES)]
    ours = {path: name for path, name in names.items() if name.startswith(str(OURS))}
    inside = [name.rpartition("site-packages/")[2].partition("/")[0] for name in ours.values()]
    yield "a compiler", [name for name in programs if name.rpartition("/")[2] in COMPILERS]
    yield (
        "an installer beside the gateway",
        sorted({name for name in inside if name.partition("-")[0] in INSTALLERS}),
    )
    yield "a cache", [name for name in below if "/.cache/" in name or name.startswith("tmp/")]
    yield "tests", [name for name in ours.values() if "/tests/" in name]
    yield "sources", _sources(root)
    yield "a fail point", [name for path, name in ours.items() if FAIL_POINT.search(_text(path))]
    yield "a program that changes its user", [n for p, n in names.items() if _is_privileged(p)]
    yield "what anybody may change", [n for p, n in names.items() if p.stat().st_mode & 0o002]
    yield "a private key", [n for p, n in names.items() if n in below and SECRET.search(_text(p))]
    said = [f"{name}={value}" for name, value in config.environment.items()]
    yield (
        "a secret in what it says",
        [t for t in (*said, *config.history) if NAMED_SECRET.search(t)],
    )
    yield "state of a gateway", _left(root, config)


def walk(root: Path) -> Iterator[Path]:
    """Yield every file."""
    for folder, _, names in os.walk(root):
        yield from (Path(folder) / name for name in names)


def megabytes(folder: Path) -> float:
    """Return what the files of a folder hold, in MB (1,000,000 bytes), each counted once."""
    sizes = {(s.st_dev, s.st_ino): s.st_size for s in map(os.lstat, walk(folder))}
    return sum(sizes.values()) / 1_000_000


def _sources(root: Path) -> list[str]:
    """Return what is of the checkout, and neither installed nor of the base."""
    tops = [root, root / "src", root / "opt", root / OURS, root / "var/lib/spe-gateway"]
    there = [top / name for top in tops for name in PROJECT if (top / name).exists()]
    beside = [path for path in (root / "opt").iterdir() if path.name != OURS.name]
    return [path.relative_to(root).as_posix() for path in (*there, *beside)]


def _left(root: Path, config: Config) -> list[str]:
    return [path.name for path in (root / config.volume.strip("/")).iterdir()]


def _is_privileged(path: Path) -> bool:
    return bool(path.stat().st_mode & (stat.S_ISUID | stat.S_ISGID))


def _text(path: Path) -> bytes:
    return path.read_bytes() if path.stat().st_size < SCANNED else b""
