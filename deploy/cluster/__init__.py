"""A cluster on loopback: gateways and workers behind a proxy, killed while they work."""
