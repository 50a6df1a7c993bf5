"""What is shown of the gateway to those who watch it: metrics, facts, traces."""
