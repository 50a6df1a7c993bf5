"""What a user of a generated SDK can call; nothing may be lost on the way to it.

openapi-generator writes one class for each tag. Two that end up with the same name overwrite each
other, which it mentions as ``FILEPATH_COLLISION`` and calls a success.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from gateway.web.contract.tree import Json, operations
from openapi.sdk.language import SdkError


@dataclass(frozen=True)
class Surface:
    """Where the methods are written down.

    Args:
        files: pattern of the files with a class each, in the folder of the SDK.
        method: finds each method there once, its name as the first group.
    """

    files: str
    method: str

    def require(self, folder: Path, document: Json) -> None:
        """Compare the methods with the operations of the contract.

        Raises:
            SdkError: one is missing, or is there for no operation.
        """
        wanted = {_plain(each["x-sdk-method"]) for _, _, each in operations(document)}
        found = set(self.found(folder))
        if wanted != found:
            wrong = ", ".join(sorted(wanted ^ found)[:10])
            raise SdkError(f"The methods are not those of the contract: {wrong}")

    def found(self, folder: Path) -> Iterator[str]:
        """Yield ``noun.verb`` of each method, in lower case."""
        for path in sorted(folder.glob(self.files)):
            noun = re.sub(r"_?api_?", "", path.stem, flags=re.IGNORECASE)
            for verb in re.findall(self.method, path.read_text(encoding="utf-8"), re.MULTILINE):
                yield _plain(f"{noun}.{verb}")


def _plain(name: str) -> str:
    return name.replace("_", "").lower()
