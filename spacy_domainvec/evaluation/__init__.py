"""What a table is worth: measures, reports, sizes, neighbours."""
