"""Celery, without greenlets and YAML; to be imported before anybody imports Celery."""

from gateway import lean

lean.load("celery.worker", "greenlet", "yaml")
