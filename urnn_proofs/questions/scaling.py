"""A positive diagonal that makes a transition matrix contractive, or the refusal."""

from __future__ import annotations

from urnn_proofs.checks.exact.similarity import Scaling, refutes_every_scaling
from urnn_proofs.guesses.scaling.scaling import NoScaling, find_scaling
from urnn_proofs.model.errors import NotContractiveError, UndecidedError
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["contractive_scaling", "refuse_scaling"]


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
