"""State dicts in safetensors files; the nonlinearity and the axes stand in the metadata."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import IO, Any

import numpy as np

from urnn_proofs.formats.extras import need
from urnn_proofs.formats.limits import Tally
from urnn_proofs.formats.nonlinearities import framework_name
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.formats.torch.as_run import widened_bfloat16
from urnn_proofs.formats.torch.state_dict import from_tensors, to_tensors
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.text import plain

__all__ = ["read", "tensors", "write"]

# Names of types, and the bytes of an entry.
_TYPES = {"F32": 4, "F64": 8, "F16": 2, "BF16": 2}
# Names, shapes and places of a few hundred tensors take far less.
_MAX_HEADER = 2**20


def read(
    file: Path,
    activation: str | None = None,
    readout: str | None = None,
    unused: str | None = None,
) -> StoredNetwork:
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
        For other types than floats of 16, 32 and 64 bits.
    """
    arrays, metadata = _stored(file)
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
        unused=unused,
    )


def tensors(file: Path) -> dict[str, Any]:
    """Read the named tensors; float16 and bfloat16 become float32, which holds them exactly.

    Raises
    ------
    MissingExtraError, InputError, UnsupportedError
        As :func:`read` does, for the file itself.
    """
    return _stored(file)[0]


def _stored(file: Path) -> tuple[dict[str, Any], dict[str, str]]:
    """Read the tensors and the metadata."""
    safetensors = need("safetensors", f"reading {file.name}")
    places = _check_header(file)
    try:
        # The file as a whole, also where single tensors are read by place below.
        with safetensors.safe_open(str(file), framework="numpy") as stored:
            metadata = dict(stored.metadata() or {})
            arrays = {
                name: _bfloat16(file, *places[name]) if name in places else stored.get_tensor(name)
                for name in stored.keys()  # noqa: SIM118
            }
    except Exception as error:  # the format's own error type, and what NumPy makes of bad data
        raise InputError(
            f"{file.name} is not a readable .safetensors file ({type(error).__name__}: {error})"
        ) from None
    arrays = {
        name: array.astype(np.float32) if array.dtype == np.float16 else array
        for name, array in arrays.items()
    }
    return arrays, metadata


def _bfloat16(file: Path, shape: list[int], start: int) -> Any:
    """Read numbers of a type that NumPy does not have."""
    with file.open("rb") as stream:
        stream.seek(start)
        bits = np.frombuffer(stream.read(2 * math.prod(shape)), dtype="<u2")
    return widened_bfloat16(bits.reshape(shape))


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


def _check_header(file: Path) -> dict[str, tuple[list[int], int]]:
    """Look at names, types, shapes and places before any data is read.

    Returns the shapes and places in the file of the bfloat16 tensors.
    """
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
        parts = [
            (name, part["dtype"], part["shape"], part["data_offsets"])
            for name, part in header.items()
        ]
    except InputError as error:
        raise InputError(f"{file.name}: {error}") from None
    except Exception as error:  # text that is no JSON, or no such JSON
        raise InputError(
            f"{file.name} is not a readable .safetensors file ({type(error).__name__} in its "
            f"header)"
        ) from None
    tally = Tally(file.name)
    places = {}
    for name, kind, shape, offsets in parts:
        if not isinstance(kind, str) or kind not in _TYPES:
            raise UnsupportedError(
                f"{file.name}: {plain(name, 60)} has the type {plain(str(kind), 60)}; expected "
                f"F32, F64, F16 or BF16"
            )
        if not isinstance(shape, list) or not all(type(length) is int for length in shape):
            raise InputError(f"{file.name}: {plain(name, 60)} has no shape; expected a list of int")
        count = tally.add(shape)
        if kind == "BF16":
            ends = isinstance(offsets, list) and all(type(place) is int for place in offsets)
            if not ends or len(offsets) != 2 or offsets[1] - offsets[0] != 2 * count:
                raise InputError(f"{file.name}: {plain(name, 60)} has no place for its entries")
            places[name] = (shape, 8 + length + offsets[0])
    return places


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InputError("a name stands twice in the header; expected each tensor once")
    return found
