"""The demonstration: two simulated deployments, the gateway, and a tour through its API."""
