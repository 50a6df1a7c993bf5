"""The limit: a proxy in C that verifies the token and passes the call on, and does nothing else.

It knows no owners, judges no rights and reads no reply; a caller would have to speak SPE's own
protocol through it. No gateway that does its work comes near.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

from joserfc.jwk import ECKey

from benchmarks.calls import COMMAND, FORM_TYPE, basic
from benchmarks.checks import check_tokens
from benchmarks.load import Target
from benchmarks.processes import BenchmarkError, program
from benchmarks.processor import Processes
from benchmarks.servers import Server, await_port
from benchmarks.world import SERVER_CORE, World
from deploy.servers import free_port
from gateway.settings import child_environment

CONFIGURATION: Final = """
global
    nbthread 1
    maxconn 1000
    ssl-server-verify none
defaults
    mode http
    http-reuse always
    timeout connect 2s
    timeout client 30s
    timeout server 30s
frontend clients
    bind 127.0.0.1:{port}
    http-request set-var(txn.alg) http_auth_bearer,jwt_header_query('$.alg')
    http-request set-var(txn.iss) http_auth_bearer,jwt_payload_query('$.iss')
    http-request set-var(txn.exp) http_auth_bearer,jwt_payload_query('$.exp','int')
    http-request set-var(txn.now) date()
    http-request deny deny_status 401 unless {{ var(txn.alg) -m str ES256 }}
    http-request deny deny_status 401 unless {{ var(txn.iss) -m str {issuer} }}
    http-request deny deny_status 401 unless {{ var(txn.exp),sub(txn.now) -m int gt 0 }}
    http-request deny deny_status 401 unless {{ http_auth_bearer,jwt_verify(txn.alg,"{key}") 1 }}
    http-request set-header Authorization "{authorization}"
    default_backend deployment
backend deployment
    server deployment 127.0.0.1:{upstream} ssl
"""


class Proxy(Server):
    """HAProxy, asked in SPE's own words."""

    def target(self, *instances: str) -> Target:
        """Return the call that is measured."""
        del instances
        headers = {"Authorization": f"Bearer {self.world.token()}", "Content-Type": FORM_TYPE}
        return Target(f"{self.url}{COMMAND}", headers, "POST", urlencode(self.world.form()))


@contextmanager
def haproxy(name: str, folder: Path, world: World) -> Iterator[Server]:
    """Run HAProxy on the measured core, and check that it tells tokens.

    Args:
        name: of it.
        folder: an empty one.
        world: whose tokens it knows.

    Raises:
        BenchmarkError: it is not here, or lets a bad token through.
    """
    found = shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")
    if found is None:
        raise BenchmarkError("haproxy is not here: scripts/bench-services installs it")
    folder.mkdir()
    port, file = free_port(), folder / "haproxy.cfg"
    file.write_text(_configuration(folder, port, world))
    words = [found, "-db", "-f", str(file)]
    with program(folder, "haproxy", words, child_environment(), lines=0, core=SERVER_CORE) as made:
        await_port(port, folder / "haproxy.log")
        proxy = Proxy(name, f"http://127.0.0.1:{port}", Processes(made.pid), world)
        check_tokens(name, proxy.url, COMMAND, world)
        yield proxy


def _configuration(folder: Path, port: int, world: World) -> str:
    key, site = folder / "key.pem", world.sites["fast"]
    public = ECKey.import_key(world.key.as_dict(private=False))
    key.write_bytes(public.as_pem(private=False))
    return CONFIGURATION.format(
        port=port,
        issuer=world.owner.claims["iss"],
        key=key,
        authorization=basic(site)["Authorization"].replace(" ", "\\ "),
        upstream=site["port"],
    )
