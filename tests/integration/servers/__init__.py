"""Servers that the tests start, each on loopback and in its own folder."""
