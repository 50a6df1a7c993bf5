"""Flask furniture: bearer token to principal, strict input, problem+json, paging, the contract."""

from gateway import lean_smorest  # noqa: F401 # before anybody imports flask-smorest
