"""The authorization server: API clients sign in, tokens are issued, exchanged and judged."""
