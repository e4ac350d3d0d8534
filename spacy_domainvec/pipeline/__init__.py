"""The component, its attributes, and pipelines that have it."""

from .loading import load_pipeline, merge, save

__all__ = ["load_pipeline", "merge", "save"]
