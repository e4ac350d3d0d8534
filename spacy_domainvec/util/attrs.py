"""The token attributes by which words can be counted and looked up."""

ATTRS = ("ORTH", "LOWER", "NORM", "LEMMA")
