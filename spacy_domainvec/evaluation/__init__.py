"""Evaluating a table: measures, reports, sizes, neighbours."""
