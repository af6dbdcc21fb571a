"""State dicts of ``torch.nn.RNN``: named float arrays in and out, without PyTorch itself.

Names are those of PyTorch: ``weight_ih_l0``, ``weight_hh_l0``, ``bias_ih_l0``, ``bias_hh_l0``,
``weight_ih_l1``, ... after some prefix, and optionally the ``weight`` and ``bias`` of one linear
readout.  A layer computes ``h = phi(W_ih x + b_ih + W_hh h + b_hh)``, so ``b`` is the exact sum
of two floats.  ``h_init``, (layers, n), is this package's own; PyTorch starts from zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from urnn_proofs.formats.limits import require_sane_size
from urnn_proofs.formats.masks import masked, require_no_companion
from urnn_proofs.formats.named import (
    HOW_TO_NAME,
    listed_arrays,
    require_no_initial_state,
    unused_names,
)
from urnn_proofs.formats.nonlinearities import nonlinearity
from urnn_proofs.formats.refusals import gated, two_directions
from urnn_proofs.formats.rounding import bias_parts, natural_dtype, to_floats
from urnn_proofs.formats.stacking import stacked
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.text import plain

__all__ = ["NonlinearityUnsaidError", "from_tensors", "to_tensors"]

Floats = np.ndarray[Any, np.dtype[Any]]

_LAYER = re.compile(r"(?P<prefix>(?:.*\.)?)(?P<part>(weight|bias)_[a-z]{2})_l(?P<layer>[0-9]{1,3})")
_CELL = re.compile(r"(?:.*\.)?(?:weight|bias)_(?:ih|hh)")
# What weight_norm and spectral_norm, as hooks, keep in the place of a weight.
_HOOK = re.compile(
    r"(?P<prefix>(?:.*\.)?)(?P<weight>(?:weight|bias)_(?:ih|hh)_l[0-9]{1,3})_(?P<part>g|v|orig|u)"
)
_GATES = {4: "an LSTM", 3: "a GRU"}


class NonlinearityUnsaidError(InputError):
    """A state dict that does not tell its nonlinearity, and a caller who did not say it."""


def from_tensors(
    tensors: Mapping[str, Floats],
    where: str,
    activation: str | None,
    layout: Layout | None = None,
    *,
    readout: str | None = None,
    ordered: bool = False,
    unused: str | None = None,
) -> StoredNetwork:
    """Read a network from the named arrays of a state dict.

    Parameters
    ----------
    tensors
        float32 or float64 arrays.
    where
        What to call the source in error messages.
    activation
        The nonlinearity, which a state dict does not tell: ``"relu"``, ``"tanh"`` or
        ``"logistic"``.
    layout
        What is known about the presentation.
    readout
        The name of the linear readout, or several, joined by commas, whose outputs are put one
        after the other.  If omitted, a weight counts as the readout only where its name and shape
        leave no other reading.
    ordered
        Whether the order of *tensors* is that of the modules.
    unused
        What is no part of the network: names joined by ``+``; ``dec.*`` for all that begin so, and
        ``*`` for all beside the RNN and what *readout* names.

    Raises
    ------
    InputError
        If arrays are missing, unknown, or of the wrong shape or type; if *activation* is None; or
        if it is not evident which weight is the readout.
    UnsupportedError
        For LSTM, GRU, bidirectional and parametrized layers, and other nonlinearities.

    Examples
    --------
    >>> half = np.array([[0.5]])
    >>> tensors = {"rnn.weight_ih_l0": half, "rnn.weight_hh_l0": half}
    >>> from_tensors(tensors, "example", "relu").rnn.W[0, 0]
    Fraction(1, 2)
    """
    if unused is not None:
        left_out = unused_names(tensors, unused, where)
        tensors = {name: array for name, array in tensors.items() if name not in left_out}
    tensors = _as_layers(masked(tensors, where))
    _refuse_other_kinds(tensors, where)
    if activation is None:
        raise NonlinearityUnsaidError(
            f"{where} does not say which nonlinearity the network has (torch.nn.RNN has tanh "
            f"unless told otherwise); say activation='tanh' or 'relu' (--activation on the "
            f"command line)"
        )
    phi = nonlinearity(activation, where)
    require_sane_size(sum(array.size for array in tensors.values()), where)
    prefix, count = _recurrent_layers(tensors, where)
    names = dict(tensors)
    before = ordered and _LAYER.fullmatch(next(iter(names), "")) is None
    kinds = {str(array.dtype) for array in names.values()}
    layers: list[RNN] = []
    seconds: list[RationalMatrix] = []
    bias_found = f"{prefix}bias_ih_l0" in names
    h_init = _take_h_init(names, prefix, where)
    for index in range(count):
        layer, second = _layer(names, prefix, index, where, h_init, layers)
        layers.append(layer.replace(activation=phi))
        seconds.append(second)
    if unused is not None and "*" in unused.split("+"):
        taken = set(tensors) - set(names)
        cells = {name.removesuffix("_l0") for name in taken}  # the names in nn.RNNCell
        require_no_companion(names, taken | cells, where)
        require_no_initial_state(names, where)
        kept = [part.removesuffix(".weight") for part in (readout or "").split(",")]
        names = {name: names[name] for name in names if name.rpartition(".")[0] in kept}
    sizes = layers[0].inputs, layers[-1].states
    prefixes, C, d = _readout(names, sizes, where, readout, before=before)
    layers[-1] = layers[-1].replace(C=C)
    layout = replace(
        layout or Layout(),
        dtype="float64" if "float64" in kinds else "float32",
        rnn_prefix=prefix,
        bias=bias_found,
        readout=bool(prefixes),
        readout_bias=d is not None,
        readout_prefix=next(iter(prefixes)) if len(prefixes) == 1 else "readout.",
        heads=tuple((prefix[:-1], size) for prefix, size in prefixes.items() if len(prefixes) > 1),
    )
    return StoredNetwork.of(*layers, output_bias=d, layout=layout, second_biases=tuple(seconds))


def to_tensors(network: StoredNetwork) -> dict[str, Floats]:
    """Return the named arrays of a network, in the order in which PyTorch lists them.

    Layers of different sizes are padded to one hidden size with units that nothing reads and
    that keep an orthogonal transition matrix orthogonal.

    Raises
    ------
    InputError
        If a weight is not exactly a float of the layout's type.
    UnsupportedError
        If the activation is none that PyTorch has, or not the same for all layers.
    """
    dtype = natural_dtype(network)
    layers = stacked(network)
    C, size = layers[-1].C, layers[-1].states
    prefix, names = network.layout.rnn_prefix, {}
    biased = network.layout.bias or any(not layer.b.is_zero() for layer in layers)
    for k, layer in enumerate(layers):
        names[f"{prefix}weight_ih_l{k}"] = to_floats(layer.F, f"F of layer {k}", dtype)
        names[f"{prefix}weight_hh_l{k}"] = to_floats(layer.W, f"W of layer {k}", dtype)
        if biased:
            first, second = bias_parts(network, k, layer.b, dtype)
            names[f"{prefix}bias_ih_l{k}"], names[f"{prefix}bias_hh_l{k}"] = first, second
    d, readout = network.output_bias, network.layout.readout_prefix
    with_bias = network.layout.readout_bias or not d.is_zero()
    if network.layout.readout or with_bias or RationalMatrix.identity(size) != C:
        names[f"{readout}weight"] = to_floats(C, "C", dtype)
        if with_bias:
            names[f"{readout}bias"] = to_floats(d, "output_bias", dtype)[:, 0]
    if any(not layer.h_init.is_zero() for layer in layers):
        rows = [
            to_floats(layer.h_init, f"h_init of layer {k}", dtype) for k, layer in enumerate(layers)
        ]
        names["h_init"] = np.stack([row[:, 0] for row in rows])
    return names


def _as_layers(tensors: Mapping[str, Floats]) -> dict[str, Floats]:
    """Give the weights of ``nn.RNNCell``, which has no number, the names of a layer 0."""
    return {
        f"{name}_l0" if _CELL.fullmatch(name) and f"{name}_l0" not in tensors else name: array
        for name, array in tensors.items()
    }


def _refuse_other_kinds(tensors: Mapping[str, Floats], where: str) -> None:
    for name, array in tensors.items():
        module, found, weight = name.partition("parametrizations.")
        if found:
            call = f"parametrize.remove_parametrizations({_module(module)}, {_quoted(weight)})"
            raise _computed(where, name, call)
        hook = _HOOK.fullmatch(name)
        if hook is not None:
            form = "weight_norm" if hook["part"] in "gv" else "spectral_norm"
            call = f"remove_{form}({_module(hook['prefix'])}, {_quoted(hook['weight'])})"
            raise _computed(where, name, call)
        if name.endswith("_reverse"):
            raise two_directions(where, f" ({shorten(name)})")
        rows, columns = array.shape if array.ndim == 2 else (0, 0)
        if columns and re.search(r"(^|[.])weight_hh(_l[0-9]+)?$", name):
            kind = _GATES.get(rows // columns) if rows % columns == 0 else None
            if kind is not None:
                raise gated(f"{kind} ({shorten(name)} has shape {array.shape})", where)
        if "weight_hr_l" in name:  # of proj_size, which nn.LSTM alone has
            raise gated(f"an LSTM with a projection ({shorten(name)})", where)


def _computed(where: str, name: str, call: str) -> UnsupportedError:
    return UnsupportedError(
        f"{where} holds {shorten(name)}, from which PyTorch computes a weight, with rounding, when "
        f"the module is run; expected the weight itself: call torch.nn.utils.{call} and save the "
        f"state dict, or read the module with from_torch"
    )


def _module(prefix: str) -> str:
    return plain(f"model.{prefix}".rstrip("."), 60)


def _quoted(weight: str) -> str:
    return repr(plain(weight.partition(".")[0], 60))


def _recurrent_layers(tensors: Mapping[str, Floats], where: str) -> tuple[str, int]:
    """Find the prefix and the number of layers of the only recurrent module."""
    found: dict[str, set[int]] = {}
    for name in tensors:
        match = _LAYER.fullmatch(name)
        if match:
            found.setdefault(match["prefix"], set()).add(int(match["layer"]))
    if len(found) != 1:
        if not found:
            raise InputError(
                f"{where} holds no weights by the names of torch.nn.RNN (weight_ih_l0, "
                f"weight_hh_l0), but {listed_arrays(tensors) or 'nothing'}; {HOW_TO_NAME}"
            )
        other = plain(list(found)[-1], 60)
        raise InputError(
            f"{where} holds {len(found)} recurrent modules ({shorten(list(found))}); expected one: "
            f"leave the others out, such as --map 'unused={other}*'"
        )
    ((prefix, indices),) = found.items()
    if indices != set(range(len(indices))):
        raise InputError(
            f"{where} holds the layers {shorten(sorted(indices))}; expected 0, 1, ... without a gap"
        )
    return prefix, len(indices)


def _take(
    tensors: dict[str, Floats], name: str, shape: tuple[int | None, ...], where: str
) -> Floats:
    if name not in tensors:
        raise InputError(f"{where} lacks {shorten(name)}; expected all weights of the layer")
    array = tensors.pop(name)
    if str(array.dtype) not in ("float32", "float64"):
        raise UnsupportedError(
            f"{where}: {plain(name, 60)} has the type {array.dtype}; expected float32 or float64"
        )
    fits = array.ndim == len(shape) and all(
        wanted in (None, found) and found > 0
        for wanted, found in zip(shape, array.shape, strict=True)
    )
    if not fits:
        expected = ", ".join("any" if s is None else str(s) for s in shape)
        raise InputError(f"{where}: {name} has shape {array.shape}; expected ({expected})")
    return array


def _layer(
    names: dict[str, Floats],
    prefix: str,
    index: int,
    where: str,
    h_init: RationalMatrix | None,
    below: list[RNN],
) -> tuple[RNN, RationalMatrix]:
    """Take a layer, and the bias ``b_hh`` that is part of its b."""
    W = _take(names, f"{prefix}weight_hh_l{index}", (None, None), where)
    n = W.shape[1]
    if W.shape[0] != n:
        raise InputError(
            f"{where}: {prefix}weight_hh_l{index} has shape {W.shape}; expected ({n}, {n})"
        )
    inputs = below[-1].states if below else None
    F = _take(names, f"{prefix}weight_ih_l{index}", (n, inputs), where)
    b = second = RationalMatrix.zeros(n, 1)
    parts = [f"{prefix}bias_{part}_l{index}" for part in ("ih", "hh")]
    if any(part in names for part in parts):
        for part in parts:
            array = _take(names, part, (n,), where)
            second = RationalMatrix.parse(array, f"{where}: {part}", ndim=1)
            b = b + second
    start = None
    if h_init is not None:
        if h_init.shape[1] != n:
            raise InputError(f"{where}: h_init has {h_init.shape[1]} columns; expected {n}")
        start = RationalMatrix.column(h_init.to_fractions()[index])
    W_exact = RationalMatrix.parse(W, f"{where}: {prefix}weight_hh_l{index}")
    F_exact = RationalMatrix.parse(F, f"{where}: {prefix}weight_ih_l{index}")
    return RNN(W=W_exact, F=F_exact, b=b, C=RationalMatrix.identity(n), h_init=start), second


def _take_h_init(names: dict[str, Floats], prefix: str, where: str) -> RationalMatrix | None:
    if "h_init" not in names:
        return None
    layers = sum(name.startswith(f"{prefix}weight_hh_l") for name in names)
    return RationalMatrix.parse(_take(names, "h_init", (layers, None), where), f"{where}: h_init")


def _readout(
    names: dict[str, Floats], sizes: tuple[int, int], where: str, named: str | None, *, before: bool
) -> tuple[dict[str, int], RationalMatrix, RationalMatrix | None]:
    """Take the linear readouts, the only thing that may be left.

    Parameters
    ----------
    sizes
        Inputs m and states n of the RNN.
    named
        What the caller, or the file, says that they are called.
    before
        Whether the order of the tensors puts something before the RNN.

    Returns
    -------
    tuple
        How many outputs belong to each prefix, in order; C (p, n), and d (p,) if there is one.
    """
    states = sizes[1]
    if named is None:
        if not names:
            return {}, RationalMatrix.identity(states), None
        prefix = _evident_readout(names, sizes, before=before)
        if prefix is None:
            raise InputError(
                f"{where} does not tell which tensors are the readout: beside the RNN with "
                f"{sizes[0]} inputs and {states} states it holds {listed_arrays(names)}; give "
                f"readout=NAME (--readout NAME), or NAME,NAME for several, for what is applied to "
                f"the states; what is no part of the network is left out by --map unused=NAME, or "
                f"--map 'unused=*' for all but the RNN and that readout"
            )
        prefixes = [prefix]
    else:
        parts = [named] if f"{named}.weight" in names or named in names else named.split(",")
        prefixes = [_prefix_of(part, names, where) for part in parts]
        if len(set(prefixes)) < len(prefixes):
            raise InputError(
                f"the readout (--readout) is {shorten(named)}; expected each name once"
            )
    found: dict[str, int] = {}
    weights: list[RationalMatrix] = []
    biases: list[RationalMatrix | None] = []
    for prefix in prefixes:
        C = _take(names, f"{prefix}weight", (None, states), where)
        weights.append(RationalMatrix.parse(C, f"{where}: {prefix}weight"))
        found[prefix] = C.shape[0]
        biases.append(None)
        if f"{prefix}bias" in names:
            array = _take(names, f"{prefix}bias", (C.shape[0],), where)
            biases[-1] = RationalMatrix.parse(array, f"{where}: {prefix}bias", ndim=1)
    if names:
        said = ",".join(prefix[:-1] for prefix in prefixes)
        raise InputError(
            f"{where} holds {listed_arrays(names)}, which are neither part of the RNN nor of its "
            f"readout {shorten(said)} and would be lost; say --map 'unused=*' if they are no part "
            f"of the network, or readout={said},NAME (--readout) if they are applied to the states "
            f"as well"
        )
    d = None
    if any(bias is not None for bias in biases):
        zeros = (RationalMatrix.zeros(size, 1) for size in found.values())
        d = _stacked([b if b is not None else z for b, z in zip(biases, zeros, strict=True)])
    return found, _stacked(weights), d


def _stacked(parts: list[RationalMatrix]) -> RationalMatrix:
    return parts[0] if len(parts) == 1 else RationalMatrix.blocks([[part] for part in parts])


def _prefix_of(named: str, names: Mapping[str, Floats], where: str) -> str:
    """Return the beginning of the names of a readout that the caller names."""
    whole = named == "weight" or named.endswith(".weight")
    prefix = named.removesuffix("weight") if whole and named in names else f"{named}."
    if f"{prefix}weight" not in names:
        raise InputError(
            f"{where} holds no readout {shorten(named)}; expected the name of one of "
            f"{listed_arrays(names) or 'none: there are no tensors beside the RNN'}"
        )
    return prefix


def _evident_readout(
    names: dict[str, Floats], sizes: tuple[int, int], *, before: bool
) -> str | None:
    """Return the prefix of the readout where names and shapes leave no other reading.

    Other readings of a weight (p, n) are an embedding or a linear layer that makes the inputs of
    the RNN (then n = m or p = m), one that makes its initial state (p = n, or no bias), and
    whatever comes before it.
    """
    prefix = next(iter(names)).rpartition("weight")[0] or next(iter(names)).rpartition("bias")[0]
    weight, bias = names.get(f"{prefix}weight"), names.get(f"{prefix}bias")
    if weight is None or len(names) > 1 + (bias is not None):
        return None
    if prefix == "readout.":  # what this package calls it
        return prefix
    if before or bias is None or weight.ndim != 2 or weight.shape[1] != sizes[1]:
        return None
    return None if sizes[0] == sizes[1] or weight.shape[0] in sizes else prefix
