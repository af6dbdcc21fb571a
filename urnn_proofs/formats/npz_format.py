"""Networks in NumPy's ``.npz``: numeric arrays only, pickles refused.

Arrays W, F, b, C and optionally h_init, activation (text) and output_bias.  ``b_low`` is a second
bias, as PyTorch and ONNX have one: the exact sum of the two need not be a float.  With several
layers the names begin with ``layer0.``, ``layer1.``, ...
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from urnn_proofs.formats.limits import Tally, require_sane_bytes
from urnn_proofs.formats.named import HOW_TO_NAME, listed_arrays
from urnn_proofs.formats.refusals import naming
from urnn_proofs.formats.rounding import bias_parts, to_floats
from urnn_proofs.formats.stored import StoredNetwork, from_parts
from urnn_proofs.model.activation import is_registered
from urnn_proofs.model.errors import InputError, UrnnProofsError
from urnn_proofs.model.network import Network
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["arrays", "read", "write"]

_REQUIRED = ("W", "F", "b", "C")
_OPTIONAL = ("h_init", "activation", "offset", "b_low")
_LAYER = re.compile(r"layer([0-9]{1,3})\.(.+)")

# Eight arrays for each of a thousand layers, and one more.
_MAX_MEMBERS = 8001
# The name of an activation is shorter, and so is the header of any array of numbers.
_MAX_TEXT, _MAX_HEADER = 400, 10_000


def read(file: Path) -> StoredNetwork:
    """Read a network from an ``.npz`` file."""
    return _stored(file.name, arrays(file))


def arrays(file: Path) -> dict[str, Any]:
    """Read the arrays of an ``.npz`` file, whatever their names.

    Raises
    ------
    InputError
        If the file is damaged or too large, or holds anything but arrays of numbers.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            return _arrays_in(file, archive)
    except (UrnnProofsError, OSError):
        raise
    except Exception as error:  # zipfile, zlib and the header parser raise types of their own
        raise InputError(
            f"{file.name} is not a readable .npz file ({type(error).__name__}: {error})"
        ) from None


def _arrays_in(file: Path, archive: zipfile.ZipFile) -> dict[str, Any]:
    """Look at every header, and then read the arrays."""
    items = archive.infolist()
    if len(items) > _MAX_MEMBERS:
        raise InputError(f"{file.name} holds {len(items)} arrays; expected at most {_MAX_MEMBERS}")
    require_sane_bytes(sum(item.file_size for item in items), file, "unpacks to")
    members: dict[str, zipfile.ZipInfo] = {}
    tally = Tally(file.name)
    for item in items:
        name = item.filename.removesuffix(".npy")
        if name == item.filename:
            raise InputError(f"{file.name} holds {shorten(name)}; expected arrays (.npy) only")
        if name in members:
            raise InputError(f"{file.name} holds {shorten(name)} twice; expected each array once")
        members[name] = item
        with archive.open(item) as stream:
            _check_header(file, name, item, stream, tally)
    found = {}
    for name, item in members.items():
        with archive.open(item) as stream:
            found[name] = np.lib.format.read_array(stream, allow_pickle=False)
            stream.read(1)  # the end, where the checksum is compared
    return found


def _check_header(
    file: Path, name: str, item: zipfile.ZipInfo, stream: IO[bytes], tally: Tally
) -> None:
    """Refuse an array by what its header says; of the data not a byte is unpacked."""
    where = f"{file.name}: {shorten(name)}"
    version = np.lib.format.read_magic(stream)
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in readers:
        raise InputError(f"{where} has the version {version} of .npy; expected 1.0 or 2.0")
    shape, _, dtype = readers[version](stream, max_header_size=_MAX_HEADER)
    if dtype.hasobject:
        raise InputError(
            f"{file.name} holds object arrays, which need pickle; expected numeric arrays"
        )
    count = tally.add(shape)
    if dtype.kind not in "iuf" and count * dtype.itemsize > _MAX_TEXT:
        raise InputError(f"{where} is an array of dtype {dtype}; expected integers or floats")
    if item.file_size != stream.tell() + count * dtype.itemsize:
        raise InputError(
            f"{where} has {item.file_size} bytes; expected {stream.tell() + count * dtype.itemsize}"
            f", as its header says"
        )


