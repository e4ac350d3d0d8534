"""The version. This module imports nothing, so that any other can import it."""

__version__ = "0.1.0"
