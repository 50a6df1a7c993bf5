"""Authorise, resolve, invoke, narrow, record: the one way to a deployment."""
