"""Word vectors of your own text beside the vectors of a spaCy pipeline."""

from .about import __version__
from .errors import DomainVectorsError, DomainVectorsWarning
from .pipeline.component import DomainVectors
from .table.table import VectorTable
from .util.jobs import Jobs

__all__ = ["DomainVectors", "DomainVectorsError", "DomainVectorsWarning", "Jobs", "VectorTable", "__version__"]
