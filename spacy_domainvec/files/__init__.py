"""Writing so that nothing is lost, and reading only what was written."""
