"""``python -m deploy.image build|prove``, which ``scripts/image`` calls."""

import argparse
import sys
from time import monotonic

from deploy.image.engines import TAG, Buildah, Client, engine
from deploy.image.programs import ImageError
from deploy.image.proof import prove
from deploy.image.stand_in import base_name, stand_in


def main() -> int:
    """Build the image, or prove it."""
    parser = argparse.ArgumentParser(prog="scripts/image", description=main.__doc__)
    parser.add_argument("what", choices=("build", "prove"))
    parser.add_argument(
        "--stand-in", action="store_true", help="on a base by debootstrap, without a registry"
    )
    asked = parser.parse_args()
    begin = monotonic()
    try:
        chosen = stand_in() if asked.stand_in else engine()
        said = _build(chosen, stands_in=asked.stand_in) if asked.what == "build" else _prove(chosen)
    except ImageError as error:
        sys.stderr.write(f"scripts/image: {error}\n")
        return 1
    sys.stdout.write(f"{said} in {monotonic() - begin:.0f} s.\n")
    return 0


def _build(chosen: Client | Buildah, *, stands_in: bool) -> str:
    chosen.build()
    base = f" on a STAND-IN for {base_name()[0]}: Debian by debootstrap" if stands_in else ""
    return f"Built {TAG} with {chosen.program}{base}"


def _prove(chosen: Client | Buildah) -> str:
    sys.stdout.write(
        f"Proving {TAG}. Its files and its configuration run in namespaces of this machine, not in "
        f"{chosen.program}:\nuser, capabilities, mounts, processes and network are real; limits of "
        "memory and processors,\na filter of system calls and an outside address are not there.\n"
    )
    prove(chosen)
    return "Proved"


if __name__ == "__main__":
    sys.exit(main())
