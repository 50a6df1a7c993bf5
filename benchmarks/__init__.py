"""Benchmarks: ratios within one run, never times; ``make bench`` runs them all."""
