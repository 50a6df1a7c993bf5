"""What a good engineer would write instead in a day; only ``make bench`` runs it."""
