"""From files of many formats to texts."""
