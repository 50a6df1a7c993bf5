"""What the overview of the program shows: its commands in groups, and what each is for.

The sentences stand here, so that to list the commands loads none of them; a test holds them
against what the commands say of themselves.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Entry(NamedTuple):
    """A command.

    Attributes:
        module: where it is, below ``gateway.cli``; it has the command under the same name.
        sentence: what it is for, the first of its own help.
    """

    module: str
    sentence: str


GROUPS: Final[Mapping[str, Mapping[str, Entry]]] = MappingProxyType(
    {
        "Begin": {
            "demo": Entry(
                "demo.command",
                "Show the main job, then keep a sandbox up: simulated deployments, resellers, "
                "customers.",
            ),
            "sandbox": Entry(
                "sandbox.command",
                "Let things go wrong in a sandbox that 'spe-gateway demo' keeps up, and move its "
                "clocks.",
            ),
            "init": Entry(
                "init", "Make keys, database and the first operator, and print its credentials."
            ),
            "serve": Entry("serve", "Serve the REST API."),
            "worker": Entry(
                "worker", "Track operations, and do the gateway's chores, in a cluster."
            ),
            "simulate": Entry(
                "simulate",
                "Run one simulated SPE server on loopback, over TLS, or a fleet of them.",
            ),
        },
        "Say who you are": {
            "login": Entry(
                "login", "Sign in, and keep the credentials for the commands that follow."
            ),
            "whoami": Entry(
                "login",
                "Show who you are at which gateway, what you may do, and what is left of your "
                "quotas.",
            ),
            "logout": Entry(
                "login", "Forget the credentials of a profile; the client itself goes on."
            ),
        },
        "Talk to a running gateway": {
            "instances": Entry(
                "instances",
                "See, make and look after instances; each is named by its id or, where only one "
                "has it, its name.",
            ),
            "stores": Entry(
                "stores",
                "See, make and maintain the archive stores of an instance; each is named by its "
                "number or its name.",
            ),
            "users": Entry(
                "users", "See and manage the users of an instance; each is named by its user name."
            ),
            "operations": Entry(
                "operations",
                "See, watch, cancel and settle what is under way, through a running gateway.",
            ),
            "resellers": Entry(
                "resellers",
                "See and manage the resellers below your own; each is named by its id or its name.",
            ),
            "clients": Entry(
                "clients", "See and manage API clients; each is named by its id or its name."
            ),
            "deployments": Entry(
                "deployments",
                "Register deployments, see them, take them out of use, and say which certificate "
                "is right.",
            ),
            "inventory": Entry(
                "inventory",
                "See what deployments list and nobody owns, adopt it, and release what is owned.",
            ),
            "usage": Entry("usage", "See what instances use: licences, users, messages and bytes."),
            "statements": Entry(
                "statements",
                "See the monthly statements over REST; look after them where the database is.",
            ),
            "events": Entry(
                "events",
                "See what has happened to your reseller and below it, and follow what happens.",
            ),
            "webhooks": Entry(
                "webhooks",
                "See and manage where events are sent; each is named by its id or its name.",
            ),
            "invoke": Entry(
                "invoke",
                "Send any command of the Management API to a deployment, through a running "
                "gateway.",
            ),
            "doctor": Entry(
                "doctor.command",
                "Compare what a registered deployment does with what the simulator assumes.",
            ),
        },
        "Look after it": {
            "check": Entry(
                "check.command",
                "Judge the configuration before it goes live: settings, files, servers, keys, "
                "host.",
            ),
            "backup": Entry(
                "backup", "Write all that the database holds to FILE, as it is at one moment."
            ),
            "restore": Entry(
                "restore", "Fill an empty database from FILE, a backup; stop every gateway before."
            ),
            "upgrade": Entry("upgrade", "Bring the database to the schema of this version."),
            "rotate-keys": Entry(
                "rotate_keys", "Make a new key for access tokens, while the gateway runs."
            ),
            "audit": Entry("audit", "Look after the audit log, and read it."),
        },
        "For developers": {
            "openapi": Entry(
                "openapi", "Print the OpenAPI document of the REST API, or what has changed in it."
            ),
            "coverage": Entry(
                "coverage", "Print the table of commands, operations and permissions as Markdown."
            ),
            "completion": Entry(
                "completion",
                "Print the script that completes commands, options and names in a shell.",
            ),
        },
    }
)
"""The commands by their names, in groups."""

COMMANDS: Final[Mapping[str, Entry]] = MappingProxyType(
    {name: entry for group in GROUPS.values() for name, entry in group.items()}
)
