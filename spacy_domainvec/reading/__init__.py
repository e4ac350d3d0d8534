"""From files, whatever they are, to texts."""
