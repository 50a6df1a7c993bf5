"""Breaking changes of the contract are found, each of them, and nothing else is."""
