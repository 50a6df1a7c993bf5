"""``spe-gateway instances``: the archives of customers."""

from dataclasses import replace
from typing import Final

from gateway.cli.instance_actions import add_actions
from gateway.cli.nouns.group import group_of
from gateway.cli.nouns.kinds import DEPLOYMENT, RESELLER
from gateway.cli.nouns.rows import Asked, Change, Field, Form, Listing, Page
from gateway.cli.nouns.showing import Column

STATES: Final = (
    "provisioning",
    "running",
    "stopped",
    "safeMode",
    "frozen",
    "missing",
    "suspended",
    "deleted",
    "failed",
    "unknown",
)
DISPLAY_NAME: Final = Field("displayName", "The name shown to people.")
EXTERNAL_ID: Final = Field("externalId", "Its id in your own system.")
ALIAS: Final = Field("alias", "Another name to log in with.")
LABELS: Final = Field("labels", "A label of your own.", Form.LABELS, option="label")
START_MODE: Final = Field("startMode", "How it starts.", choices=("automatic", "manual"))
ARCHIVE_ADMIN: Final = Field(
    "archiveAdmin", "Service provider access, with the customer's consent.", Form.SWITCH
)

FILTERS: Final = (
    Field("deployment", "Only those on this deployment.", of=DEPLOYMENT, in_query=True),
    Field("reseller", "Only those of this reseller itself.", of=RESELLER, in_query=True),
    Field("status", "Only those with this status.", choices=STATES, in_query=True),
    replace(LABELS, member="label", help="Only those with this label.", in_query=True),
    Field("externalId", "Only the one with this id in your own system.", in_query=True),
    Field("q", "Only those with this text in a name or an id.", option="search", in_query=True),
    Field(
        "consistency",
        "From what was last seen, or asked now.",
        choices=("cached", "live"),
        in_query=True,
    ),
    Field(
        "require",
        "Whether a deployment that cannot be asked is left out or fails the call.",
        choices=("partial", "complete"),
        in_query=True,
    ),
)

MADE_WITH: Final = (
    Field("instanceID", "SPE's own id: a-z, 0-9, dash.", option="instance-id", required=True),
    replace(DISPLAY_NAME, required=True),
    Field("reseller", "Whose it will be; by default yours.", of=RESELLER),
    Field("deployment", "Where; by default the least loaded that fits.", of=DEPLOYMENT),
    Field("store.name", "Make a first archive store of this name.", option="store"),
    Field("users", "Make a user of this name.", Form.LIST, option="user", each="userName"),
    Field("start", "Start it at once, or not; by default yes.", Form.SWITCH),
    ARCHIVE_ADMIN,
    replace(START_MODE, help="How it starts; by default automatic."),
    ALIAS,
    EXTERNAL_ID,
    LABELS,
    Field(
        "placement.labels",
        "Only on a deployment with this label.",
        Form.LABELS,
        option="placement-label",
    ),
    Field(
        "placement.antiAffinity.label",
        "Apart from instances with the same value of this label.",
        option="apart-by",
    ),
    Field(
        "placement.antiAffinity.scope",
        "What they are not to share.",
        option="apart-scope",
        choices=("deployment", "host"),
    ),
    Field(
        "placement.antiAffinity.enforcement",
        "Refused where they would share it, or only avoided.",
        option="apart-enforcement",
        choices=("required", "preferred"),
    ),
    Field(
        "onFailure",
        "What becomes of it when a later step fails.",
        choices=("keep", "remove"),
    ),
)

instances = group_of(
    "instances",
    "See, make and look after instances; each is named by its id or, where only one has it, its "
    "name.",
    (
        Listing(
            name="list",
            path="/instances",
            help="List instances over all deployments.",
            examples=("", "--status stopped --label plan=gold", "--deployment alpha --json"),
            fields=FILTERS,
            columns=(
                Column("ID", "id"),
                Column("INSTANCE", "instanceID"),
                Column("STATUS", "status"),
                Column("NAME", "displayName"),
                Column("DEPLOYMENT", "deployment", DEPLOYMENT),
                Column("RESELLER", "reseller", RESELLER),
            ),
        ),
        Page(
            name="show",
            path="/instances/{instance}",
            help="Show an instance.",
            examples=("acme", "acme --json"),
        ),
        Change(
            name="create",
            path="/instances",
            help="Make an instance, with a first store and users if you like, and start it.",
            examples=(
                "--instance-id acme --display-name Acme --store 2026 --user jane --archive-admin",
                "--instance-id acme --display-name Acme --deployment alpha --no-start --json",
                "--instance-id acme --display-name Acme --label plan=gold --validate-only",
            ),
            fields=MADE_WITH,
            done="{instanceID} is made as {id}; it is {status}.",
            lasting=True,
            rehearsed=True,
        ),
        Change(
            name="update",
            method="PATCH",
            path="/instances/{instance}",
            help="Change an instance: what is not given stays as it is.",
            examples=("acme --display-name 'Acme GmbH' --label plan=gold", "acme --archive-admin"),
            fields=(
                DISPLAY_NAME,
                replace(ALIAS, nullable=True),
                replace(EXTERNAL_ID, nullable=True),
                LABELS,
                START_MODE,
                ARCHIVE_ADMIN,
                Field("restart", "Restart it where that is needed.", Form.FLAG, in_query=True),
            ),
            done="{instance} is changed.",
            lasting=True,
        ),
        Change(
            name="delete",
            method="DELETE",
            path="/instances/{instance}",
            help="Delete an instance: it is stopped, and can be had back for some days.",
            examples=("acme", "acme --yes --json"),
            doing="This stops and deletes {instance}",
            asked=Asked.NAME,
            done="{instance} is deleted. Until {purgeTime} it can be had back: spe-gateway "
            "instances undelete {id}",
            lasting=True,
        ),
        Change(
            name="undelete",
            path="/instances/{instance}/undelete",
            help="Have a deleted instance back, as it was before.",
            examples=("acme",),
            done="{instance} is back; it is {status}.",
            lasting=True,
            rehearsed=True,
        ),
        Change(
            name="purge",
            path="/instances/{instance}/purge",
            help="Remove a deleted instance from SPE for ever; its data stays on disk.",
            examples=("acme --instance-id acme", "acme --instance-id acme --yes --json"),
            fields=(
                Field(
                    "instanceID",
                    "SPE's own id of the instance, as confirmation.",
                    option="instance-id",
                    required=True,
                ),
                Field(
                    "legalHoldChecked",
                    "You checked that it is under no legal hold, where SPE could not be asked.",
                    Form.FLAG,
                ),
            ),
            doing="This removes {instance} from SPE, and nobody can have it back",
            asked=Asked.NAME,
            done="{instance} is purged.",
            lasting=True,
            rehearsed=True,
        ),
        Change(
            name="transfer",
            path="/instances/{instance}/transfer",
            help="Give an instance to another reseller.",
            examples=("acme --reseller North", "acme --reseller North --validate-only"),
            fields=(Field("reseller", "The new owner.", of=RESELLER, required=True),),
            doing="This gives {instance} another owner, and clients of the one before lose it",
            asked=Asked.YES,
            done="{instance} has another owner.",
            rehearsed=True,
        ),
        Listing(
            name="transfers",
            path="/instances/{instance}/transfers",
            help="List the owners that an instance had.",
            examples=("acme", "acme --json"),
            columns=(
                Column("ON (UTC)", "createTime"),
                Column("FROM", "former", RESELLER),
                Column("TO", "owner", RESELLER),
            ),
        ),
    ),
)
add_actions(instances)
