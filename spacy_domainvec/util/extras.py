"""Importing optional dependencies, within the stage that needs them."""

import importlib
from typing import Any

from ..errors import DomainVectorsError, Errors


def import_extra(module: str, stage: str, extra: str = "train") -> Any:
    """Import a module that an extra installs.

    stage: The work that needs it, for the message.
    RAISES: DomainVectorsError (DV066), which names the stage and the command that installs the extra.
    """
    try:
        return importlib.import_module(module)
    except ImportError:
        install = f'python -m pip install "spacy-domainvec[{extra}]"'
        missing = module.split(".")[0]
        shown = {"stage": stage, "missing": missing, "install": install}
        raise DomainVectorsError(Errors.DV066.format(**shown)) from None
