"""How readers refuse: by the name of the source, and whole kinds of networks with the reason."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from urnn_proofs.model.errors import UnsupportedError, UrnnProofsError, with_diagnosis
from urnn_proofs.model.text import plain

__all__ = ["gated", "naming", "two_directions"]


@contextmanager
def naming(where: str) -> Iterator[None]:
    """Begin the messages of errors with their source, where they do not name it themselves.

    Examples
    --------
    >>> with naming("net.npz"):
    ...     raise UnsupportedError("W has 3 columns; expected 2")
    Traceback (most recent call last):
        ...
    urnn_proofs.model.errors.UnsupportedError: net.npz: W has 3 columns; expected 2
    """
    try:
        yield
    except UrnnProofsError as error:
        if plain(where) in str(error):
            raise
        raise type(error)(f"{where}: {error}") from None


def gated(kind: str, where: str) -> UnsupportedError:
    """Refuse an LSTM or a GRU.

    Examples
    --------
    >>> str(gated("an LSTM", "net.pt"))[:22]
    'net.pt holds an LSTM: '
    """
    return UnsupportedError(
        with_diagnosis(
            f"{where} holds {kind}: its gates multiply parts of the state by one another, so "
            f"that it is no network h = phi(W h + F x + b), which the theorems are about; expected "
            f"a plain RNN, such as torch.nn.RNN"
        )
    )


def two_directions(where: str, found: str = "") -> UnsupportedError:
    """Refuse a bidirectional network."""
    return UnsupportedError(
        with_diagnosis(
            f"{where} is bidirectional{found}: half of its outputs depend on later inputs, which "
            f"no URNN that runs forward knows; expected one direction"
        )
    )
