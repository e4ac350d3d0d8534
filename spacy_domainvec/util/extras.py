"""Importing what not every user needs, inside the stage that needs it."""

import importlib
from typing import Any

from ..errors import DomainVectorsError, Errors


def import_extra(module: str, stage: str, extra: str = "train") -> Any:
    """Import a module of an extra.

    RAISES: DomainVectorsError (DV066), naming the stage and the command that installs it.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        install = f'python -m pip install "spacy-domainvec[{extra}]"'
        missing = module.split(".")[0]
        raise DomainVectorsError(Errors.DV066.format(stage=stage, missing=missing, install=install)) from None
