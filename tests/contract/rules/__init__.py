"""Our rules for the contract: each yields a sentence for whatever breaks it."""
