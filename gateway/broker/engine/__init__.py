"""Carries one operation on at its deployment: prepare, send, poll, settle what was lost."""
