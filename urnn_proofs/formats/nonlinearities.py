"""The nonlinearities that frameworks and this package both have, by the names that each gives them.

PyTorch and ONNX files are read and written for these alone: their operators compute the very
functions that an :class:`~urnn_proofs.model.network.RNN` has under our names.  Every name is
compared; nothing is guessed from a part of one.
"""

from __future__ import annotations

from urnn_proofs.model.activation import Activation, PiecewiseLinear
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import shorten

__all__ = ["ONNX_NAMES", "framework_name", "nonlinearity"]

#: By our names, what the operator ``RNN`` of ONNX calls them; runtimes know no other spelling.
ONNX_NAMES = {"relu": "Relu", "tanh": "Tanh", "logistic": "Sigmoid"}

_OURS = {"relu": "relu", "tanh": "tanh", "logistic": "logistic", "sigmoid": "logistic"}
_EXPECTED = "expected 'relu', 'tanh' or 'logistic' (which frameworks call sigmoid)"


def nonlinearity(name: object, where: str) -> str:
    """Return our name for what a file, a module or a caller calls its nonlinearity.

    Raises
    ------
    InputError
        If it is no name.
    UnsupportedError
        If it is another one.

    Examples
    --------
    >>> nonlinearity("Sigmoid", "net.onnx")
    'logistic'
    """
    if not isinstance(name, str):
        raise InputError(f"{where}: the nonlinearity is {shorten(name)}; {_EXPECTED}")
    if name.lower() not in _OURS:
        raise UnsupportedError(
            f"{where} has the nonlinearity {shorten(name)}; {_EXPECTED}: networks with others are "
            f"built with RNN(..., activation=...)"
        )
    return _OURS[name.lower()]


def framework_name(phi: Activation, where: str) -> str:
    """Return our name for an activation that frameworks have.

    Raises
    ------
    UnsupportedError
        If they do not have it.
    """
    if isinstance(phi, PiecewiseLinear) and phi.is_relu:
        return "relu"  # whatever its name
    if phi.name in ONNX_NAMES:  # a name that is kept for these data
        return phi.name
    raise UnsupportedError(
        f"{where} has the activation {phi.name!r}; PyTorch and ONNX files are written for ReLU, "
        f"tanh and logistic networks: save as .json instead"
    )
