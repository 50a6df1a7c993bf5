"""The program ``spe-gateway``, but for the length of its leases.

``python -m tests.worker.brief 2 worker`` is ``spe-gateway worker`` with leases of two seconds.
"""

import sys
from datetime import timedelta

from gateway.cli.program import main
from gateway.storage import operations

if __name__ == "__main__":
    operations.LEASE = timedelta(seconds=float(sys.argv.pop(1)))
    main()
