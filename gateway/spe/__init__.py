"""The vendor's Management API and nothing of ours: commands, encoding, client, status."""
