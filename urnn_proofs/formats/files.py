"""Networks in and out of files; the format follows the name.

``.json`` is exact for every network.  ``.npz``, ``.pt`` (or ``.pth``), ``.safetensors`` and
``.onnx`` hold floats: what they would round is refused, unless rounding is asked for.  Checkpoints
and Keras models are read only; :mod:`urnn_proofs.formats.suffixes` lists all.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

from urnn_proofs.formats import json_format, keras_format, npz_format
from urnn_proofs.formats.extras import need
from urnn_proofs.formats.limits import require_sane_bytes
from urnn_proofs.formats.named import from_names
from urnn_proofs.formats.onnx import reader as onnx_reader
from urnn_proofs.formats.onnx import writer as onnx_writer
from urnn_proofs.formats.refusals import naming
from urnn_proofs.formats.rounding import rounded
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import StoredNetwork, require_stored
from urnn_proofs.formats.suffixes import READ, STATE_DICTS, WRITTEN, listed, suffix_of
from urnn_proofs.formats.torch import modules as torch_format
from urnn_proofs.formats.torch import safetensors_format
from urnn_proofs.model.atomic import as_path, writing
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.leaky import leaky_rnn
from urnn_proofs.model.network import Network, require_rnn
from urnn_proofs.model.number import shorten

__all__ = ["check_target", "load", "save"]

# A file, and the activation and the readout as the caller names them.
Reader = Callable[[Path, "str | None", "str | None"], StoredNetwork]
Writer = Callable[[StoredNetwork, IO[bytes]], None]
Found = TypeVar("Found")

_READERS: dict[str, Reader] = {
    ".npz": lambda file, activation, readout: npz_format.read(file),
    ".json": lambda file, activation, readout: json_format.read(file),
    ".pt": torch_format.read,
    ".pth": torch_format.read,
    ".safetensors": safetensors_format.read,
    ".onnx": lambda file, activation, readout: onnx_reader.read(file),
    **dict.fromkeys((".bin", ".ckpt", ".pth.tar"), torch_format.read),
    ".keras": lambda file, activation, readout: keras_format.read(file),
    ".h5": lambda file, activation, readout: keras_format.read(file),
}
# Arrays by their names, for networks that are read by a map.
_ARRAYS: dict[str, Callable[[Path], dict[str, Any]]] = {
    ".npz": npz_format.arrays,
    ".safetensors": safetensors_format.tensors,
    **dict.fromkeys((".pt", ".pth", ".bin", ".ckpt", ".pth.tar"), torch_format.tensors),
}
# State dicts, of which parts may be left out.
_STATE_DICTS: dict[str, Callable[[Path, str | None, str | None, str | None], StoredNetwork]] = {
    suffix: safetensors_format.read if suffix == ".safetensors" else torch_format.read
    for suffix in STATE_DICTS
}
_WRITERS: dict[str, Writer] = {
    ".npz": npz_format.write,
    ".json": json_format.write,
    ".pt": torch_format.write,
    ".pth": torch_format.write,
    ".safetensors": safetensors_format.write,
    ".onnx": onnx_writer.write,
}

_PACKAGES = {".pt": "torch", ".pth": "torch", ".safetensors": "safetensors", ".onnx": "onnx"}


def load(
    path: str | os.PathLike[str],
    *,
    activation: str | None = None,
    readout: str | None = None,
    names: Mapping[str, str] | None = None,
    leak: object = None,
) -> StoredNetwork:
    """Read a network with everything its file holds beside it: layers, output bias, names.

    ``.rnn`` is the ``RNN`` or ``URNN`` of a file that holds one and nothing beside it.

    ``.npz`` holds numeric arrays W, F, b, C and optionally h_init and activation (text); each
    float is taken as the exact rational it is.  ``.json`` holds the same names with entries that
    are integers or ``"p/q"`` strings; a URNN has a W of R, alpha and beta.  Nothing is ever
    unpickled or evaluated.

    Parameters
    ----------
    path
        A ``.npz``, ``.json``, ``.pt``, ``.pth``, ``.safetensors`` or ``.onnx`` file, or a
        checkpoint (``.ckpt``, ``.pth.tar``, ``.bin``) with a state dict in it, or a Keras model
        (``.keras``, ``.h5``).
    activation
        ``"relu"``, ``"tanh"`` or ``"logistic"`` for a state dict (``.pt``, ``.safetensors``), which
        does not tell its nonlinearity.  Other formats do; then it must be the one that they tell.
    readout
        In a state dict the name of the linear layer that is applied to the states, such as
        ``"fc"`` for ``fc.weight`` and ``fc.bias``; or several, ``"policy,value"``, whose outputs
        are put one after the other.  It may be left out where the names and shapes allow no other
        reading.  Other formats tell it.
    names
        For files of arrays (state dicts and ``.npz``) with other names: which array is W, F, b, C,
        d (the output bias) and h_init, such as ``{"W": "h2h.weight", "F": "i2h.weight", "b":
        "i2h.bias+h2h.bias"}``; ``"kernel.T"`` is the transposed array, and ``"unused": "*"`` says
        that all others are no part of the network.  Then *activation* is needed and *readout* not.
        For state dicts it may be ``"unused"`` alone: what is left is read as ever.
    leak
        a, where the weights are those of a leaky (rate) network,
        ``r' = (1 - a) r + a relu(W r + F x + b)``, which no format tells: each layer becomes an
        equal ReLU layer with 2n states (:func:`~urnn_proofs.model.leaky.leaky_rnn`).

    Raises
    ------
    InputError
        If the file is missing, too large, has another format, or does not describe a network; or
        if a state dict holds tensors beside the RNN and its readout, or does not tell which is
        the readout.
    UnsupportedError
        If it describes one that is not covered: another nonlinearity, LSTM, two directions, ...;
        with *leak*, anything but ReLU networks that start from rates >= 0.
    MissingExtraError
        If the package that reads the format is not installed.
    """
    network = _load(path, activation, readout, names)
    if leak is None:
        return network
    layers = [leaky_rnn(require_rnn(layer), leak) for layer in network.layers]
    return StoredNetwork.of(*layers, output_bias=network.output_bias, layout=network.layout)


def _load(
    path: str | os.PathLike[str],
    activation: str | None,
    readout: str | None,
    names: Mapping[str, str] | None,
) -> StoredNetwork:
    """Read a network as its file holds it."""
    file = as_path(path)
    reader = _by_suffix(file, _READERS, READ)
    for name, value in (("activation", activation), ("readout", readout)):
        if value is not None and not isinstance(value, str):
            raise InputError(f"{name} is {shorten(value)}; expected a name")
    rest = None if names is None or set(names) != {"unused"} else names["unused"]
    if rest is not None and suffix_of(file) in STATE_DICTS:
        names = None  # all else is read as ever
    if names is not None and (readout is not None or suffix_of(file) not in _ARRAYS):
        raise InputError(
            f"{file.name} is read by a map of names (--map); expected a file of arrays, "
            f"{', '.join(_ARRAYS)}, and no readout (--readout), which C=NAME says"
        )
    tells = suffix_of(file) not in STATE_DICTS and names is None
    if tells and readout is not None:
        raise InputError(f"{file.name} tells its readout itself; leave readout (--readout) out")
    try:
        if not file.is_file():
            raise InputError(f"{file} is not a file; expected an existing network file")
        require_sane_bytes(file.stat().st_size, file)
        with naming(file.name):
            if names is not None:
                return from_names(_ARRAYS[suffix_of(file)](file), file.name, activation, names)
            if rest is None:
                network = reader(file, activation, readout)
            else:
                network = _STATE_DICTS[suffix_of(file)](file, activation, readout, rest)
    except OSError as error:
        raise InputError(f"{file} cannot be read: {error.strerror or error}") from None
    said = network.layers[0].activation.name
    if tells and activation is not None and activation.lower() != said:
        raise InputError(
            f"{file.name} says that its nonlinearity is {said!r}, not {shorten(activation)}; leave "
            f"activation out, or correct it"
        )
    return network


def save(
    network: Network | StoredNetwork, path: str | os.PathLike[str], *, dtype: str | None = None
) -> None:
    """Write a network; the file appears only when it is complete.

    ``.json`` is exact for every network.  Other formats store floats.

    Parameters
    ----------
    network
        An ``RNN``, a ``URNN``, or one with layers, an output bias and names.
    dtype
        Round the weights to ``"float32"`` or ``"float64"`` first, readouts between layers
        multiplied out.  If omitted, nothing is rounded: weights that the format cannot hold are
        refused.

    Raises
    ------
    InputError
        If the suffix is unknown, the folder does not exist, or weights would be rounded.
    UnsupportedError
        If the format has no place for the network, such as an activation that no framework has.
    MissingExtraError
        If the package that writes the format is not installed.
    """
    file = as_path(path)
    writer = _by_suffix(file, _WRITERS, WRITTEN)
    network = StoredNetwork.of(network) if isinstance(network, Network) else require_stored(network)
    if dtype is not None:
        network = rounded(merged(network), dtype)
    with writing(file) as stream:
        writer(network, stream)


def check_target(path: str | os.PathLike[str]) -> None:
    """Refuse a file that could not be written, before any work is done.

    Raises
    ------
    InputError
        If the suffix is unknown or the folder does not exist.
    MissingExtraError
        If the package that writes the format is not installed.
    """
    file = as_path(path)
    _by_suffix(file, _WRITERS, WRITTEN)
    if not file.parent.is_dir():
        raise InputError(f"{file.parent} is not a folder; expected an existing one to write into")
    package = _PACKAGES.get(suffix_of(file))
    if package is not None:
        need(package, f"writing {file.name}")


def _by_suffix(file: Path, table: dict[str, Found], expected: Sequence[str]) -> Found:
    try:
        return table[suffix_of(file)]
    except KeyError:
        hint = " (of a .mat file: numpy.savez of its arrays, and --map)" * (file.suffix == ".mat")
        raise InputError(
            f"{file.name} has the suffix {file.suffix!r}; expected {listed(expected)}{hint}"
        ) from None
