"""Every SDK there is."""

from typing import Final

from openapi.sdk.generator.targets import TARGETS
from openapi.sdk.language import Language
from openapi.sdk.python.language import Python
from openapi.sdk.typescript.language import TypeScript

LANGUAGES: Final[tuple[Language, ...]] = (Python(), TypeScript(), *TARGETS)
