"""How many files a process may have open: as many as the system lets it, not as it starts out with.

Each connection is one: those of clients, up to eight for each deployment, those to the database.
Shells and service managers begin with 1,024 of which a program may make more by itself
(setrlimit(2), systemd.exec(5)); a thousand deployments need that already.
"""

import resource
from typing import Final

ENOUGH: Final = 65536
"""No gateway needs more, and some systems call the hard limit infinite."""


def raise_limit() -> None:
    """Raise the soft limit of this process, and of those that it forks, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = ENOUGH if hard == resource.RLIM_INFINITY else min(ENOUGH, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
