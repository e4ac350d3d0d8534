"""Vectors of other tools: reading and writing them."""
