"""The version, read without importing anything."""

__version__ = "0.1.0"
