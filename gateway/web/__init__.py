"""Flask furniture: bearer token to principal, strict input, problem+json, paging, the contract."""
