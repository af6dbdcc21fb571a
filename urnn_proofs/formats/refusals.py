"""What the construction of Theorem 3.1 does not cover, said in one sentence each."""

from __future__ import annotations

from urnn_proofs.model.errors import InputError, UnsupportedError

__all__ = ["MAX_ENTRIES", "require_relu", "require_sane_size"]

#: No file with more weights than this is turned into exact numbers; n = 2048 needs half of it.
MAX_ENTRIES = 2**23

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
        raise InputError(f"{where}: the nonlinearity is {name!r}; expected 'relu'")
    if name.lower() == "relu":
        return
    if name.lower() in _NOWHERE_CONSTANT:
        raise UnsupportedError(
            f"{where} has the nonlinearity {name!r}; expected 'relu', since some contractive "
            f"networks whose activation is constant on no interval, such as tanh, have no "
            f"equivalent URNN of any size (Theorem 3.3)"
        )
    raise UnsupportedError(f"{where} has the nonlinearity {name!r}; expected 'relu'")


def require_sane_size(entries: int, where: str) -> None:
    """Refuse more weights than are ever turned into exact numbers.

    Raises
    ------
    UnsupportedError
        If there are more than :data:`MAX_ENTRIES`.
    """
    if entries > MAX_ENTRIES:
        raise UnsupportedError(f"{where} has {entries} weights; expected at most {MAX_ENTRIES}")
