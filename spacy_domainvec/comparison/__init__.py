"""Comparing the routes to vectors of a domain on one's own texts, and advice from what was measured."""
