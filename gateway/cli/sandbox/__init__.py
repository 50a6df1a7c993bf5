"""The sandbox: a simulated fleet with believable data, and trouble at hand."""
