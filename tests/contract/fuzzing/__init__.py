"""Schemathesis against a gateway: what it is told, how it is run, and what it found."""
