"""A small contract to break, and the real one."""

import json
from pathlib import Path
from typing import Final

import pytest

from tests.answers import JSON

OPENAPI: Final = Path(__file__).parents[3] / "openapi"

SHELF: Final = """
{"type": "object", "additionalProperties": false, "required": ["name", "wood"], "properties": {
    "name": {"type": "string", "maxLength": 20, "pattern": "^[a-z]+$"},
    "wood": {"type": "string", "x-extensible-enum": ["oak", "pine"]},
    "size": {"type": ["integer", "null"], "format": "int64", "minimum": 1, "maximum": 9},
    "made": {"type": "string", "format": "date-time"},
    "kind": {"type": "string", "enum": ["open", "shut"]},
    "weight": {"type": "number"},
    "books": {"type": "array", "items": {"$ref": "#/components/schemas/Book"}},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "owner": {"anyOf": [{"$ref": "#/components/schemas/Book"}, {"type": "null"}]}}}
"""
CONTRACT: Final = """
{"openapi": "3.1.1", "info": {"title": "shelves", "version": "2026-01-01"},
 "security": [{"bearer": []}],
 "paths": {"/shelves/{shelf}": {
   "parameters": [{"name": "shelf", "in": "path", "required": true, "schema": {"type": "string"}}],
   "get": {"operationId": "getShelf", "x-sdk-method": "shelves.get", "x-permission": "shelves:read",
     "parameters": [
       {"name": "depth", "in": "query", "schema": {"type": "integer", "default": 1, "maximum": 9}},
       {"$ref": "#/components/parameters/Prefer"}],
     "responses": {"200": {"description": "OK",
       "headers": {"ETag": {"$ref": "#/components/headers/ETag"}},
       "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Shelf"}}}},
       "404": {"$ref": "#/components/responses/NotFound"}}},
   "post": {"operationId": "fillShelf", "x-sdk-method": "shelves.fill",
     "x-permission": "shelves:run",
     "x-idempotency": {"class": "run", "keptHours": 24},
     "requestBody": {"required": false, "content": {"application/json": {
       "schema": {"$ref": "#/components/schemas/ShelfFill"}}}},
     "responses": {"204": {"description": "Done."}}}}},
 "webhooks": {"event": {"post": {
   "parameters": [{"name": "webhook-id", "in": "header", "schema": {"type": "string"}}],
   "requestBody": {"content": {"application/json": {
     "schema": {"$ref": "#/components/schemas/Told"}}}},
   "responses": {"204": {"description": "Taken."}}}}},
 "components": {
   "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
   "headers": {"ETag": {"schema": {"type": "string"}}},
   "parameters": {"Prefer": {"name": "Prefer", "in": "header", "schema": {"type": "string"}}},
   "responses": {"NotFound": {"description": "No.", "content": {"application/problem+json": {
     "schema": {"type": "object", "properties": {"code": {"type": "string"}}}}}}},
   "schemas": {"Shelf": SHELF, "ShelfFill": SHELF,
     "Told": {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
     "Book": {"type": "object", "required": ["title"], "properties": {
       "title": {"type": "string"}, "next": {"$ref": "#/components/schemas/Book"}}}}}}
"""


@pytest.fixture
def contract() -> JSON:
    """Return a small contract that may be spoilt."""
    made: JSON = json.loads(CONTRACT.replace("SHELF", SHELF))
    return made


@pytest.fixture(scope="module")
def real() -> JSON:
    """Return the contract in the repository; whoever changes it changes it back."""
    found: JSON = json.loads((OPENAPI / "openapi.json").read_text(encoding="utf-8"))
    return found
