"""What the instances use: read, kept, added up, and put on statements."""
