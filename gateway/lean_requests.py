"""requests, which guesses no encodings; to be imported before anybody imports requests."""

from gateway import lean

lean.load("requests", "charset_normalizer", "chardet")
