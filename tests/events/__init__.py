"""Webhooks: signed, sent where they may go, and to nowhere else."""
