"""Many simulated deployments in few processes, as one file describes them."""
