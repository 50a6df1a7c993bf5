"""Tracking of operations by Celery; the database is the truth, the queue only a hint."""

from gateway import lean_celery  # noqa: F401 # before anybody imports Celery
