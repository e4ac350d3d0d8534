"""Reading and writing the vectors of other tools."""
