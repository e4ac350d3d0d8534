"""Word vectors of your own text beside the vectors of a spaCy pipeline."""

from .about import __version__
from .component import DomainVectors
from .errors import DomainVectorsError, DomainVectorsWarning
from .table import VectorTable

__all__ = ["DomainVectors", "DomainVectorsError", "DomainVectorsWarning", "VectorTable", "__version__"]
