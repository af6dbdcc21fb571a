"""Optional packages: imported when a format needs them, missed by the name of their extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from urnn_proofs.model.errors import MissingExtraError

__all__ = ["need"]

# The extra that brings each package.
_EXTRAS = {"torch": "torch", "safetensors": "safetensors", "onnx": "onnx", "h5py": "keras"}


def need(package: str, purpose: str) -> Any:
    """Import a package that an extra brings.

    Parameters
    ----------
    package
        ``"torch"``, ``"safetensors"``, ``"onnx"`` or ``"h5py"``.
    purpose
        What it is needed for, to begin the error message with.

    Raises
    ------
    MissingExtraError
        If it is not installed, or is broken.
    """
    try:
        return import_module(package)
    except ImportError as error:
        why = "is not installed" if error.name == package else f"cannot be imported ({error})"
        raise MissingExtraError(
            f"{purpose} needs the package {package}, which {why}; install "
            f"urnn_proofs[{_EXTRAS[package]}]"
        ) from None
