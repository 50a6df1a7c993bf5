"""What is seen from outside: counts, times and traces, and nothing at all where nobody looks."""
