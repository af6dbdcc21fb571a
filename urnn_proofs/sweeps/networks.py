"""The network of a cell: drawn from a family, scalar, or written out exactly."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from urnn_proofs.formats.files import load
from urnn_proofs.formats.json_format import network_data, network_from_data
from urnn_proofs.model.activation import activation
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import parse_rational
from urnn_proofs.questions.families import FAMILIES, draw_examples

__all__ = ["SOURCES", "Given", "check_source", "inlined", "network_of", "rational"]

#: How a cell may name its network: exactly one of these, with the keys that go with it.
SOURCES: dict[str, tuple[str, ...]] = {
    "family": ("n", "seed", "activation"),
    "w": ("activation",),
    "network": (),
}


class Given(NamedTuple):
    """A network with the bounds that come with it: M of its inputs, and H of its states."""

    rnn: RNN
    input_bound: Fraction | None
    state_bound: Fraction | None


def check_source(cell: Mapping[str, Any], where: str) -> None:
    """Check what names the network of a cell, without building it.

    Raises
    ------
    InputError
        If there is not exactly one source, or one of its keys is missing or out of range.
    """
    found = [source for source in SOURCES if source in cell]
    if len(found) != 1:
        raise InputError(
            f"{where} has {' and '.join(found) or 'no network'}; expected exactly one of "
            f"{', '.join(SOURCES)} (or file)"
        )
    source = found[0]
    for other in ("n", "seed", "activation"):
        if other in cell and other not in SOURCES[source]:
            raise InputError(f"{where}: {other} does not go with {source}; leave it out")
    _CHECKS[source](cell, where)
    if "activation" in cell:
        activation(cell["activation"])


def _check_family(cell: Mapping[str, Any], where: str) -> None:
    if cell["family"] not in FAMILIES:
        raise InputError(
            f"{where}: family is {cell['family']!r}; expected one of: {', '.join(FAMILIES)}"
        )
    for name, least in (("n", 1), ("seed", 0)):
        value = cell.get(name, 0 if name == "seed" else None)
        if type(value) is not int or value < least:
            raise InputError(f"{where}: {name} is {value!r}; expected an integer >= {least}")


def _check_scalar(cell: Mapping[str, Any], where: str) -> None:
    rational(cell["w"], f"{where}: w")


def _check_written(cell: Mapping[str, Any], where: str) -> None:
    if not isinstance(cell["network"], dict):
        raise InputError(f"{where}: network is not an object; expected W, F, b, C")
    network_from_data(f"{where}: network", cell["network"])


_CHECKS: dict[str, Callable[[Mapping[str, Any], str], None]] = {
    "family": _check_family,
    "w": _check_scalar,
    "network": _check_written,
}


def rational(value: Any, name: str) -> Fraction:
    """Read an exact number: an integer, or text such as "1/2" or "0.1"."""
    if type(value) is int:
        return Fraction(value)
    if isinstance(value, str):
        return parse_rational(value, name, decimals=True)
    raise InputError(f'{name} is {value!r}; expected an integer or text such as "1/2" or "0.5"')


def network_of(cell: Mapping[str, Any]) -> Given:
    """Build the network of a cell.

    Examples
    --------
    >>> network_of({"w": "1/2", "activation": "tanh"}).rnn
    RNN(states=1, inputs=1, outputs=1, activation='tanh')
    """
    if "network" in cell:
        return Given(require_rnn(network_from_data("network", cell["network"])), None, None)
    phi = activation(cell.get("activation", "relu"))
    if "w" in cell:
        w = rational(cell["w"], "w")
        return Given(RNN(W=[[w]], F=[[1]], b=[0], C=[[1]], activation=phi), None, None)
    examples = draw_examples(cell["n"], cell.get("seed", 0))
    example = examples[FAMILIES.index(cell["family"])]
    net = example.rnn
    if phi.is_relu:
        return Given(net, example.input_bound, example.state_bound)
    # The state bound that comes with a family holds for ReLU only.
    return Given(net.replace(activation=phi), example.input_bound, None)


def inlined(
    cell: Mapping[str, Any], folder: Path, where: str, files: dict[Path, dict[str, Any]]
) -> dict[str, Any]:
    """Replace ``file`` by the network it holds: the cell must not depend on the machine.

    What the file held is then part of the cell, and a file that changes makes another question.
    *files* keeps what was read, for the other cells of the grid.
    """
    if "file" not in cell:
        return dict(cell)
    if not isinstance(cell["file"], str):
        raise InputError(f"{where}: file is {cell['file']!r}; expected a path as text")
    if "network" in cell:
        raise InputError(f"{where} has file and network; expected one of the two")
    rest = {name: value for name, value in cell.items() if name != "file"}
    rest.setdefault("label", Path(cell["file"]).name)
    path = folder / cell["file"]
    if path not in files:
        files[path] = network_data(load(path).rnn)
    return {**rest, "network": files[path]}
