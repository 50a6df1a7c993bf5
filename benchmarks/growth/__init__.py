"""Growth: what time, processor, memory and database cost as there is more of everything."""
