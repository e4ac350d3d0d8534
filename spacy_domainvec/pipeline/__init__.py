"""The component, its extension attributes, and the pipelines that contain it."""

from .loading import load_pipeline, merge, save

__all__ = ["load_pipeline", "merge", "save"]
