"""Whether a network is contractive, and a positive diagonal that makes it so."""

from __future__ import annotations

from urnn_proofs.checks.exact.contractive import is_contractive as has_norm_below_one
from urnn_proofs.checks.exact.similarity import Scaling, refutes_every_scaling
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.model.errors import NotContractiveError, UndecidedError
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["contractive_scaling", "is_contractive", "refuse_scaling"]


def is_contractive(rnn: RNN) -> bool:
    """Decide exactly whether ``||W|| < 1`` (spectral norm) and the activation is non-expansive.

    Of a smooth activation that you declare, the slope bound is taken at your word.

    Parameters
    ----------
    rnn
        Of any size and activation.

    Raises
    ------
    UnsupportedError
        If the network is a URNN: its W has norm 1.
    UndecidedError
        If the gap to 1 is below what was resolved (large networks only).

    Examples
    --------
    >>> is_contractive(RNN([[0.5]], [[1]], [0], [[1]]))
    True
    """
    return require_rnn(rnn).activation.lipschitz <= 1 and has_norm_below_one(rnn.W)


def contractive_scaling(W: RationalMatrix) -> Scaling:
    """Return positive rationals e with ``||diag(e) W diag(e)^{-1}|| < 1``, for the caller to check.

    Parameters
    ----------
    W
        A square matrix with entries in the range of float64.

    Raises
    ------
    NotContractiveError
        If no positive diagonal works; its ``dual`` holds vectors that prove it, checked exactly.
    UndecidedError
        If neither was found.

    Examples
    --------
    >>> contractive_scaling(RationalMatrix.parse([[0, 10], [0, 0]], "W"))
    (Fraction(1, 1), Fraction(32, 1))
    """
    found = find_scaling(W)
    if isinstance(found, NoScaling):
        raise refuse_scaling(W, found)
    return found


def refuse_scaling(W: RationalMatrix, found: NoScaling) -> NotContractiveError:
    """Return the refusal that a proof of no scaling supports.

    Raises
    ------
    UndecidedError
        If the proof does not hold.
    """
    if not refutes_every_scaling(W, found.dual):
        raise UndecidedError("a dual proof failed its own exact check; please report this")
    return NotContractiveError(
        "no positive diagonal E makes ||E W E^-1|| < 1 (the attached dual vectors prove it "
        "exactly)",
        dual=found.dual,
    )
