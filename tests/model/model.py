"""What must come of every call: the decisions about tenancy as a program of their own.

It shares no code with the gateway. What SPE makes of a single instance is in ``life.py``.
"""

from tests.model.bounds import DEPLOYMENTS, ROOT, Bounds
from tests.model.calls import Call, Ref
from tests.model.life import Life
from tests.model.roles import ALL, WIDE, bound, granted
from tests.model.rules import Object, demand, refuse
from tests.personas.table import Kind

OPERATOR = Ref("c0")
NEW: Object = {"roles": [], "permissions": [], "instances": None, "disabled": False}
RESERVED = frozenset({"admin", "default", "system"})
RIGHTS = frozenset({"roles", "permissions", "instances", "disabled"})
ABOUT_NOTHING = frozenset({Kind.LIST, Kind.SELF, Kind.FLEET})


def wider(who: Object, client: Object, permission: str) -> set[str]:
    """Return the permission if a client reaches further than a restricted caller."""
    only, its = who["instances"], client["instances"]
    return {permission} if only is not None and not (its and set(its) <= set(only)) else set()


class Model(Life, Bounds):
    def __init__(self) -> None:
        operator = NEW | {"id": OPERATOR, "reseller": ROOT, "roles": ["operator"]}
        self.resellers: dict[Ref, Object] = {ROOT: {"id": ROOT, "parent": None}}
        self.clients: dict[Ref, Object] = {OPERATOR: operator}
        self.tokens = {Ref("t0"): (OPERATOR, ALL)}
        self.deployments = {each: {"id": each} for each in DEPLOYMENTS}
        self.instances: dict[Ref, Object] = {}
        self.operations: dict[Ref, Object] = {}
        self.names: dict[tuple[Ref, str], Object] = {}

    # who sees what, and may do what

    def who(self, call: Call) -> Object:
        client, scope = self.tokens.get(call.who, (None, frozenset()))
        one = self.clients.get(client, {"disabled": True})
        refuse(one["disabled"], 401, "UNAUTHENTICATED")
        suspended = self.is_suspended(one["reseller"]) and call.name != "getMe"
        refuse(suspended, 403, "RESELLER_SUSPENDED")
        return one | {"may": granted(one) & self.most(one["reseller"]) & scope}

    def owns(self, who: Object, one: Object) -> bool:
        """Whether it lies in the caller's part of the tree, and within its restriction."""
        owner = one.get("reseller", one["id"])
        line = one.get("_line") or (self.line(owner) if owner in self.resellers else (ROOT,))
        about = one.get("instance", one["id"] if one["id"].startswith("i") else None)
        only = who["instances"] if about else None
        return who["reseller"] in line and (only is None or about in only)

    def sees(self, who: Object, one: Object) -> bool:
        further = one["id"].startswith("c") and wider(who, one, "clients:read")
        return one.get("status") != "purged" and self.owns(who, one) and not further

    def reached(self, who: Object, call: Call, handle: Ref) -> Object:
        """Return what a call is about, when its caller sees it and has the permission."""
        kind = call.row.kind
        noun = "reseller" if kind is Kind.CREATE else kind.name.lower()
        one = getattr(self, f"{noun}s", {}).get(call.on.get(noun, handle))
        refuse(kind not in ABOUT_NOTHING and not (one and self.sees(who, one)), 404, "NOT_FOUND")
        demand({call.row.permission} - {""} - who["may"])
        return one or who

    def found(self, who: Object, call: Call) -> Object:
        """Likewise, with what the body asks for besides."""
        kind, body = call.row.kind, call.body or {}
        one = self.reached(who, call, body.get("reseller", body.get("parent", who["reseller"])))
        demand(({"users:create"} if body.get("users") else set()) - who["may"])
        outside = kind in {Kind.CREATE, Kind.RESELLER} or call.name == "transferInstance"
        restricted = outside and not call.row.reads and who["instances"] is not None
        demand({call.row.permission} if restricted else ())
        return one

    def get_me(self, who: Object, _: Call, __: Object) -> Object:
        me = {"client": who["id"], "permissions": sorted(who["may"])}
        return me | {"reseller": who["reseller"], "instances": who["instances"]}

    # tokens, resellers, clients

    def create_token(self, _: Object, call: Call, __: Object) -> None:
        one = self.clients.get(call.body["client"], {"disabled": True})
        refuse(one["disabled"], 401)
        allowed = granted(one) & self.most(one["reseller"])
        scope = frozenset(call.body.get("scope", allowed))
        refuse(scope - allowed, 400)
        self.tokens[call.made] = (one["id"], scope)

    def revoke_token(self, _: Object, call: Call, __: Object) -> None:
        one = self.clients.get(call.body["client"], {"disabled": True})
        refuse(one["disabled"], 401)
        client, _ = self.tokens.get(call.body["token"], (one["id"], None))
        alive = not self.clients.get(client, {"disabled": True})["disabled"]
        refuse(alive and client != one["id"], 400)
        if alive:
            self.tokens.pop(call.body["token"], None)

    def create_reseller(self, who: Object, call: Call, parent: Object) -> Object:
        made = {**call.body, "id": call.made, "parent": parent["id"]}
        added = bound(made) if "roles" in made else frozenset()
        demand(added & WIDE or added - who["may"])
        self.resellers[call.made] = made
        return made

    def update_reseller(self, who: Object, call: Call, one: Object) -> Object:
        refuse(one["id"] == who["reseller"], 409, "CONFLICT")
        after, most = one | call.body, self.most(one["id"])
        self.resellers[one["id"]] = after
        added = self.most(one["id"]) - most
        added |= bound(after) if after.get("roles") not in (None, one.get("roles")) else set()
        self.resellers[one["id"]] = after if added <= who["may"] - WIDE else one
        demand(added & WIDE or added - who["may"])
        return after

    def delete_reseller(self, who: Object, _: Call, one: Object) -> None:
        refuse(one["id"] == who["reseller"], 409, "CONFLICT")
        tables = (self.clients, self.instances, self.resellers)
        owners = {each.get("reseller", each.get("parent")) for t in tables for each in t.values()}
        refuse(one["id"] in owners or one.get("_had"), 409, "IN_USE")
        del self.resellers[one["id"]]

    def create_client(self, who: Object, call: Call, owner: Object) -> Object:
        made = NEW | call.body | {"id": call.made, "reseller": owner["id"]}
        self.grant(who, call, made)
        self.clients[call.made] = made
        return made

    def update_client(self, who: Object, call: Call, one: Object) -> Object:
        refuse(RIGHTS & call.body.keys() and one["id"] == who["id"], 409, "CONFLICT")
        above = one.get("_by") in self.line(who["reseller"])[:-1]
        refuse(above and call.body.get("disabled") is False, 409, "CONFLICT")
        self.grant(who, call, one | call.body)
        if "disabled" in call.body and not above:
            one["_by"] = who["reseller"] if call.body["disabled"] else None
        one |= call.body
        return one

    def delete_client(self, who: Object, _: Call, one: Object) -> None:
        refuse(one["id"] == who["id"], 409, "CONFLICT")
        del self.clients[one["id"]]

    def grant(self, who: Object, call: Call, after: Object) -> None:
        """Judge the state after a change: nobody grants more than they have, or in vain."""
        most, given = self.most(after["reseller"]), call.body
        demand(granted(after) - most if {"roles", "permissions"} & given.keys() else ())
        demand((granted(after) & most) - who["may"])
        demand(wider(who, after, call.row.permission))
        chosen = [self.instances.get(each) for each in given.get("instances") or ()]
        refuse(not all(one and self.sees(who, one) for one in chosen), 404, "NOT_FOUND")

    # instances

    def reserve(self, i: Object, *names: str | None) -> None:
        """One table for ids and aliases; what is buried goes back to its own reseller only."""
        for name in filter(None, names):
            held = self.names.get((i["deployment"], name), i)
            mine = held["reseller"] == i["reseller"] and (held["_buried"] or held["id"] == i["id"])
            refuse(name in RESERVED or not mine, 409, "NAME_TAKEN")
        for name in filter(None, names):
            self.names[i["deployment"], name] = i | {"_buried": False}

    def placed(self, owner: Ref, wish: Ref | None) -> Ref:
        fit = self.open_to(owner)
        refuse(not fit or wish not in (None, *fit), 409, "NO_PLACEMENT")
        alive = [i for i in self.instances.values() if i["status"] != "purged"]
        running = [i["deployment"] for i in alive if i["status"] == "running"]
        there = [i["deployment"] for i in alive]
        return wish or min(fit, key=lambda each: (running.count(each), there.count(each)))

    def create_instance(self, who: Object, call: Call, owner: Object) -> Object:
        body = {"alias": None, "externalId": None, "labels": {}, "startMode": "automatic"}
        i = body | call.body | {"id": call.made, "reseller": owner["id"], "_buried": False}
        i |= self.furnished(i)
        self.admit(owner["id"])
        i["deployment"] = self.placed(owner["id"], i.get("deployment"))
        self.now.asked = (i["deployment"],)
        self.reserve(i, i["instanceID"], i["alias"])
        self.instances[call.made] = i
        self.begin(who, call, i)
        return i

    def transfer_instance(self, who: Object, call: Call, i: Object) -> Object:
        owner = call.body["reseller"]
        reached = owner in self.resellers and who["reseller"] in self.line(owner)
        refuse(not reached, 404, "NOT_FOUND")
        open_to = i["deployment"] in self.open_to(owner) and not self.is_suspended(owner)
        refuse(owner == i["reseller"] or not open_to, 409, "CONFLICT")
        self.admit(owner, i["reseller"])
        self.resellers[i["reseller"]]["_had"] = True  # its history stays with it
        i["reseller"] = owner
        for held in self.names.values():
            held["reseller"] = owner if held["id"] == i["id"] else held["reseller"]
        return i
