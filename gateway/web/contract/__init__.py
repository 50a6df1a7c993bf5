"""The contract: one document made from the code, in its editions, and what changed in it."""
