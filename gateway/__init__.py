"""REST gateway and multi-server broker for the MailStore SPE Management API."""
