"""Networks as JSON with exact entries: integers or ``"p/q"`` strings.

One network has the keys W, F, b, C and optionally h_init and activation; a URNN has W as an object
of R, alpha and beta, and optionally an offset.  Several layers are a list of such objects under
``layers``.  ``output_bias`` is added to the outputs.  ``second_biases`` has for each layer the part
of its b that is stored, and rounded, on its own.
"""

from __future__ import annotations

import json
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import IO, Any, NoReturn

from urnn_proofs.formats.limits import require_sane_size
from urnn_proofs.formats.refusals import naming
from urnn_proofs.formats.stored import StoredNetwork, from_parts
from urnn_proofs.model.activation import (
    Activation,
    PiecewiseLinear,
    activation,
    is_registered,
    piecewise_linear,
)
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import URNN, Network
from urnn_proofs.model.number import MAX_DIGITS, format_rational, parse_rational, shorten
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.text import plain

__all__ = ["network_data", "network_from_data", "read", "write"]

FORMAT = "urnn_proofs network"
VERSION = 1
_REQUIRED = ("W", "F", "b", "C")
_NETWORK = ("activation", *_REQUIRED, "h_init", "offset")
_FILE = ("format", "version", "output_bias", "second_biases")
# A decimal up to this length is quoted as a fraction.
_SHORT = 20


def read(file: Path) -> StoredNetwork:
    """Read a network from a ``.json`` file."""
    raw = file.read_bytes()
    # Between two numbers there is a comma, and every list and object has its bracket.
    require_sane_size(sum(map(raw.count, (b",", b"[", b"{"))), file.name)
    try:
        data = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_no_duplicates,
            parse_int=_integer,
            parse_float=_Decimal,
            parse_constant=_Decimal,
        )
    except InputError:  # of the functions below
        raise
    except (ValueError, RecursionError) as error:
        raise InputError(f"{file.name} is not valid JSON: {error}") from None
    if not isinstance(data, dict):
        raise InputError(f"{file.name} holds a JSON {type(data).__name__}; expected an object")
    return _stored(file.name, data)


def _stored(name: str, data: dict[str, Any]) -> StoredNetwork:
    if data.get("format") != FORMAT or data.get("version") != VERSION:
        raise InputError(
            f"{name} has format {shorten(data.get('format'))} version "
            f'{shorten(data.get("version"))}; expected the keys "format": "{FORMAT}" and '
            f'"version": {VERSION}'
        )
    d = _vector(data["output_bias"], "output_bias") if "output_bias" in data else None
    seconds = _second_biases(data.get("second_biases", []))
    if "layers" not in data:
        parts = {key: value for key, value in data.items() if key not in _FILE}
        layer = network_from_data(name, parts)
        return StoredNetwork.of(layer, output_bias=d, second_biases=seconds)
    _refuse_unknown(name, data, (*_FILE, "layers"))
    layers = data["layers"]
    if not isinstance(layers, list) or not all(isinstance(layer, dict) for layer in layers):
        raise InputError(f"{name}: layers is not a list of objects; expected one for each layer")
    found = [network_from_data(f"{name}, layer {k}", layer) for k, layer in enumerate(layers)]
    return StoredNetwork.of(*found, output_bias=d, second_biases=seconds)


def _second_biases(value: Any) -> tuple[RationalMatrix, ...]:
    if not isinstance(value, list):
        raise InputError(f"second_biases is a JSON {type(value).__name__}; expected a list")
    rows = (_vector(row, f"second_biases[{k}]") for k, row in enumerate(value))
    return tuple(RationalMatrix.column(row) for row in rows)


def _refuse_unknown(name: str, data: dict[str, Any], known: tuple[str, ...]) -> None:
    for key in data:
        if key not in known:
            raise InputError(
                f"{name} has the unknown key {shorten(key)}; expected {', '.join(known)}"
            )


def network_from_data(name: str, data: dict[str, Any]) -> Network:
    """Read one network from JSON values; *name* begins the messages of errors.

    Raises
    ------
    InputError
        If a key is missing or unknown, an entry is not exact, or shapes do not fit.
    """
    for key in _REQUIRED:
        if key not in data:
            raise InputError(f"{name} lacks {key!r}; expected {', '.join(_REQUIRED)}")
    _refuse_unknown(name, data, _NETWORK)
    W = data["W"]
    with naming(name):
        parts: dict[str, Any] = {
            "W": _scaled(W) if isinstance(W, dict) else _matrix(W, "W"),
            "F": _matrix(data["F"], "F"),
            "C": _matrix(data["C"], "C"),
            "activation": _activation(data.get("activation", "relu")),
        }
        columns = [key for key in ("b", "h_init", "offset") if key in data]
        return from_parts(parts | {key: _vector(data[key], key) for key in columns})


