"""flask-smorest, without YAML; to be imported before anybody imports flask-smorest."""

from gateway import lean

lean.load("flask_smorest", "yaml")
