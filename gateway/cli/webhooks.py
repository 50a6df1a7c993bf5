"""``spe-gateway webhooks``: where events are sent."""

from collections.abc import Iterator
from typing import Final

from gateway.cli.nouns.group import group_of
from gateway.cli.nouns.kinds import RESELLER
from gateway.cli.nouns.rows import Asked, Change, Field, Form, Listing, Page
from gateway.cli.nouns.showing import Column, Thing

TYPES: Final = Field("types", "Only these events: instance.* is a family.", Form.LIST)


def secret_lines(webhook: Thing) -> Iterator[str]:
    """Yield the secret of a webhook, which is shown this once."""
    if webhook["secret"] is None:
        yield f"The answer with its secret was lost: rotate it, {webhook['id']}."
        return
    yield "What it is sent is signed with this secret, which is shown this once:"
    yield f"  {webhook['secret']}"


def _types(webhook: Thing) -> str:
    return ", ".join(webhook["types"] or ("all",))


webhooks = group_of(
    "webhooks",
    "See and manage where events are sent; each is named by its id or its name.",
    (
        Listing(
            name="list",
            path="/webhooks",
            help="List the webhooks of your reseller and of those below it.",
            examples=("", "--json"),
            columns=(
                Column("ID", "id"),
                Column("NAME", "name"),
                Column("RESELLER", "reseller", RESELLER),
                Column("URL", "url"),
                Column("TYPES", _types),
                Column("STATUS", "status"),
            ),
        ),
        Page(
            name="show",
            path="/webhooks/{webhook}",
            help="Show a webhook: how far it is, and why it is disabled.",
            examples=("Billing", "Billing --json"),
        ),
        Change(
            name="create",
            path="/webhooks",
            help="Make a webhook.",
            examples=(
                "--name Billing --target https://hooks.example.com/spe",
                "--name Portal --target https://hooks.example.com/spe --types 'instance.*'",
            ),
            fields=(
                Field("name", "Its name.", required=True),
                Field("url", "URL where events are sent.", option="target", required=True),
                TYPES,
                Field("reseller", "Whose log; by default your own.", of=RESELLER),
            ),
            done="{name} is made as {id}.",
            lines=secret_lines,
        ),
        Change(
            name="test",
            path="/webhooks/{webhook}/test",
            help="Send a webhook an event that says nothing: webhook.test.",
            examples=("Billing",),
            done="{webhook} is sent an event of type webhook.test, as the delivery {id}.",
        ),
        Listing(
            name="deliveries",
            path="/webhooks/{webhook}/deliveries",
            help="List what a webhook was sent, and what came of it.",
            examples=("Billing", "Billing --status failed --json"),
            fields=(
                Field("status", "Only those in this state.", in_query=True),
                Field("type", "Only events of this type.", in_query=True),
            ),
            columns=(
                Column("ID", "id"),
                Column("TYPE", "type"),
                Column("STATUS", "status"),
                Column("MADE (UTC)", "createTime"),
                Column("TRIES", lambda delivery: str(len(delivery["attempts"]))),
            ),
        ),
        Change(
            name="delete",
            method="DELETE",
            path="/webhooks/{webhook}",
            help="Delete a webhook.",
            examples=("Billing", "Billing --yes"),
            doing="{webhook} is sent nothing any more",
            asked=Asked.YES,
            done="{webhook} is deleted.",
        ),
    ),
)
