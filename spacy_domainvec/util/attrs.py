"""What a token can be counted by and looked up by."""

ATTRS = ("ORTH", "LOWER", "NORM", "LEMMA")