def _activation(value: Any) -> str | Activation:
    """Read a name, or the exact data of a piecewise linear activation."""
    if not isinstance(value, dict):
        return activation(value)
    expected = ("name", "knots", "slopes", "value")
    if set(value) != set(expected):
        raise InputError(
            f"activation has the keys {shorten(sorted(value))}; expected {', '.join(expected)}"
        )
    return piecewise_linear(
        value["name"],
        knots=_vector(value["knots"], "activation.knots"),
        slopes=_vector(value["slopes"], "activation.slopes"),
        value=_entry(value["value"], "activation.value"),
    )


def _matrix(value: Any, name: str) -> list[list[Fraction]]:
    if not isinstance(value, list):
        raise InputError(f"{name} is a JSON {type(value).__name__}; expected a list of rows")
    return [_vector(row, f"{name}[{i}]") for i, row in enumerate(value)]


def _vector(value: Any, name: str) -> list[Fraction]:
    if not isinstance(value, list):
        raise InputError(f"{name} is a JSON {type(value).__name__}; expected a list of numbers")
    return [_entry(entry, f"{name}[{i}]") for i, entry in enumerate(value)]


class _Decimal(str):
    """A number as the file writes it: no exact one, until an entry is asked for."""

    __slots__ = ()


def _refuse_decimal(text: str, name: str) -> NoReturn:
    such, expected = "", 'expected an integer or a string "p/q"'
    if len(text) <= _SHORT:
        with suppress(InputError):  # NaN, or a power that is too large
            fraction = format_rational(parse_rational(text, name, decimals=True))
            such = f', such as "{fraction}"' if len(fraction) <= 2 * _SHORT else ""
    raise InputError(
        f"{name} is {plain(text, 60)}, which is not exact in JSON; {expected}{such}, or a .npz "
        f"file (numpy.savez), whose floats are taken as the numbers that they are"
    )


def _entry(value: Any, name: str) -> Fraction:
    if isinstance(value, _Decimal) and len(value) <= MAX_DIGITS:
        _refuse_decimal(value, name)
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    if isinstance(value, str):
        return parse_rational(value, name)
    raise InputError(f'{name} is {shorten(value)}; expected an integer or a string "p/q"')


def _scaled(value: dict[str, Any]) -> Orthogonal:
    if set(value) != {"R", "alpha", "beta"}:
        raise InputError(f"W has the keys {shorten(sorted(value))}; expected R, alpha and beta")
    R = RationalMatrix.parse(_matrix(value["R"], "W.R"), "W.R")
    alpha, beta = _vector(value["alpha"], "W.alpha"), _vector(value["beta"], "W.beta")
    return Orthogonal(R, tuple(alpha), tuple(beta))


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise InputError("the JSON object has a key twice; expected each key once")
    return result


def _integer(text: str) -> int | _Decimal:
    # What is too long to read is kept as text, until it is known which entry it is.
    return _Decimal(text) if len(text) > MAX_DIGITS else parse_rational(text).numerator


def write(network: StoredNetwork, stream: IO[bytes]) -> None:
    """Write a network exactly."""
    data: dict[str, Any] = {"format": FORMAT, "version": VERSION}
    if len(network.layers) == 1:
        data |= network_data(network.layers[0])
    else:
        data["layers"] = [network_data(layer) for layer in network.layers]
    if not network.output_bias.is_zero():
        data["output_bias"] = [row[0] for row in _rows(network.output_bias)]
    if any(not part.is_zero() for part in network.second_biases):
        data["second_biases"] = [[r[0] for r in _rows(p)] for p in network.second_biases]
    stream.write(json.dumps(data, indent=1).encode("utf-8"))


def network_data(rnn: Network) -> dict[str, Any]:
    """Return one network as JSON values."""
    W = rnn.W
    data: dict[str, Any] = {
        "activation": _activation_data(rnn.activation),
        "W": _rows(W)
        if isinstance(W, RationalMatrix)
        else {
            "R": _rows(W.R),
            "alpha": [format_rational(x) for x in W.alpha],
            "beta": [format_rational(x) for x in W.beta],
        },
        "F": _rows(rnn.F),
        "b": [row[0] for row in _rows(rnn.b)],
        "C": _rows(rnn.C),
        "h_init": [row[0] for row in _rows(rnn.h_init)],
    }
    if isinstance(rnn, URNN) and not rnn.offset.is_zero():
        data["offset"] = [row[0] for row in _rows(rnn.offset)]
    return data


def _activation_data(phi: Activation) -> str | dict[str, Any]:
    if is_registered(phi):
        return phi.name
    if type(phi) is not PiecewiseLinear:
        raise InputError(
            f"the activation {phi.name!r} is neither a known one nor given by exact data; expected "
            f"one of the two"
        )
    return {
        "name": phi.name,
        "knots": [format_rational(x) for x in phi.knots],
        "slopes": [format_rational(x) for x in phi.slopes],
        "value": format_rational(phi.value),
    }


def _rows(matrix: RationalMatrix) -> list[list[str]]:
    return [[format_rational(x) for x in row] for row in matrix.to_fractions()]
