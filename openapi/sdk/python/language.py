"""The SDK for Python: openapi-python-client's, and our companion around it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from openapi.sdk.faults.proxy import FAULTS
from openapi.sdk.language import Missing, Tell
from openapi.sdk.python.distribution import WHEEL, assemble, check, install

PROGRAM: Final = Path(__file__).parent / "main_job.py"
"""Python's main job, run with the environment into which the wheel was installed."""


class Python:
    """The language as the frame sees it (``openapi.sdk.language.Language``)."""

    name = "python"
    description = "openapi-python-client, and our companion"
    withstands: Sequence[str] = FAULTS

    def missing(self) -> Sequence[Missing]:
        """Return nothing: ``make setup`` installs all that it needs."""
        return ()

    def make(self, folder: Path, tell: Tell) -> None:
        """Put the distribution together, install its wheel into a fresh .venv, check its types."""
        assemble(folder, tell)
        install(folder, tell)
        check(folder, PROGRAM, tell)

    def use(self, folder: Path) -> str:
        """Return the command that installs its wheel."""
        return f"pip install {folder}/{WHEEL}"

    def job(self, folder: Path) -> Sequence[str]:
        """Return the main job, run by the Python into which the wheel was installed."""
        return [str(folder / ".venv" / "bin" / "python"), str(PROGRAM)]
