"""Conversations that run against the simulator always, and against a real SPE when one is named."""
