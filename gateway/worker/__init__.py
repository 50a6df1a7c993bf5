"""Tracking of operations by Celery; the database is the truth, the queue only a hint."""
