"""When does duplicating units turn a network into a unitary one?  Decided exactly.

Copy unit i of an RNN ``e_i`` times (input row, bias and initial state copied, output column
divided by ``e_i``).  An orthogonal transition for the copies exists exactly when
``E^{1/2} W E^{-1/2}`` is orthogonal, ``E = diag(e)``.  Squaring the root away,

    ``(E^{1/2} W E^{-1/2})^T (E^{1/2} W E^{-1/2}) = I   <=>   W^T E W = E``,

which is *linear* in E; for a square matrix it is the same as ``W E^{-1} W^T = E^{-1}``.

Two facts decide it for every n:

- If E > 0 solves it and E' is any other diagonal solution, then ``W^{-1} = E^{-1} W^T E`` gives
  ``W^T (E' E^{-1}) = (E' E^{-1}) W^T``, so ``E' E^{-1}`` is constant on the connected components of
  the graph of W.  Hence on one component a positive solution is unique up to a factor, and the
  smallest integers are known.
- Otherwise Stiemke's theorem of the alternative gives a matrix Y such that
  ``diag(W Y W^T - Y)`` is nonnegative and not zero: multiplied by any positive e and summed, it
  contradicts ``<Y, W^T E W - E> = 0``.  Anyone re-checks it with two products.
"""

from __future__ import annotations

from dataclasses import dataclass

from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Lumping", "NoLumping", "refutes_lumping"]


@dataclass(frozen=True)
class Lumping:
    """Positive integers e, the smallest ones, with ``W^T diag(e) W = diag(e)``."""

    multiplicities: tuple[int, ...]

    @property
    def states(self) -> int:
        """States of the unitary network: the sum of the multiplicities."""
        return sum(self.multiplicities)


@dataclass(frozen=True, eq=False)
class NoLumping:
    """Proof that no positive diagonal E has ``W^T E W = E``.

    There is one wherever the spectral radius of W is below 1.  No URNN is made of copies of the
    units then; of URNNs of other kinds it says nothing.

    Parameters
    ----------
    dual
        A matrix Y, (n, n), with ``diag(W Y W^T - Y) >= 0``, not all zero.
    """

    dual: RationalMatrix


def refutes_lumping(W: RationalMatrix, Y: RationalMatrix) -> bool:
    """Check a dual proof exactly: see the module's docstring."""
    if Y.shape != W.shape:
        return False
    gap = W @ Y @ W.transpose() - Y
    diagonal = [gap[i, i] for i in range(W.shape[0])]
    return min(diagonal) >= 0 and any(diagonal)
