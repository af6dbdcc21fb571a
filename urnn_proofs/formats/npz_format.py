"""Networks in NumPy's ``.npz``: numeric arrays only, pickles refused.

Arrays W, F, b, C and optionally h_init, offset, activation (text) and output_bias.  ``b_low`` is a
second bias, as PyTorch and ONNX have one: the exact sum of the two need not be a float.  With
several layers the names begin with ``layer0.``, ``layer1.``, ...
"""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from urnn_proofs.formats.rounding import bias_parts, to_floats
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.activation import is_registered
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["read", "write"]

_REQUIRED = ("W", "F", "b", "C")
_OPTIONAL = ("h_init", "activation", "offset", "b_low")
_LAYER = re.compile(r"layer([0-9]{1,3})\.(.+)")

# A zip can promise more than it holds on disk; nothing is unpacked above this.
MAX_BYTES = 2**31


def read(file: Path) -> StoredNetwork:
    """Read a network from an ``.npz`` file."""
    try:
        with zipfile.ZipFile(file) as archive:
            size = sum(item.file_size for item in archive.infolist())
        if size > MAX_BYTES:
            raise InputError(f"{file.name} unpacks to {size} bytes; expected at most {MAX_BYTES}")
        with np.load(file, allow_pickle=False) as data:
            arrays = {name: data[name] for name in data.files}
    except InputError:
        raise
    except ValueError as error:
        if "pickle" in str(error).lower() or "object array" in str(error).lower():
            raise InputError(
                f"{file.name} holds object arrays, which need pickle; expected numeric arrays"
            ) from None
        raise InputError(f"{file.name} is not a readable .npz file: {error}") from None
    except (OSError, zipfile.BadZipFile, EOFError, KeyError, SyntaxError) as error:
        raise InputError(f"{file.name} is not a readable .npz file: {error}") from None
    except Exception as error:  # zlib and the header parser raise types of their own
        raise InputError(
            f"{file.name} is not a readable .npz file ({type(error).__name__})"
        ) from None
    return _stored(file.name, arrays)


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
            f"{name} holds {next(iter(arrays))!r} beside layers; expected layer0.W, layer0.F, ..."
        )
    if set(layers) != set(range(len(layers))):
        raise InputError(f"{name} holds the layers {sorted(layers)}; expected 0, 1, ...")
    return _joined([_network(f"{name}, layer {k}", layers[k]) for k in range(len(layers))], d)


def _joined(found: list[tuple[RNN, RationalMatrix | None]], d: Any) -> StoredNetwork:
    layers, lows = [layer for layer, _ in found], [low for _, low in found]
    if all(low is None for low in lows):
        return StoredNetwork.of(*layers, output_bias=d)
    seconds = (
        RationalMatrix.zeros(layer.states, 1) if low is None else low for layer, low in found
    )
    return StoredNetwork.of(*layers, output_bias=d, second_biases=tuple(seconds))


def _network(name: str, arrays: dict[str, Any]) -> tuple[RNN, RationalMatrix | None]:
    """Read a layer, and the second bias that is part of its b."""
    missing = [key for key in _REQUIRED if key not in arrays]
    if missing:
        raise InputError(
            f"{name} lacks the array{'s' * (len(missing) > 1)} {', '.join(missing)}; expected "
            f"{', '.join(_REQUIRED)} (and optionally {', '.join(_OPTIONAL)})"
        )
    unknown = sorted(set(arrays) - {*_REQUIRED, *_OPTIONAL})
    if unknown:
        raise InputError(
            f"{name} holds the unknown array {unknown[0]!r}; expected only "
            f"{', '.join((*_REQUIRED, *_OPTIONAL))}"
        )
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
    return RNN(**arrays, activation=str(activation)), low


def write(network: StoredNetwork, stream: IO[bytes]) -> None:
    """Write a network whose weights float64 represents exactly."""
    arrays: dict[str, Any] = {}
    for k, layer in enumerate(network.layers):
        prefix = f"layer{k}." if len(network.layers) > 1 else ""
        arrays |= {prefix + name: array for name, array in _arrays(network, k, layer).items()}
    if not network.output_bias.is_zero():
        arrays["output_bias"] = to_floats(network.output_bias, "output_bias", "float64")[:, 0]
    np.savez(stream, **arrays)


def _arrays(network: StoredNetwork, k: int, rnn: RNN) -> dict[str, Any]:
    if not is_registered(rnn.activation):
        raise InputError(
            f"the activation {rnn.activation.name!r} is declared by exact data, which .npz cannot "
            f"hold; save as .json instead"
        )
    arrays: dict[str, Any] = {"activation": np.array(rnn.activation.name)}
    arrays |= {name: to_floats(getattr(rnn, name), name, "float64") for name in ("W", "F", "C")}
    arrays["b"], low = bias_parts(network, k, rnn.b, "float64")
    if low.any():
        arrays["b_low"] = low
    arrays["h_init"] = to_floats(rnn.h_init, "h_init", "float64")[:, 0]
    if not rnn.offset.is_zero():
        arrays["offset"] = to_floats(rnn.offset, "offset", "float64")[:, 0]
    return arrays
