"""Which words and phrases get a vector, and how often words stand near each other."""
