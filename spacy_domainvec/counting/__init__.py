"""Choosing the words and phrases that get a vector, and counting how often words co-occur."""
