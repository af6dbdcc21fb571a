"""Keras models in: ``.keras`` and ``.h5`` files of ``SimpleRNN`` and ``Dense`` layers in a chain.

What the layers are is said by a JSON text; the weights are datasets of an HDF5 file.  Only the
groups that the text names are opened.  Links to elsewhere, compressed datasets and datasets without
data are refused by what their headers say, before any data is read.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from urnn_proofs.formats.extras import need
from urnn_proofs.formats.limits import Tally, require_sane_bytes
from urnn_proofs.formats.nonlinearities import nonlinearity
from urnn_proofs.formats.refusals import gated, two_directions
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.model.errors import InputError, UnsupportedError, UrnnProofsError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.text import plain

__all__ = ["read"]

Array = np.ndarray[Any, np.dtype[Any]]

# A text that describes hundreds of layers is shorter.
_MAX_CONFIG, _MAX_MEMBERS, _MAX_LAYERS = 2**20, 1000, 64
_PARTS = {"SimpleRNN": ("kernel", "recurrent_kernel", "bias"), "Dense": ("kernel", "bias")}
# These change nothing when a trained model is run.
_SILENT = ("InputLayer", "Dropout", "SpatialDropout1D", "GaussianNoise")
# What a SimpleRNN must not have, with what is expected instead.
_REFUSED = ("go_backwards", "stateful", "return_state", "time_major")


def read(file: Path) -> StoredNetwork:
    """Read a chain of SimpleRNN layers (relu, tanh, sigmoid) and linear Dense ones.

    It may be a ``keras.Sequential`` or a functional model.

    A Dense layer before a SimpleRNN becomes part of its F and b; those after the last one are the
    readout.  Dropout and noise, which do nothing when a model is run, are passed over.

    Raises
    ------
    MissingExtraError
        If the package h5py is not installed.
    InputError
        If the file is damaged or too large, or refers to other files.
    UnsupportedError
        If the model has other layers, runs backwards, keeps its state or is no chain.
    """
    h5py = need("h5py", f"reading {file.name}")
    try:
        if zipfile.is_zipfile(file):
            text, data = _members(file)
            with h5py.File(io.BytesIO(data), "r") as stored:
                return _network(text, _Weights(h5py, stored, file.name, nested=True))
        with h5py.File(file, "r") as stored:
            text = _text_attribute(h5py, stored, "model_config", file.name)
            return _network(text, _Weights(h5py, stored, file.name, nested=False))
    except UrnnProofsError:
        raise
    except Exception as error:  # zipfile, h5py and NumPy raise types of their own
        raise InputError(
            f"{file.name} is not a readable Keras model ({type(error).__name__}); expected a file "
            f"from model.save('net.keras')"
        ) from None


def _members(file: Path) -> tuple[bytes, bytes]:
    """Return the text and the weights of a ``.keras`` archive."""
    with zipfile.ZipFile(file) as archive:
        items = {item.filename: item for item in archive.infolist()}
        if len(archive.infolist()) > _MAX_MEMBERS or len(items) < len(archive.infolist()):
            raise InputError(
                f"{file.name} has a member twice, or more than {_MAX_MEMBERS}; expected a file "
                f"from model.save('net.keras')"
            )
        require_sane_bytes(sum(item.file_size for item in items.values()), file, "unpacks to")
        for name in ("config.json", "model.weights.h5"):
            if name not in items:
                raise InputError(f"{file.name} lacks {name}; expected a whole model, not weights")
        _require_short(items["config.json"].file_size, file.name)
        # No more than the size that was announced is unpacked.
        found = [
            archive.open(items[name]).read(items[name].file_size + 1)
            for name in ("config.json", "model.weights.h5")
        ]
    return found[0], found[1]


def _require_short(size: int, where: str) -> None:
    if size > _MAX_CONFIG:
        raise InputError(
            f"{where} describes its layers in {size} bytes; expected at most {_MAX_CONFIG}"
        )


def _text_attribute(h5py: Any, stored: Any, name: str, where: str) -> bytes:
    """Return an attribute that is a text, once it is known to be short."""
    if name not in stored.attrs:
        raise InputError(
            f"{where} has no {name}; expected a whole model from model.save, not weights alone"
        )
    attribute = h5py.h5a.open(stored.id, name.encode())
    _require_short(attribute.get_storage_size(), where)
    value = stored.attrs[name]
    if not isinstance(value, (str, bytes)):
        raise InputError(f"{where}: {name} is a {type(value).__name__}; expected a text")
    found = value.encode() if isinstance(value, str) else value
    _require_short(len(found), where)
    return found


class _Weights:
    """The datasets of a model, each looked at before it is read."""

    def __init__(self, h5py: Any, stored: Any, where: str, *, nested: bool) -> None:
        self.h5py, self.stored, self.where, self.nested = h5py, stored, where, nested
        self.tally = Tally(where)

    def of(self, layer: str, kind: str, *, biased: bool) -> list[Array]:
        """Return the weights of a layer in the order of ``_PARTS``."""
        parts = _PARTS[kind] if biased else _PARTS[kind][:-1]
        if self.nested:
            group = self._by_name(layer)
            if kind == "SimpleRNN":
                group = self._child(group, "cell")
            group = self._child(group, "vars")
            if len(group) != len(parts):
                raise self._wrong(layer, f"{len(group)} weights; expected {len(parts)}")
            return [self._read(group, str(k), layer) for k in range(len(parts))]
        group = self._child(self._child(self.stored, "model_weights"), layer)
        return [self._read(*self._found_below(group, part, layer), layer) for part in parts]

    def _by_name(self, layer: str) -> Any:
        """Find the group whose variables carry the name of the layer."""
        groups = self._child(self.stored, "layers")
        if len(groups) > _MAX_LAYERS:
            raise self._wrong(layer, f"{len(groups)} groups beside it")
        found = []
        for name in groups:
            group = self._child(groups, name)
            said = self._child(group, "vars")
            if "name" in said.attrs and (
                _text_attribute(self.h5py, said, "name", self.where) == layer.encode()
            ):
                found.append(group)
        if len(found) != 1:
            raise self._wrong(layer, f"its weights {len(found)} times; expected once")
        return found[0]

    def _found_below(self, group: Any, part: str, layer: str) -> tuple[Any, str]:
        """Go down the only way there is, past the names of scopes, to the weights."""
        for _ in range(8):
            names = list(group)
            for name in (part, f"{part}:0"):
                if name in names:
                    return group, name
            if len(names) != 1:
                break
            group = self._child(group, names[0])
        raise self._wrong(layer, f"no {part}")

    def _wrong(self, layer: str, found: str) -> InputError:
        return InputError(
            f"{self.where} holds of the layer {shorten(layer)} {found}, which is not as Keras "
            f"writes it; expected a file from model.save('net.keras')"
        )

    def _child(self, group: Any, name: str) -> Any:
        found = self._member(group, name)
        if not isinstance(found, self.h5py.Group):
            raise self._wrong(name, "a dataset in place of a group")
        return found

    def _member(self, group: Any, name: str) -> Any:
        """Return what stands in a group itself; nothing that is linked from elsewhere."""
        if name not in set(group):
            raise self._wrong(name, "nothing")
        link = group.get(name, getlink=True)
        if type(link) is not self.h5py.HardLink:
            raise InputError(
                f"{self.where} holds {shorten(name)} as a {type(link).__name__}; expected the data "
                f"in the file itself, in its own place"
            )
        return group[name]

    def _read(self, group: Any, name: str, layer: str) -> Array:
        data = self._member(group, name)
        if not isinstance(data, self.h5py.Dataset):
            raise self._wrong(layer, "a group in place of a dataset")
        kind = data.dtype
        if kind.kind != "f" or kind.itemsize not in (2, 4, 8):
            raise UnsupportedError(
                f"{self.where}: {shorten(layer)} has weights of the type {kind}; expected float16, "
                f"float32 or float64"
            )
        count = self.tally.add(data.shape)
        stored = data.id.get_storage_size()
        outside = data.external or data.is_virtual or data.chunks is not None
        if outside or stored != count * kind.itemsize:
            raise InputError(
                f"{self.where}: the weights of {shorten(layer)} are compressed, elsewhere, or "
                f"{stored} bytes; expected {count * kind.itemsize} bytes in one piece, as Keras "
                f"writes them"
            )
        found: Array = data[()]
        little = np.ascontiguousarray(found).astype(kind.newbyteorder("<"), copy=False)
        return little.astype(np.float32) if kind.itemsize == 2 else little


def _network(text: bytes, weights: _Weights) -> StoredNetwork:
    where = weights.where
    layers: list[RNN] = []
    C = d = None
    dtype, sequence, biased = "float32", True, False
    for kind, config in _layers(text, where):
        name = config.get("name")
        if kind in _SILENT:
            continue
        label = f"{where}: the layer {shorten(name)} ({plain(kind, 40)})"
        if kind in ("LSTM", "GRU", "Bidirectional"):
            if kind == "Bidirectional":
                raise two_directions(label)
            raise gated("an LSTM" if kind == "LSTM" else "a GRU", label)
        if kind not in _PARTS or not isinstance(name, str):
            raise UnsupportedError(f"{label} is not covered; expected {' or '.join(_PARTS)}")
        if _type_of(config) not in ("float32", "float64"):
            raise UnsupportedError(
                f"{label} computes in {shorten(_type_of(config))}; expected float32 or float64"
            )
        if not sequence and kind == "SimpleRNN":
            raise UnsupportedError(f"{label} reads one state; expected a sequence")
        has_bias = _flag(config, "use_bias", label, default=True)
        arrays = weights.of(name, kind, biased=has_bias)
        dtype = "float64" if arrays[0].dtype.itemsize == 8 else dtype
        kernel = _matrix(arrays[0], label, "kernel")
        rows, columns = kernel.shape[1], kernel.shape[0]
        if config.get("units") != columns:
            raise InputError(
                f"{label} says {shorten(config.get('units'))} units; expected {columns}, as its "
                f"kernel has"
            )
        width = C.shape[0] if C is not None else layers[-1].states if layers else rows
        if rows != width:
            raise InputError(f"{label} reads {rows} features; expected {width}")
        bias = RationalMatrix.zeros(columns, 1)
        if has_bias:
            bias = RationalMatrix.parse(arrays[-1], f"{label}: bias", ndim=1)
            if bias.shape[0] != columns:
                raise InputError(f"{label} has {bias.shape[0]} biases; expected {columns}")
        # Exact products: a linear map before a layer becomes part of F and b.
        composed = kernel if C is None else kernel @ C
        shifted = bias if d is None else kernel @ d + bias
        if kind == "Dense":
            if config.get("activation") not in ("linear", None):
                raise UnsupportedError(
                    f"{label} has the activation {shorten(config.get('activation'))}; expected "
                    f"'linear': remove it, and apply it to the outputs yourself"
                )
            C, d = composed, shifted
            continue
        for option in _REFUSED:
            if _flag(config, option, label, default=False):
                raise UnsupportedError(f"{label} has {option}=True; expected False")
        phi = nonlinearity(config.get("activation"), label)
        W = _matrix(arrays[1], label, "recurrent_kernel")
        layers.append(
            RNN(
                W=W,
                F=composed,
                b=shifted,
                C=RationalMatrix.identity(columns),
                activation=phi,
            )
        )
        sequence = _flag(config, "return_sequences", label, default=False)
        biased, C, d = biased or has_bias, None, None
    if not layers:
        raise UnsupportedError(f"{where} has no SimpleRNN layer; expected one or more")
    if C is not None:
        layers[-1] = layers[-1].replace(C=C)
    layout = Layout(
        dtype=dtype,
        input_axes="BTF",
        output_axes="BTF" if sequence else "BF",
        bias=biased,
        readout=C is not None,
        readout_bias=d is not None and not d.is_zero(),
    )
    return StoredNetwork.of(*layers, output_bias=d, layout=layout)


def _matrix(array: Array, label: str, part: str) -> RationalMatrix:
    """Return a kernel, which multiplies rows, as the matrix that multiplies columns."""
    if array.ndim != 2:
        raise InputError(f"{label} has a {part} of shape {array.shape}; expected two axes")
    return RationalMatrix.parse(array, f"{label}: {part}").transpose()


def _type_of(config: dict[str, Any]) -> Any:
    found = config.get("dtype", "float32")
    if isinstance(found, dict):
        inner = found.get("config")
        return inner.get("name") if isinstance(inner, dict) else None
    return found


def _flag(config: dict[str, Any], name: str, label: str, *, default: bool) -> bool:
    value = config.get(name, default)
    if not isinstance(value, bool):
        raise InputError(f"{label} has {name} = {shorten(value)}; expected true or false")
    return value


def _layers(text: bytes, where: str) -> list[tuple[str, dict[str, Any]]]:
    """Return kind and configuration of every layer, in order."""
    try:
        model = json.loads(text)
        kind = model["class_name"]
        functional = kind in ("Functional", "Model")
        layers = model["config"]["layers"] if functional or kind == "Sequential" else []
        unlike = _no_chain(model["config"]) if functional else None
        found = [(layer["class_name"], layer["config"]) for layer in layers]
        foreign = [part["class_name"] for part in (model, *layers) if _is_foreign(part)]
    except Exception as error:  # no JSON, too deep, or another structure
        raise InputError(
            f"{where} describes its layers in a form that is not known ({type(error).__name__}); "
            f"expected that of keras.Sequential, or of a functional model"
        ) from None
    if not functional and kind != "Sequential":
        raise UnsupportedError(
            f"{where} is a {shorten(kind)} model; expected keras.Sequential: save "
            f"keras.Sequential(model.layers), if its layers follow each other"
        )
    if foreign:
        raise UnsupportedError(
            f"{where} has {shorten(foreign[0])} from a module that is not Keras; expected classes "
            f"of Keras itself: another class of that name may compute anything"
        )
    if unlike is not None:
        raise UnsupportedError(
            f"{where} is a functional model in which {unlike}; expected one chain of layers from "
            f"one input to one output, each called with nothing else"
        )
    for layer in found:
        if not isinstance(layer[0], str) or not isinstance(layer[1], dict):
            raise InputError(f"{where} holds the layer {shorten(layer[0])}; expected a name")
    if len(found) > _MAX_LAYERS:
        raise UnsupportedError(f"{where} has {len(found)} layers; expected at most {_MAX_LAYERS}")
    names = [config.get("name") for _, config in found]
    if len({str(name) for name in names}) < len(names):
        raise InputError(f"{where} has two layers of one name; expected each name once")
    return found


def _is_foreign(part: dict[str, Any]) -> bool:
    """Tell whether a class says that it is not one of Keras; old files name no modules."""
    module = part.get("module")
    return module is not None and str(module).split(".")[0] not in ("keras", "tf_keras")


def _no_chain(config: dict[str, Any]) -> str | None:
    """Say where a functional model is no chain of layers in order; None if it is one."""
    layers = config["layers"]
    names = [layer["config"]["name"] for layer in layers]
    for end, name in (("input_layers", names[0]), ("output_layers", names[-1])):
        if config[end] not in ([name, 0, 0], [[name, 0, 0]]):
            return f"the {end} are not {shorten(name)} alone"
    if layers[0]["class_name"] != "InputLayer" or layers[0]["inbound_nodes"]:
        return f"the first layer is {shorten(names[0])}"
    for below, name, layer in zip(names, names[1:], layers[1:], strict=False):
        (node,) = layer["inbound_nodes"] if len(layer["inbound_nodes"]) == 1 else (None,)
        if node == [[below, 0, 0, {}]]:  # Keras 2
            continue
        if not isinstance(node, dict) or _tensors_of(node["args"]) != [[below, 0, 0]]:
            return f"{shorten(name)} does not read {shorten(below)} alone, once"
        # Neither masks nor initial states; dropout that is told to act changes outputs.
        told = {key: value for key, value in node["kwargs"].items() if value is not None}
        if told not in ({}, {"training": False}):
            return f"{shorten(name)} is called with {', '.join(map(shorten, told))}"
    return None


def _tensors_of(arguments: list[Any]) -> list[Any]:
    return [argument["config"]["keras_history"] for argument in arguments]
