"""Measures the server beside a naive one and an IRC server: ``python -m benchmarks``."""
