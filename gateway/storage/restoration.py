"""What the witness knows and a restored database does not, written into the database.

Whatever is in doubt is decided for less: a client that changed is disabled, one that was deleted
stays deleted, an owner whose row is gone is made again and suspended, a name stays its last
owner's.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, exists, false, insert, or_, select, update

from gateway.model import (
    DisableReason,
    InstanceStatus,
    Reseller,
    Resource,
    WebhookStatus,
    now,
)
from gateway.storage import counters, generations, names, quotas, revoked_tokens
from gateway.storage.deployments import ABSENT
from gateway.storage.facts import Fact
from gateway.storage.generations import Generation
from gateway.storage.resellers import root
from gateway.storage.tables import (
    client_secrets,
    clients,
    deployments,
    instances,
    resellers,
    webhooks,
)
from gateway.storage.tables import names as taken
from gateway.storage.webhooks import switch_off
from gateway.storage.witness import Attested

Later = Sequence[Attested]
"""What the witness knows more, in order."""


def latest(later: Later, kind: Fact) -> Mapping[str, Attested]:
    """Return the last fact of a kind about each object."""
    return {fact.object: fact for fact in later if fact.kind == kind}


def remove_deleted_webhooks(connection: Connection, later: Later) -> list[str]:
    """Delete the webhooks again that were deleted since: their receivers hear nothing any more."""
    found = latest(later, Fact.WEBHOOK).values()
    gone = [fact.object for fact in found if fact.state["change"] == "deleted"]
    done = delete(webhooks).where(webhooks.c.id.in_(gone)).returning(webhooks.c.id)
    return sorted(connection.execute(done).scalars())


def disable_changed_webhooks(connection: Connection, later: Later) -> list[str]:
    """Disable the webhooks whose URL, secret or status is not that of the backup any more."""
    return _switch_off(connection, webhooks.c.id.in_(sorted(latest(later, Fact.WEBHOOK))))


def disable_all_webhooks(connection: Connection) -> list[str]:
    """Disable every webhook, since nobody knows which were deleted."""
    return _switch_off(connection, webhooks.c.id.is_not(None))


def _switch_off(connection: Connection, condition: Any) -> list[str]:  # noqa: ANN401 - a condition
    """Disable webhooks until somebody looks at them; returns those that were active."""
    known = select(webhooks.c.id).where(condition, webhooks.c.status == WebhookStatus.ACTIVE)
    active = sorted(connection.execute(known).scalars())
    for webhook in active:
        switch_off(connection, webhook, DisableReason.RESTORED, now())
    return active


def remove_deleted_clients(connection: Connection, later: Later) -> list[str]:
    """Delete the clients again that were deleted since: nobody can enable them by mistake."""
    gone = _changed(later, {"deleted"})
    connection.execute(delete(client_secrets).where(client_secrets.c.client.in_(gone)))
    done = delete(clients).where(clients.c.id.in_(gone)).returning(clients.c.id)
    return sorted(connection.execute(done).scalars())


def remove_former_secrets(connection: Connection, later: Later) -> None:
    """Delete the secrets of clients that had others since: no former one is good again."""
    rotated = _changed(later, {"secret"})
    connection.execute(delete(client_secrets).where(client_secrets.c.client.in_(rotated)))


def _changed(later: Later, changes: Collection[str]) -> list[str]:
    """Return the clients that a fact says such a change of, whatever came after it."""
    found = (fact for fact in later if fact.kind == Fact.CLIENT)
    return sorted({fact.object for fact in found if fact.state["change"] in changes})


def disable_changed_clients(connection: Connection, later: Later) -> list[str]:
    """Disable the clients whose rights or secrets are not those of the backup any more."""
    return _disable(connection, clients.c.id.in_(sorted(latest(later, Fact.CLIENT))))


def disable_all_clients(connection: Connection) -> list[str]:
    """Disable every client, since nobody knows which were deleted."""
    return _disable(connection, clients.c.id.is_not(None))


def _disable(connection: Connection, condition: Any) -> list[str]:  # noqa: ANN401 - a condition
    """Disable clients in the name of the operators, who alone enable them again.

    Returns:
        Those that were enabled.
    """
    top = root(connection)
    known = select(clients.c.id).where(condition, clients.c.disabled == false())
    enabled = sorted(connection.execute(known).scalars())
    values = {"disabled": True, "disabled_by": top and top.id, "update_time": now()}
    connection.execute(update(clients).where(condition).values(**values))
    return enabled


def has_operator(connection: Connection) -> bool:
    """Whether a client is left that may do everything."""
    query = select(clients.c.roles).join(resellers, resellers.c.id == clients.c.reseller)
    alive = or_(clients.c.expire_time.is_(None), clients.c.expire_time > now())
    able = query.where(resellers.c.parent.is_(None), clients.c.disabled == false(), alive)
    return any("operator" in roles for roles in connection.execute(able).scalars())


def revoke_tokens(connection: Connection, later: Later) -> int:
    """Revoke the tokens that were revoked since; returns how many are still of any use."""
    found = latest(later, Fact.TOKEN).items()
    ends = {token: datetime.fromisoformat(fact.state["expireTime"]) for token, fact in found}
    alive = {token: end for token, end in ends.items() if end > now()}
    return sum(revoked_tokens.add(connection, token, end) for token, end in alive.items())


def raise_epoch(connection: Connection, later: Later, seconds: int) -> int:
    """Make all tokens void that were issued up to a time, or up to a later epoch."""
    known = [fact.state["epoch"] for fact in later if fact.kind == Fact.EPOCH]
    counters.raise_to(connection, revoked_tokens.EPOCH, max([seconds, *known]))
    generations.end(connection, [Generation.IDENTITY])
    return counters.value(connection, revoked_tokens.EPOCH)


def bound_resellers(connection: Connection, later: Later) -> list[str]:
    """Give resellers the bounds, and the suspension, that they had last."""
    changed = []
    for reseller, fact in latest(later, Fact.RESELLER).items():
        query = select(resellers.c.suspend_time).where(resellers.c.id == reseller)
        row = connection.execute(query).one_or_none()
        if row is None:
            continue
        suspended = row.suspend_time or fact.create_time
        values = {
            "suspend_time": suspended if fact.state["suspended"] else None,
            "deployments": fact.state["deployments"],
            "roles": fact.state["roles"],
            "disabled_permissions": fact.state["disabledPermissions"],
            "update_time": now(),
        }
        connection.execute(update(resellers).where(resellers.c.id == reseller).values(**values))
        changed.append(reseller)
    return changed


def limit_resellers(connection: Connection, later: Later) -> list[str]:
    """Give resellers the quotas that they had last."""
    found = latest(later, Fact.QUOTAS)
    known = connection.execute(select(resellers.c.id).where(resellers.c.id.in_(sorted(found))))
    limited = sorted(known.scalars())
    for reseller in limited:
        limits = found[reseller].state["limits"]
        quotas.replace(connection, reseller, {Resource(name): n for name, n in limits.items()})
    return limited


def remake_owners(connection: Connection, later: Later) -> list[str]:
    """Make the owners anew that the backup does not know, suspended, below the root."""
    top = root(connection)
    found = latest(later, Fact.INSTANCE).items()
    owners = {fact.state["reseller"] for ins, fact in found if _row(connection, ins) is not None}
    known = set(connection.execute(select(resellers.c.id)).scalars())
    missing = sorted(owners - known) if top is not None else []
    for owner in missing:
        connection.execute(insert(resellers).values(**vars(_shell(owner, str(top and top.path)))))
    return missing


def _shell(owner: str, above: str) -> Reseller:
    time = now()
    return Reseller(
        id=owner,
        name=f"Restored {owner}",
        path=f"{above}{owner}/",
        parent=above.strip("/"),
        external_id=None,
        deployments=None,
        create_time=time,
        update_time=time,
        suspend_time=time,
    )


def place_instances(
    connection: Connection, later: Later, grace: timedelta
) -> tuple[list[str], list[str]]:
    """Give instances the owner, the alias and the state that they had last.

    Returns:
        Those with another owner, and those in another state.
    """
    moved, changed = [], []
    for instance, fact in latest(later, Fact.INSTANCE).items():
        row = _row(connection, instance)
        if row is None:
            continue
        if row["reseller"] != fact.state["reseller"]:
            moved.append(instance)
        if row["status"] != fact.state["status"]:
            changed.append(instance)
        _place(connection, row, fact, grace)
    return moved, changed


def _row(connection: Connection, instance: str) -> RowMapping | None:
    query = select(
        instances.c.id,
        instances.c.reseller,
        instances.c.status,
        instances.c.observed,
        instances.c.kept_state,
    )
    found = connection.execute(query.where(instances.c.id == instance))
    return found.mappings().one_or_none()


def _as_it_was(row: RowMapping) -> dict[str, Any]:
    """Return what a suspension would have kept of an instance that the backup does not know so."""
    kept, seen = dict(row["kept_state"]), row["observed"]
    kept.pop("suspended", None)
    if row["status"] == InstanceStatus.ACTIVE and seen.get("startMode"):
        kept = {"startMode": seen["startMode"], "ran": seen.get("status") == "running"}
    return kept


def _place(connection: Connection, row: RowMapping, fact: Attested, grace: timedelta) -> None:
    status = InstanceStatus(fact.state["status"])
    values = {"reseller": fact.state["reseller"], "alias": fact.state["alias"], "status": status}
    if row["status"] != status and status is InstanceStatus.DELETED:
        ends = {"delete_time": fact.create_time, "purge_time": fact.create_time + grace}
        is_suspended = row["status"] == InstanceStatus.SUSPENDED
        kept = {**row["kept_state"], "suspended": True} if is_suspended else {}
        values |= {**ends, "kept_state": kept}
    if row["status"] != status and status is InstanceStatus.SUSPENDED:
        values |= {"delete_time": None, "purge_time": None, "kept_state": _as_it_was(row)}
    if row["status"] != status and status is InstanceStatus.ACTIVE:
        values |= {"delete_time": None, "purge_time": None, "kept_state": {}}
    changed = update(instances).where(instances.c.id == row["id"])
    connection.execute(changed.values(**values, update_time=now()))
    names.transfer(connection, row["id"], fact.state["reseller"])
    if status in ABSENT:
        names.bury(connection, row["id"])
    if status is InstanceStatus.FAILED:
        names.release(connection, row["id"])


def keep_names(connection: Connection, later: Later) -> tuple[int, list[str]]:
    """Keep every name that was used since for its last owner.

    Those of instances that the backup does not know become tombstones: their archives are there.

    Returns:
        How many names were kept, and those on deployments that the backup does not know.
    """
    known = set(connection.execute(select(deployments.c.id)).scalars())
    kept, lost = 0, []
    for (deployment, name), fact in _claims(later).items():
        if deployment not in known:
            lost.append(name)
            continue
        _keep(connection, deployment, name, fact)
        kept += 1
    return kept, sorted(lost)


def _claims(later: Later) -> Mapping[tuple[str, str], Attested]:
    """Return the last fact that has a name; an instance that was never made has none."""
    last = latest(later, Fact.INSTANCE)
    claims = {}
    for fact in later:
        if fact.kind != Fact.INSTANCE or _failed(last[fact.object]):
            continue
        for name in (fact.state["instanceID"], fact.state["alias"]):
            if name:
                claims[fact.state["deployment"], name.lower()] = last[fact.object]
    return claims


def _failed(fact: Attested) -> bool:
    return bool(fact.state["status"] == InstanceStatus.FAILED)


def _keep(connection: Connection, deployment: str, name: str, fact: Attested) -> None:
    row = _row(connection, fact.object)
    gone = row is None or row["status"] in ABSENT
    values = {
        "instance": fact.object,
        "reseller": fact.state["reseller"],
        "tombstone": gone,
        "used": True,
    }
    mine = (taken.c.deployment == deployment) & (taken.c.name == name)
    if connection.execute(select(exists().where(mine))).scalar_one():
        connection.execute(update(taken).where(mine).values(**values))
        return
    key = {"deployment": deployment, "name": name, "create_time": fact.create_time}
    connection.execute(insert(taken).values(**key, **values))
