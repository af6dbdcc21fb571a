"""Optional packages of the experiments: imported when they are needed, missed by their extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from urnn_proofs.model.errors import MissingExtraError

__all__ = ["need"]


def need(module: str, purpose: str, install: str = "urnn_proofs[experiments]") -> Any:
    """Import a module that not everyone has.

    Parameters
    ----------
    module
        Such as ``"jax"`` or ``"matplotlib.figure"``.
    purpose
        What it is needed for, to begin the error message with.
    install
        What brings it.

    Raises
    ------
    MissingExtraError
        If it is not installed, or is broken.

    Examples
    --------
    >>> need("json", "reading").__name__
    'json'
    """
    try:
        return import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        why = "is not installed" if error.name == package else f"cannot be imported ({error})"
        raise MissingExtraError(
            f"{purpose} needs the package {package}, which {why}; install {install}"
        ) from None
