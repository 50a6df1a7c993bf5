"""Permissions: what a client may hold, and which operations need it."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask, current_app
from flask.views import MethodView

from gateway.access.permissions import DESCRIPTIONS, ROOT_ONLY, Permission
from gateway.web import paging
from gateway.web.api import Blueprint
from gateway.web.fields import Flag, ListOf, Part, Text
from gateway.web.operation import ANY, operation, routes_of, spec_of
from gateway.web.schemas import Paging, Schema, page_of

blp = Blueprint("permissions", __name__, description=__doc__, url_prefix="/permissions")

PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")
"""A parameter of a route as Flask writes it."""

Needs = Mapping[Permission, Sequence[Mapping[str, str]]]


class PermissionOperationSchema(Schema):
    """An operation that needs the permission."""

    operation_id = Text("Its name in the contract.", required=True, dump_only=True)
    method = Text("Of HTTP.", required=True, dump_only=True)
    path = Text("As in the contract.", required=True, dump_only=True)


class PermissionSchema(Schema):
    """A permission."""

    name = Text("Its name, in grants, tokens and answers.", required=True, dump_only=True)
    description = Text("What it allows.", required=True, dump_only=True)
    operators_only = Flag(
        "Whether it has no effect but for operators.", required=True, dump_only=True
    )
    operations = ListOf(
        Part(PermissionOperationSchema),
        "Those that always need it; some need it for a part of their input only.",
        required=True,
        dump_only=True,
    )


PermissionPage = page_of(PermissionSchema)


@blp.route("")
class Permissions(MethodView):
    """The collection."""

    @operation(blp, "listPermissions", permission=ANY)
    @blp.arguments(Paging, location="query")
    @blp.response(200, PermissionPage, headers={"Link": "Link"})
    def get(self, query: dict[str, Any]) -> dict[str, Any]:
        """List the permissions, in the order of their names."""
        after = paging.position(query) or ""
        rest = [each for each in sorted(Permission) if each > after]
        found, more = paging.cut(rest, query["limit"], key=str)
        needs = needs_of(current_app)
        return paging.page([_view(needs, each) for each in found], more)


def _view(needs: Needs, permission: Permission) -> dict[str, Any]:
    return {
        "name": permission,
        "description": DESCRIPTIONS[permission],
        "operators_only": permission in ROOT_ONLY,
        "operations": needs.get(permission, ()),
    }


def needs_of(app: Flask) -> Needs:
    """Return the operations of an application by the permission that each needs."""
    needs: dict[Permission, list[Mapping[str, str]]] = defaultdict(list)
    for rule, method in routes_of(app):
        spec = spec_of(app, rule.endpoint, method)
        if spec and isinstance(spec.permission, Permission):
            path = PARAMETER.sub(r"{\1}", rule.rule)
            row = {"operation_id": spec.operation_id, "method": method, "path": path}
            needs[spec.permission].append(row)
    return {name: sorted(rows, key=lambda row: row["operation_id"]) for name, rows in needs.items()}
