"""``spe-gateway stores``: the archive stores of an instance."""

from dataclasses import replace
from typing import Final

from gateway.cli.nouns.group import group_of
from gateway.cli.nouns.rows import Asked, Change, Field, Form, Listing, Page, Row
from gateway.cli.nouns.showing import Column

STORES: Final = "/instances/{instance}/stores"
STORE: Final = f"{STORES}/{{store}}"

NAME: Final = Field("name", "Its name.", required=True)
STATE: Final = Field(
    "requestedState",
    "The state it is meant to have.",
    option="state",
    choices=("current", "normal", "writeProtected", "disabled"),
)
INDEXES: Final = Field("includeIndexes", "Verify the search indexes, too.", Form.SWITCH)
PATHS: Final = (
    Field("databasePath", "Where its database lies; for operators."),
    Field("contentPath", "Where its content lies, if elsewhere."),
    Field("indexPath", "Where its indexes lie, if elsewhere."),
)


def _run(name: str, said: str, done: str, *fields: Field, needs: str = "") -> Row:
    """Return a verb of one store; its examples have what it needs."""
    return Change(
        name=name,
        path=f"{STORE}/{name}",
        help=said,
        examples=(f"acme 2026{needs}", f"acme 2026{needs} --no-wait", f"acme '#1'{needs} --json"),
        fields=fields,
        done=f"{{store}} of {{instance}} is {done}.",
        lasting=True,
        rehearsed=True,
    )


def _run_all(name: str, said: str, done: str, *fields: Field, path: str = "") -> Row:
    """Return a verb of all stores of an instance."""
    return Change(
        name=name,
        path=f"{STORES}/{path or name}",
        help=said,
        examples=("acme", "acme --json"),
        fields=fields,
        done=f"The stores of {{instance}} are {done}.",
        lasting=True,
        rehearsed=True,
    )


stores = group_of(
    "stores",
    "See, make and maintain the archive stores of an instance; each is named by its number or its "
    "name.",
    (
        Listing(
            name="list",
            path=STORES,
            help="List the archive stores of an instance.",
            examples=("acme", "acme --size --json"),
            fields=(
                Field(
                    "includeSize",
                    "With how many messages there are, and their size.",
                    Form.FLAG,
                    option="size",
                    in_query=True,
                ),
            ),
            columns=(
                Column("ID", "id"),
                Column("NAME", "name"),
                Column("STATE", "requestedState"),
                Column("MESSAGES", "statisticsCount"),
                Column("BYTES", "statisticsSize"),
                Column("NEEDS UPGRADE", "needsUpgrade"),
                Column("ERROR", "error"),
            ),
        ),
        Page(name="show", path=STORE, help="Show an archive store.", examples=("acme 2026",)),
        Change(
            name="create",
            path=STORES,
            help="Make an archive store.",
            examples=("acme --name 2027", "acme --name 2027 --state current --json"),
            fields=(NAME, STATE),
            done="{name} is made in {instance} as store {id}.",
            lasting=True,
            rehearsed=True,
        ),
        Change(
            name="attach",
            path=f"{STORES}/attach",
            help="Attach a store that lies on the host of the instance.",
            examples=("acme --name 2019 --database-path 'D:\\archives\\2019'",),
            fields=(NAME, replace(PATHS[0], required=True), *PATHS[1:], STATE),
            done="{name} is attached to {instance} as store {id}.",
            lasting=True,
            rehearsed=True,
        ),
        Change(
            name="update",
            method="PATCH",
            path=STORE,
            help="Change a store: what is not given stays as it is.",
            examples=("acme 2026 --name 'Mail 2026'", "acme 2026 --state writeProtected"),
            fields=(replace(NAME, required=False), STATE, *PATHS),
            done="{store} of {instance} is changed.",
            lasting=True,
        ),
        Change(
            name="detach",
            method="DELETE",
            path=STORE,
            help="Detach a store; its data stays on disk.",
            examples=("acme 2026", "acme 2026 --yes"),
            doing="This detaches {store}: nobody finds in {instance} what lies in it",
            asked=Asked.YES,
            done="{store} is detached from {instance}; its data stays on disk.",
            lasting=True,
        ),
        _run("verify", "Verify that a store is whole.", "verified", INDEXES),
        _run("compact", "Compact a store.", "compacted"),
        _run("repair", "Repair the database of a store.", "repaired"),
        _run("upgrade", "Upgrade a store to the format of the server.", "upgraded"),
        _run(
            "merge",
            "Merge another store into a store.",
            "merged",
            Field("sourceId", "The number of that other store.", Form.NUMBER, required=True),
            needs=" --source-id 2",
        ),
        _run(
            "recover",
            "Recover a store from its recovery records.",
            "recovered",
            Field("encryptionKey", "Its recovery key.", Form.SECRET),
            Field("recoverDeletedMessages", "Deleted messages, too.", Form.SWITCH),
        ),
        _run(
            "recreate-recovery-records",
            "Make the recovery records of a store anew.",
            "given new recovery records",
        ),
        _run(
            "unlock",
            "Unlock a store.",
            "unlocked",
            Field("passphrase", "Its passphrase.", Form.SECRET, required=True),
        ),
        _run_all("verify-all", "Verify all stores.", "verified", INDEXES, path="verify"),
        _run_all("upgrade-all", "Upgrade all stores.", "upgraded", path="upgrade"),
        _run_all("maintain", "Maintain all stores.", "maintained"),
        _run_all("refresh-statistics", "Count all stores anew.", "counted"),
        _run_all("retry-open", "Try again to open stores that failed to open.", "tried again"),
    ),
)
