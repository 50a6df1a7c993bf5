"""The commands of the Management API, one file for each noun."""
