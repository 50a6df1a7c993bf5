"""The daily look into each instance: its sizes, and what archive operators wait for."""
