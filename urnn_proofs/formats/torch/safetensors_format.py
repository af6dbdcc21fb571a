"""State dicts in safetensors files; the nonlinearity and the axes stand in the metadata."""

from __future__ import annotations

import json
from pathlib import Path
from typing import IO, Any

from urnn_proofs.formats.extras import need
from urnn_proofs.formats.limits import Tally
from urnn_proofs.formats.nonlinearities import framework_name
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.formats.torch.state_dict import from_tensors, to_tensors
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.text import plain

__all__ = ["read", "write"]

_TYPES = ("F32", "F64")
# Names, shapes and places of a few hundred tensors take far less.
_MAX_HEADER = 2**20


def read(file: Path, activation: str | None = None, readout: str | None = None) -> StoredNetwork:
    """Read a state dict from a ``.safetensors`` file.

    The nonlinearity and the name of the readout come from the arguments, or from the metadata where
    this package wrote them.  The order of the tensors says nothing in this format.

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
    _check_header(file)
    try:
        with safetensors.safe_open(str(file), framework="numpy") as stored:
            metadata = dict(stored.metadata() or {})
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118
    except Exception as error:  # the format's own error type, and what NumPy makes of bad data
        raise InputError(
            f"{file.name} is not a readable .safetensors file ({type(error).__name__}: {error})"
        ) from None
    said = {"activation": metadata.get("nonlinearity"), "readout": metadata.get("readout")}
    for name, given in (("activation", activation), ("readout", readout)):
        found = said[name]
        same = given == found or (name == "activation" and str(given).lower() == str(found).lower())
        if given is not None and found is not None and not same:
            raise InputError(
                f"{file.name} says that its {name} is {shorten(found)}, not {shorten(given)}; "
                f"leave {name} out, or correct it"
            )
    first = "BTF" if metadata.get("batch_first") == "true" else "TBF"
    outputs = first.replace("T", "") if metadata.get("last_only") == "true" else first
    layout = Layout(input_axes=first, output_axes=outputs)
    return from_tensors(
        arrays,
        file.name,
        activation or said["activation"],
        layout,
        readout=readout or said["readout"],
    )


def write(network: StoredNetwork, stream: IO[bytes]) -> None:
    """Write a state dict; weights must be floats exactly."""
    need("safetensors", "writing a .safetensors file")
    from safetensors.numpy import save

    layout = network.layout
    metadata = {
        "format": "pt",
        "nonlinearity": framework_name(network.layers[0].activation, "the network"),
        "batch_first": str(layout.batch_first).lower(),
        "last_only": str(layout.last_only).lower(),
    }
    tensors = to_tensors(network)
    if f"{layout.readout_prefix}weight" in tensors and layout.readout_prefix:
        metadata["readout"] = layout.readout_prefix.removesuffix(".")
    stream.write(save(tensors, metadata=metadata))


def _check_header(file: Path) -> None:
    """Look at names, types, shapes and places before any data is read."""
    with file.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if length > _MAX_HEADER:
            raise InputError(
                f"{file.name} is not a readable .safetensors file: its header has {length} bytes, "
                f"and at most {_MAX_HEADER} are read"
            )
        text = stream.read(length)
    try:
        header = json.loads(text, object_pairs_hook=_once)
        header.pop("__metadata__", None)
        parts = [(name, part["dtype"], part["shape"]) for name, part in header.items()]
    except InputError as error:
        raise InputError(f"{file.name}: {error}") from None
    except Exception as error:  # text that is no JSON, or no such JSON
        raise InputError(
            f"{file.name} is not a readable .safetensors file ({type(error).__name__} in its "
            f"header)"
        ) from None
    tally = Tally(file.name)
    for name, kind, shape in parts:
        if not isinstance(kind, str) or kind not in _TYPES:
            raise UnsupportedError(
                f"{file.name}: {plain(name, 60)} has the type {plain(str(kind), 60)}; expected F32 "
                f"or F64"
            )
        if not isinstance(shape, list) or not all(type(length) is int for length in shape):
            raise InputError(f"{file.name}: {plain(name, 60)} has no shape; expected a list of int")
        tally.add(shape)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InputError("a name stands twice in the header; expected each tensor once")
    return found
