"""Puts the furniture into a Flask application."""

from flask import Flask

from gateway.web.api import Api
from gateway.web.body import READ_LIMIT
from gateway.web.converters import install_converters
from gateway.web.docs import install_docs
from gateway.web.hooks import EXTENSION, install_hooks
from gateway.web.idempotency import install_idempotency
from gateway.web.measured import Measured
from gateway.web.oauth import views as oauth
from gateway.web.precedence import install_precedence
from gateway.web.problems import install_problems
from gateway.web.refusals import note_refusal


def install(app: Flask, gateway: object) -> Api:
    """Install converters, hooks, problems, the authorization server and the documents.

    Args:
        app: new, made with ``static_folder=None``; no blueprint is registered yet.
        gateway: has ``authenticate``, ``cursors``, ``issuer``, ``key_ring`` and ``clients``.

    Returns:
        The contract; register the resources' blueprints with it, then ``check_every_view``.
    """
    app.extensions[EXTENSION] = gateway
    app.wsgi_app = Measured(app.wsgi_app)  # type: ignore[method-assign] # as Flask's own docs
    _configure(app)
    install_converters(app)
    install_hooks(app)
    install_idempotency(app)
    app.after_request(note_refusal)  # called before those of the hooks: they dress its answer too
    install_problems(app)
    install_precedence(app)
    api = Api(app)
    api.register_blueprint(oauth.blp)
    install_docs(app)
    return api


def _configure(app: Flask) -> None:
    app.config["MAX_CONTENT_LENGTH"] = READ_LIMIT
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    # Both would answer with a redirect that repeats the Host header of the request.
    app.url_map.merge_slashes = False
    app.url_map.redirect_defaults = False
