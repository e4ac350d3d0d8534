"""From counts to vectors in the base's space."""
