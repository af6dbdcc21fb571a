"""State dicts in safetensors files; the nonlinearity and the axes stand in the metadata."""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

from urnn_proofs.formats.extras import need
from urnn_proofs.formats.refusals import require_sane_size
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.formats.torch.state_dict import from_tensors, to_tensors
from urnn_proofs.model.errors import InputError, UnsupportedError

__all__ = ["read", "write"]

_TYPES = ("F32", "F64")


def read(file: Path, activation: str | None = None) -> StoredNetwork:
    """Read a state dict from a ``.safetensors`` file.

    The nonlinearity comes from *activation*, or from the metadata where this package wrote it.

    Raises
    ------
    MissingExtraError
        If the package safetensors is not installed.
    InputError
        If the file is damaged or is no state dict of an RNN.
    UnsupportedError
        For other types than float32 and float64.
    """
    safetensors = need("safetensors", f"reading {file.name}")
    try:
        with safetensors.safe_open(str(file), framework="numpy") as stored:
            metadata = dict(stored.metadata() or {})
            _check_types(file, stored)
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except (InputError, UnsupportedError):
        raise
    except Exception as error:  # the format's own error type, and what NumPy makes of bad data
        raise InputError(
            f"{file.name} is not a readable .safetensors file ({type(error).__name__}: {error})"
        ) from None
    said = metadata.get("nonlinearity")
    if activation is not None and said is not None and activation.lower() != said.lower():
        raise InputError(
            f"{file.name} says that its nonlinearity is {said!r}, not {activation!r}; leave "
            f"activation out, or correct it"
        )
    first = "BTF" if metadata.get("batch_first") == "true" else "TBF"
    outputs = first.replace("T", "") if metadata.get("last_only") == "true" else first
    layout = Layout(input_axes=first, output_axes=outputs)
    return from_tensors(arrays, file.name, activation or said, layout)


def write(network: StoredNetwork, stream: IO[bytes]) -> None:
    """Write a state dict; weights must be floats exactly."""
    need("safetensors", "writing a .safetensors file")
    from safetensors.numpy import save

    layout = network.layout
    metadata = {
        "format": "pt",
        "nonlinearity": "relu",
        "batch_first": str(layout.batch_first).lower(),
        "last_only": str(layout.last_only).lower(),
    }
    stream.write(save(to_tensors(network), metadata=metadata))


def _check_types(file: Path, stored: Any) -> None:
    """Look at types and sizes before any data is read."""
    entries = 0
    for name in stored.keys():  # noqa: SIM118
        part = stored.get_slice(name)
        if part.get_dtype() not in _TYPES:
            raise UnsupportedError(
                f"{file.name}: {name} has the type {part.get_dtype()}; expected F32 or F64"
            )
        count = 1
        for length in part.get_shape():
            count *= length
        entries += count
    require_sane_size(entries, file.name)
