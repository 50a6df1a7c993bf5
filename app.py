"""WSGI entry for ``gunicorn -c python:gateway.serving app:app``."""

from gateway.factory import create_app
from gateway.settings import Settings

app = create_app(Settings.from_environment())