def _stored(name: str, arrays: dict[str, Any]) -> StoredNetwork:
    d = arrays.pop("output_bias", None)
    layers: dict[int, dict[str, Any]] = {}
    for key in list(arrays):
        match = _LAYER.fullmatch(key)
        if match:
            layers.setdefault(int(match[1]), {})[match[2]] = arrays.pop(key)
    if not layers:
        return _joined([_network(name, arrays)], d)
    if arrays:
        raise InputError(
            f"{name} holds {shorten(next(iter(arrays)))} beside layers; expected layer0.W, "
            f"layer0.F, ..."
        )
    if set(layers) != set(range(len(layers))):
        raise InputError(f"{name} holds the layers {sorted(layers)}; expected 0, 1, ...")
    return _joined([_network(f"{name}, layer {k}", layers[k]) for k in range(len(layers))], d)


def _joined(found: list[tuple[Network, RationalMatrix | None]], d: Any) -> StoredNetwork:
    layers, lows = [layer for layer, _ in found], [low for _, low in found]
    if all(low is None for low in lows):
        return StoredNetwork.of(*layers, output_bias=d)
    seconds = (
        RationalMatrix.zeros(layer.states, 1) if low is None else low for layer, low in found
    )
    return StoredNetwork.of(*layers, output_bias=d, second_biases=tuple(seconds))


def _network(name: str, arrays: dict[str, Any]) -> tuple[Network, RationalMatrix | None]:
    """Read a layer, and the second bias that is part of its b."""
    missing = [key for key in _REQUIRED if key not in arrays]
    if missing:
        raise InputError(
            f"{name} lacks the array{'s' * (len(missing) > 1)} {', '.join(missing)}; expected "
            f"{', '.join(_REQUIRED)} (and optionally {', '.join(_OPTIONAL)}), but it holds "
            f"{listed_arrays(arrays) or 'nothing'}: {HOW_TO_NAME}"
        )
    unknown = sorted(set(arrays) - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        raise InputError(
            f"{name} holds the unknown array {shorten(unknown[0])}; expected only "
            f"{', '.join((*_REQUIRED, *_OPTIONAL))}"
        )
    with naming(name):
        return _from_arrays(name, arrays)


def _from_arrays(name: str, arrays: dict[str, Any]) -> tuple[Network, RationalMatrix | None]:
    activation = arrays.pop("activation", np.array("relu"))
    if activation.shape != () or activation.dtype.kind != "U":
        raise InputError(f"{name}: activation is not a text scalar; expected a name like 'relu'")
    low = arrays.pop("b_low", None)
    if low is not None:
        b = RationalMatrix.parse(arrays["b"], "b", ndim=1)
        low = RationalMatrix.parse(low, "b_low", ndim=1)
        if low.shape != b.shape:
            raise InputError(f"{name}: b_low has {low.shape[0]} entries; expected {b.shape[0]}")
        arrays["b"] = b + low
    return from_parts({**arrays, "activation": str(activation)}), low


def write(network: StoredNetwork, stream: IO[bytes]) -> None:
    """Write a network whose weights float64 represents exactly."""
    arrays: dict[str, Any] = {}
    for k, layer in enumerate(network.layers):
        prefix = f"layer{k}." if len(network.layers) > 1 else ""
        arrays |= {prefix + name: array for name, array in _arrays(network, k, layer).items()}
    if not network.output_bias.is_zero():
        arrays["output_bias"] = to_floats(network.output_bias, "output_bias", "float64")[:, 0]
    np.savez(stream, **arrays)


def _arrays(network: StoredNetwork, k: int, rnn: Network) -> dict[str, Any]:
    if not is_registered(rnn.activation):
        raise InputError(
            f"the activation {rnn.activation.name!r} is declared by exact data, which .npz cannot "
            f"hold; save as .json instead"
        )
    arrays: dict[str, Any] = {"activation": np.array(rnn.activation.name)}
    arrays |= {name: to_floats(getattr(rnn, name), name, "float64") for name in ("W", "F", "C")}
    arrays["b"], low = bias_parts(network, k, rnn.b, "float64")
    if not RationalMatrix.parse(low, "b_low", ndim=1).is_zero():
        arrays["b_low"] = low
    arrays["h_init"] = to_floats(rnn.h_init, "h_init", "float64")[:, 0]
    return arrays
