"""What the construction of Theorem 3.1 does not cover, said in one sentence each."""

from __future__ import annotations

from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import shorten

__all__ = ["require_relu"]

# Constant on no half-line, by whatever name a file calls them.
_NOWHERE_CONSTANT = frozenset(
    (
        *("tanh", "scaledtanh", "sigmoid", "logistic", "softplus", "softsign"),
        *("elu", "gelu", "silu", "leakyrelu", "leaky_relu"),
    )
)


def require_relu(name: object, where: str) -> None:
    """Refuse every nonlinearity but ReLU, with the theorem that says why.

    Raises
    ------
    UnsupportedError
        If it is another one.

    Examples
    --------
    >>> require_relu("Relu", "net.onnx")
    """
    if not isinstance(name, str):
        raise InputError(f"{where}: the nonlinearity is {shorten(name)}; expected 'relu'")
    if name.lower() == "relu":
        return
    if name.lower() in _NOWHERE_CONSTANT:
        raise UnsupportedError(
            f"{where} has the nonlinearity {shorten(name)}; expected 'relu', since some "
            f"contractive networks whose activation is constant on no interval, such as tanh, have "
            f"no equivalent URNN of any size (Theorem 3.3)"
        )
    raise UnsupportedError(f"{where} has the nonlinearity {shorten(name)}; expected 'relu'")
