"""All stages in order: from texts to a table and a pipeline."""

from .run import build_pipeline, train_table
from .settings import load_settings

__all__ = ["build_pipeline", "load_settings", "train_table"]
