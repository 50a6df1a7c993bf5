"""The contract: one document made from the code, its examples, files and editions."""
