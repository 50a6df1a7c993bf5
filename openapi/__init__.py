"""The contract as files, and the SDKs that are made from it."""
