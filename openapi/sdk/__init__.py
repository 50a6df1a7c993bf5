"""The SDKs: made from the contract, and each proved by doing the main job."""
