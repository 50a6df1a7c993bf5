"""How many files a process may have open."""

import subprocess
import sys

import pytest

SAID = """
import resource
from gateway.descriptors import raise_limit
resource.setrlimit(resource.RLIMIT_NOFILE, {before})
raise_limit()
print(*resource.getrlimit(resource.RLIMIT_NOFILE))
"""


def limits_after(soft: int, hard: int) -> list[int]:
    """Return the limits of a process that began with these."""
    done = subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-c", SAID.format(before=(soft, hard))],
        capture_output=True,
        check=True,
        text=True,
    )
    return [int(word) for word in done.stdout.split()]


@pytest.mark.parametrize(
    ("soft", "hard", "wanted"), [(256, 512, 512), (512, 512, 512), (256, 300, 300)]
)
def test_a_process_takes_what_it_may_have(soft: int, hard: int, wanted: int) -> None:
    assert limits_after(soft, hard) == [wanted, hard]
