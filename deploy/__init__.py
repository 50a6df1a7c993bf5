"""What a provider takes to run the gateway: a cluster, a proxy before it, what watches it."""
