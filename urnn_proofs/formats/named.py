"""Arrays under any names, read as one layer by a map that the caller gives.

Files of other tools hold the same arrays under other names: ``h2h.weight`` of a pair of Linear
layers, ``recurrent_kernel`` of flax.  The map says which is which, ``{"W": "rnn.h2h.weight"}``, and
nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import numpy as np

from urnn_proofs.formats.limits import require_sane_size
from urnn_proofs.formats.masks import masked, require_no_companion
from urnn_proofs.formats.nonlinearities import nonlinearity
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.text import plain

__all__ = [
    "HOW_TO_NAME",
    "from_names",
    "listed_arrays",
    "parse_names",
    "require_no_initial_state",
    "unused_names",
]

Array = np.ndarray[Any, np.dtype[Any]]

_MATRICES, _VECTORS = ("W", "F", "C"), ("b", "d", "h_init")
_INITIAL = ("h_init", "h0", "h_0", "initial_state", "init_state")
_EXPECTED = "expected W, F, b, C, d, h_init or unused"

#: What to do about arrays under other names.
HOW_TO_NAME = "name its parts with --map W=NAME --map F=NAME ... (names={...} in Python)"

# Terms of a sum of biases; two are usual.
_MAX_TERMS = 8


def parse_names(pairs: list[str] | None) -> dict[str, str] | None:
    """Read what the command line says, ``W=rnn.h2h.weight`` and so on; None if nothing is said.

    Raises
    ------
    InputError
        If one is no such pair, or a part is named twice.

    Examples
    --------
    >>> parse_names(["W=h2h.weight", "b=i2h.bias+h2h.bias"])
    {'W': 'h2h.weight', 'b': 'i2h.bias+h2h.bias'}
    """
    if not pairs:
        return None
    found: dict[str, str] = {}
    for pair in pairs:
        part, equals, name = pair.partition("=")
        if not equals or not name or part in found:
            raise InputError(
                f"--map is {shorten(pair)}; expected PART=NAME, each part once, such as "
                f"W=rnn.h2h.weight"
            )
        found[part] = name
    return found


def from_names(
    arrays: Mapping[str, Array], where: str, activation: str | None, names: Mapping[str, str]
) -> StoredNetwork:
    """Read a network ``h = phi(W h + F x + b)``, ``y = C h + d`` from arrays with other names.

    Parameters
    ----------
    arrays
        Arrays of numbers.
    where
        What to call the source in error messages.
    activation
        ``"relu"``, ``"tanh"`` or ``"logistic"``.
    names
        The name of W (n, n) and of F (n, m), and, where there are such parts, of C (p, n), b, d and
        h_init.  A name that ends in ``.T`` is that of the transposed array; b and d may be sums,
        ``"i2h.bias+h2h.bias"``; C and d several arrays, one below the other,
        ``"policy.weight,value.weight"``.  ``"unused"`` lists, joined by ``+``, what is no part of
        the network; ``dec.*`` stands for all names that begin so, ``*`` for all the rest.  The
        name of a weight that was pruned is that of the product of its two arrays.

    Raises
    ------
    InputError
        If a name is not there, a part is missing or does not fit, or arrays are left that are not
        said to be unused.
    UnsupportedError
        For another nonlinearity.

    Examples
    --------
    >>> arrays = {"h2h": np.array([[0.5]]), "i2h": np.array([[2.0]]), "epoch": np.array(3)}
    >>> names = {"W": "h2h", "F": "i2h", "unused": "epoch"}
    >>> from_names(arrays, "example", "relu", names).rnn.F[0, 0]
    Fraction(2, 1)
    """
    for part, name in names.items():
        if part not in (*_MATRICES, *_VECTORS, "unused") or not isinstance(name, str):
            raise InputError(f"the map names the part {shorten(part)}; {_EXPECTED}")
    for part in ("W", "F"):
        if part not in names:
            raise InputError(f"the map does not name {part}; expected {part}=NAME (--map)")
    if activation is None:
        raise InputError(
            f"{where} does not say which nonlinearity the network has; say activation='tanh' or "
            f"'relu' (--activation)"
        )
    phi = nonlinearity(activation, where)
    unused = names.get("unused")
    said = set() if unused is None else unused_names(arrays, unused, where)
    read_from = masked({name: arrays[name] for name in arrays if name not in said}, where)
    arrays = {**{name: arrays[name] for name in said}, **read_from}
    used: set[str] = set()
    found: dict[str, RationalMatrix] = {}
    for part, name in names.items():
        if part == "unused":
            continue
        read, at = _matrix if part in _MATRICES else _vector, f"{where}: {part}"
        if part in ("C", "d"):
            found[part] = _one_below_the_other(read, arrays, name, at, used)
        else:
            found[part] = read(arrays, name, at, used)
    _require_all_used(arrays, where, said, used, rest="*" in (unused or "").split("+"))
    n = found["W"].shape[0]
    zero, identity = RationalMatrix.zeros(n, 1), RationalMatrix.identity(n)
    layer = RNN(
        W=found["W"],
        F=found["F"],
        b=found.get("b", zero),
        C=found.get("C", identity),
        h_init=found.get("h_init"),
        activation=phi,
    )
    dtype = "float64" if any(arrays[name].dtype == np.float64 for name in used) else "float32"
    layout = Layout(dtype=dtype, bias="b" in names, readout="C" in names, readout_bias="d" in names)
    return StoredNetwork.of(layer, output_bias=found.get("d"), layout=layout)


def _taken(arrays: Mapping[str, Array], name: str, where: str, used: set[str]) -> Array:
    """Return an array, transposed if the name says so."""
    turned = name not in arrays and name.endswith(".T")
    key = name.removesuffix(".T") if turned else name
    if key not in arrays:
        raise InputError(
            f"{where} is named {shorten(name)}; expected one of {listed_arrays(arrays)}"
        )
    used.add(key)
    array = arrays[key]
    if array.dtype.kind not in "iuf":
        raise InputError(f"{where} has the type {array.dtype}; expected numbers")
    require_sane_size(array.size, where)
    return array.T if turned else array


def _one_below_the_other(
    read: Callable[[Mapping[str, Array], str, str, set[str]], RationalMatrix],
    arrays: Mapping[str, Array],
    name: str,
    where: str,
    used: set[str],
) -> RationalMatrix:
    """Read C or d, of which there may be several: ``"policy.weight,value.weight"``."""
    parts = [name] if name in arrays else name.split(",")
    if len(parts) > _MAX_TERMS or len(set(parts)) < len(parts):
        raise InputError(
            f"{where} has {len(parts)} parts; expected at most {_MAX_TERMS}, each once"
        )
    found = [read(arrays, part, where, used) for part in parts]
    for part, matrix in zip(parts, found, strict=True):
        if matrix.shape[1] != found[0].shape[1]:
            raise InputError(
                f"{where}: {plain(part, 60)} has {matrix.shape[1]} columns; expected "
                f"{found[0].shape[1]}, as those before it"
            )
    return found[0] if len(found) == 1 else RationalMatrix.blocks([[part] for part in found])


def _matrix(arrays: Mapping[str, Array], name: str, where: str, used: set[str]) -> RationalMatrix:
    array = _taken(arrays, name, where, used)
    return RationalMatrix.parse(np.ascontiguousarray(array), where)


def _vector(arrays: Mapping[str, Array], name: str, where: str, used: set[str]) -> RationalMatrix:
    terms = [name] if name in arrays else name.split("+")
    if len(terms) > _MAX_TERMS or len(set(terms)) < len(terms):
        raise InputError(
            f"{where} is a sum of {len(terms)} terms; expected at most {_MAX_TERMS}, each once"
        )
    total = None
    for term in terms:
        array = _taken(arrays, term, where, used)
        if array.ndim > 2 or (array.ndim == 2 and 1 not in array.shape) or array.ndim == 0:
            raise InputError(f"{where} has shape {array.shape}; expected one row of numbers")
        column = RationalMatrix.parse(np.ascontiguousarray(array.reshape(-1)), where, ndim=1)
        if total is not None and total.shape != column.shape:
            raise InputError(
                f"{where}: {plain(term, 60)} has {column.shape[0]} entries; expected "
                f"{total.shape[0]}, as the terms before it"
            )
        total = column if total is None else total + column
    if total is None:
        raise InputError(f"{where} has no name; expected one")
    return total


def _require_all_used(
    arrays: Mapping[str, Array], where: str, said: set[str], used: set[str], *, rest: bool
) -> None:
    if said & used:
        raise InputError(
            f"the map says that {shorten(min(said & used))} is unused; expected an array that has "
            f"no other part"
        )
    left = {name: array for name, array in arrays.items() if name not in used | said}
    if left and not rest:
        raise InputError(
            f"{where} also holds {listed_arrays(left)}; name them, or say unused=NAME+NAME "
            f"(unused=* for all) if they are no part of the network"
        )
    require_no_companion(left, used, where)
    require_no_initial_state(left, where)


def require_no_initial_state(left: Collection[str], where: str) -> None:
    """Refuse to leave out, by ``*``, what is called an initial state: the network may start there.

    Raises
    ------
    InputError
        Naming it.
    """
    for name in left:
        if name.rpartition(".")[2] in _INITIAL:
            said = plain(name, 60)
            raise InputError(
                f"{where} holds {said}, from which the network may start; expected it as part of "
                f"the map, h_init={said}, or said to be no part of the network by its name, "
                f"--map 'unused=*+{said}'"
            )


def unused_names(arrays: Mapping[str, Array], unused: str, where: str) -> set[str]:
    """Return the arrays that a text such as ``"epoch+dec.*"`` names; a ``*`` alone names none.

    Raises
    ------
    InputError
        If a part of it names none.

    Examples
    --------
    >>> arrays = {"h": np.eye(2), "dec.a": np.eye(2), "dec.b": np.eye(2)}
    >>> sorted(unused_names(arrays, "dec.*", "example"))
    ['dec.a', 'dec.b']
    """
    found: set[str] = set()
    for term in [unused] if unused in arrays else unused.split("+"):
        begins = term[:-1] if term.endswith("*") else None
        named = {name for name in arrays if name == term or (begins and name.startswith(begins))}
        if not named and term != "*":
            raise InputError(
                f"the map says that {shorten(term)} is unused; expected one of "
                f"{listed_arrays(arrays)}, or the beginning of names, such as dec.*"
            )
        found |= named
    return found


def listed_arrays(arrays: Mapping[str, Array]) -> str:
    """List arrays with their shapes, the first few of them."""
    shown = [f"{plain(name, 60)} {array.shape}" for name, array in list(arrays.items())[:8]]
    return ", ".join(shown) + (f" and {len(arrays) - 8} more" if len(arrays) > 8 else "")
