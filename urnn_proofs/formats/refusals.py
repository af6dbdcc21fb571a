"""Networks of kinds that no theorem here is about, refused with the reason."""

from __future__ import annotations

from urnn_proofs.model.errors import UnsupportedError, with_diagnosis

__all__ = ["gated", "two_directions"]


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
