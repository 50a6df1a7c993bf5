"""What the deployments have: read, kept, compared with what we know, and listed."""
