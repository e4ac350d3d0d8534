"""Importing what only training needs, inside the stage that needs it."""

import importlib
from typing import Any

from .errors import DomainVectorsError, Errors


def import_extra(module: str, stage: str) -> Any:
    """Import a module of the extra `train`.

    RAISES: DomainVectorsError (DV066), naming the stage and the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        install = 'python -m pip install "spacy-domainvec[train]"'
        missing = module.split(".")[0]
        raise DomainVectorsError(Errors.DV066.format(stage=stage, missing=missing, install=install)) from None
