"""Who calls, what it may, and the record of both: what every noun of ours stands on."""
