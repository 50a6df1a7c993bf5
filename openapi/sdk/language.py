"""What the frame asks of each SDK."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

ROOT: Final = Path(__file__).parents[2]
BUILD: Final = ROOT / "build" / "sdks"
"""Where SDKs are made, each in the folder of its name; git ignores it."""

Tell = Callable[[str], None]
"""Says in one line what is being done now."""


class SdkError(Exception):
    """An SDK could not be made, or did not do its job; the message says why, for people."""


@dataclass(frozen=True)
class Missing:
    """A tool that is not here.

    Args:
        name: of the tool.
        remedy: how to install it, as a sentence.
    """

    name: str
    remedy: str


class Language(Protocol):
    """One SDK: how it is made, and what runs its main job.

    Attributes:
        name: of the SDK, its folder and the argument of ``make sdks SDK=name``.
        description: what it is made with, in a few words.
        withstands: the faults (``openapi.sdk.faults``) through which its main job must go.
    """

    @property
    def name(self) -> str:
        """Name of the SDK."""

    @property
    def description(self) -> str:
        """What it is made with."""

    @property
    def withstands(self) -> Sequence[str]:
        """The faults that its main job must stand."""

    def missing(self) -> Sequence[Missing]:
        """Return the tools without which it cannot be made or proved here."""

    def make(self, folder: Path, tell: Tell) -> None:
        """Make the SDK, ready to be used.

        Args:
            folder: empty; everything that is made goes there.
            tell: is told of each step.

        Raises:
            SdkError: it cannot be made.
        """

    def use(self, folder: Path) -> str:
        """Return the command that installs the SDK made in a folder, or where to look.

        Args:
            folder: as a person names it, seen from the repository.
        """

    def job(self, folder: Path) -> Sequence[str]:
        """Return the command that does the main job with the SDK made in a folder.

        The command is run there as a child process; README.md says what it finds in its
        environment and what it must print.
        """
