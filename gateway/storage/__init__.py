"""Tables, queries, migrations and the encryption of secrets."""
