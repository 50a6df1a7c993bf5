"""Which members of SPE's objects hold secrets; SPE reads them back as null."""

import re
from typing import Any, Final

SECRET: Final = re.compile("password|secret|passphrase|privatekey", re.IGNORECASE)


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value without the members that hold secrets, at every depth."""
    if isinstance(value, dict):
        return {k: without_secrets(v) for k, v in value.items() if not SECRET.search(k)}
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value
