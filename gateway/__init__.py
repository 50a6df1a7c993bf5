"""REST gateway and multi-server broker for the MailStore SPE Management API."""

from gateway import lean  # noqa: F401 # before anybody imports structlog
