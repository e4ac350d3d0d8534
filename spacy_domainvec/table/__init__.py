"""The table of vectors: its rows, its files, and what answers for a word."""
