"""Makes up what calls say: a method for each operation that takes a body or a query."""

from collections.abc import Sequence
from typing import Any

from tests.model.bounds import DEPLOYMENTS
from tests.model.calls import JSON, Ref
from tests.model.picks import Picks
from tests.model.roles import granted
from tests.model.stage import canary

NAMES = ("acme", "corp-1", "data", "bravo", "delta-x", "echo", "fox", "golf", "admin")
ALIASES = (*NAMES[:4], "mail.acme", "b@b", "one_two", "system")
EXTERNAL = ("E-1", "E-2", "E-3")
USERS = ("jane", "joe", "*", "* .running", "a b")
SCOPE = ("instances:read", "stores:read", "instances:operate", "instances:delete")
GRANTS: Sequence[JSON] = (
    {"roles": ["reseller-admin"]},
    {"roles": ["read-only"]},
    {"roles": ["portal"]},
    {"roles": ["operator"]},
    {"roles": ["portal"], "permissions": ["instances:operate", "instances:delete"]},
    {"permissions": ["instances:purge"]},
    {"permissions": ["instances:read", "instances:update", "users:create"]},
    {"permissions": ["clients:create", "clients:read", "clients:update", "instances:read"]},
)


class Bodies(Picks):
    """Each method takes who calls on what, and returns further members of the call."""

    def new_instance(self, ref: Ref, name: str) -> dict[str, Any]:
        """Return the body that makes an instance."""
        whole = {"instanceID": name, "displayName": f"{canary(ref)}name"}
        whole |= {"externalId": self.pick(EXTERNAL), "labels": {"mark": f"{canary(ref)}label"}}
        if not self.one_in(4):
            whole |= {"archiveAdmin": True, "store": {"name": f"{canary(ref)}store"}}
            return whole | {"users": [{"userName": "jane", "fullName": f"{canary(ref)}jane"}]}
        return whole | ({"start": False} if self.one_in(2) else {})

    def create_instance(self, who: Ref | None, _: JSON) -> JSON:
        """Choose a name that others have or had, and leave the place open at times."""
        ref = self.new("i")
        buried = [place for place, held in self.model.names.items() if held["_buried"]]
        again = bool(buried) and self.one_in(2)
        place, name = self.pick(buried) if again else (self.pick(DEPLOYMENTS), self.pick(NAMES))
        body = self.new_instance(ref, name)
        if self.one_in(3):
            body["alias"] = self.pick(ALIASES)
        if self.one_in(2):
            body["reseller"] = self.seen(who, "r", self.model.resellers)
        if again or not self.one_in(4):
            body["deployment"] = place
        return {"body": body, "made": ref}

    def update_instance(self, _: Ref | None, on: JSON) -> JSON:
        """Change one or two members."""
        ref = on["instance"]
        changes: Sequence[JSON] = (
            {"displayName": f"{canary(ref)}{self.random.randrange(9)}"},
            {"alias": self.pick((*ALIASES, None))},
            {"startMode": self.pick(("automatic", "manual"))},
            {"externalId": self.pick((*EXTERNAL, None))},
            {"labels": {"mark": self.pick((None, f"{canary(ref)}mark"))}},
        )
        body = {**self.pick(changes), **(self.pick(changes) if self.one_in(3) else {})}
        return {"body": body, "query": {} if self.one_in(3) else {"restart": True}}

    def purge_instance(self, _: Ref | None, on: JSON) -> JSON:
        """Confirm with the right name, mostly."""
        i = self.model.instances.get(on["instance"], {"instanceID": "acme"})
        name = "acme" if self.one_in(10) else i["instanceID"]
        return {"body": {"instanceID": name, "legalHoldChecked": True}}

    def start_instance(self, *_: object) -> JSON:
        """Start safely at times."""
        return {"body": {"safeMode": self.one_in(4)}}

    def transfer_instance(self, who: Ref | None, _: JSON) -> JSON:
        """Choose a new owner."""
        return {"body": {"reseller": self.seen(who, "r", self.model.resellers)}}

    def list_instances(self, *_: object) -> JSON:
        """Filter by what others have too."""
        filters = {
            "deployment": self.pick(DEPLOYMENTS),
            "reseller": self.among("r", self.model.resellers),
            "externalId": self.pick(EXTERNAL),
            "consistency": self.pick(("cached", "live")),
        }
        chosen = {name: value for name, value in filters.items() if self.one_in(4)}
        return {"query": {"limit": self.pick((1, 2, 3, 500)), **chosen}}

    def list_operations(self, *_: object) -> JSON:
        """Filter by what others have too."""
        filters = {
            "instance": self.among("i", self.model.instances),
            "status": self.pick(("succeeded", "failed")),
            "kind": self.pick(("createInstance", "stopInstance")),
            "limit": self.pick((20, 50)),
        }
        return {"query": {name: value for name, value in filters.items() if self.one_in(2)}}

    def create_client(self, who: Ref | None, _: JSON) -> JSON:
        """Grant what the caller may not have, to whom it may not reach, at times."""
        ref = self.new("c")
        owner = self.reseller(who)
        body = {"name": f"{canary(ref)}client", "reseller": owner, **self.pick(GRANTS)}
        if self.one_in(3):
            body["instances"] = [self.seen(who, "i", self.model.instances)]
        return {"body": body, "made": ref}

    def update_client(self, who: Ref | None, on: JSON) -> JSON:
        """Change rights, restriction, name, or whether it is disabled."""
        chosen = [self.seen(who, "i", self.model.instances)]
        disabled = {"disabled": not self.one_in(3)}
        changes = (disabled, disabled, {"instances": self.pick((None, chosen, chosen))})
        name = {"name": f"{canary(on['client'])}{self.random.randrange(9)}"}
        return {"body": self.pick((*changes, self.pick(GRANTS), name))}

    def create_reseller(self, who: Ref | None, _: JSON) -> JSON:
        """Make one below any that the caller sees."""
        ref, parent = self.new("r"), self.seen(who, "r", self.model.resellers)
        body = {"name": f"{canary(ref)}reseller", "parent": parent} | self.bounds()
        return {"body": {n: value for n, value in body.items() if value is not None}, "made": ref}

    def update_reseller(self, _: Ref | None, on: JSON) -> JSON:
        """Change the name or a bound."""
        name = {"name": f"{canary(on['reseller'])}{self.random.randrange(9)}"}
        return {"body": name if self.one_in(2) else self.bounds()}

    def bounds(self) -> dict[str, Any]:
        """Return a bound of a reseller."""
        places = (None, [*DEPLOYMENTS], [DEPLOYMENTS[0]], [])
        roles = (None, ["reseller-admin"], ["read-only"], ["operator"])
        taken = ([], ["instances:delete"], ["clients:read", "stores:read"])
        bounds = {"deployments": places, "roles": roles, "disabledPermissions": taken}
        name = self.pick(bounds)
        return {name: self.pick(bounds[name])}

    def create_token(self, *_: object) -> JSON:
        """Ask for all that a client may do, for less, and for more."""
        ref = self.among("c", self.model.clients)
        body: dict[str, Any] = {"client": ref}
        if self.one_in(3):
            may = sorted(granted(self.model.clients.get(ref, {"roles": [], "permissions": []})))
            some = self.random.sample(may, min(3, len(may))) or [SCOPE[0]]
            body["scope"] = [*some, *([self.pick(SCOPE)] if self.one_in(3) else [])]
        return {"who": None, "body": body, "made": self.new("t")}

    def revoke_token(self, *_: object) -> JSON:
        """Revoke an own token, another's, or none."""
        client = self.among("c", self.model.clients)
        token = self.among("t", self.model.tokens)
        own, _ = self.model.tokens.get(token, (client, None))
        return {"who": None, "body": {"client": client if self.one_in(3) else own, "token": token}}

    def set_quotas(self, *_: object) -> JSON:
        """Limit the number of instances, lift the limits above, or let them count."""
        limits = ({}, {"instances": None}, *({"instances": number} for number in range(4)))
        return {"body": {"limits": self.pick(limits)}}

    # what is inside of instances

    def _text(self, on: JSON) -> str:
        return f"{canary(on['instance'])}{self.random.randrange(99)}"

    def create_store(self, _: Ref | None, on: JSON) -> JSON:
        """Name a store."""
        return {"body": {"name": self._text(on)}}

    update_store = create_store

    def update_user(self, _: Ref | None, on: JSON) -> JSON:
        """Name a user."""
        return {"body": {"fullName": self._text(on)}}

    def create_user(self, *_: object) -> JSON:
        """Make a user, at times one that SPE keeps for itself."""
        return {"body": {"userName": self.pick((*USERS, "$archiveadmin"))}}

    def verify_store(self, *_: object) -> JSON:
        """Say what is verified."""
        return {"body": {"includeIndexes": False}}

    def set_archive_admin(self, *_: object) -> JSON:
        """Switch it on, mostly."""
        return {"body": {"enabled": not self.one_in(4)}}
