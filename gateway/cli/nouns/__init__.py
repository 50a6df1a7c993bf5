"""The frame of the commands over REST: nouns and verbs as rows, and what carries a row out."""
