"""What happened, told: one log for each reseller, and webhooks that carry it out."""
