"""The linear matrix inequality of diagonal scalings through CVXPY and Clarabel (extra ``sdp``).

Floating point: what comes back is a proposal.  The problem is the one
``widest_margin`` solves with NumPy alone, posed to independent
software that knows nothing of its structure and therefore reaches only moderate sizes.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterator

import numpy as np

from urnn_proofs.guesses.scaling.balance import Array, Proposal
from urnn_proofs.model.errors import MissingExtraError, UndecidedError

__all__ = ["SIZE_LIMIT", "TIME_LIMIT_S", "require_extra", "solve_margin"]

# Clarabel factors matrices of order n^2 / 2: 9 s at n = 64, 85 s and 1.5 GB at n = 100.
SIZE_LIMIT = 64
TIME_LIMIT_S = 120.0


def require_extra() -> None:
    """Raise MissingExtraError unless the extra ``sdp`` is there; does not import it."""
    missing = [name for name in ("cvxpy", "clarabel") if importlib.util.find_spec(name) is None]
    if missing:
        raise MissingExtraError(
            f"solver 'sdp' needs {' and '.join(missing)}, found absent; install urnn_proofs[sdp]"
        )


def solve_margin(A: Array) -> Iterator[Proposal]:
    """Maximise t over ``P - A^T P A >= t I``, ``P = diag(p) >= 0``, ``sum p = n``; one proposal.

    Parameters
    ----------
    A
        A square matrix of at most ``SIZE_LIMIT`` rows, best balanced.

    Raises
    ------
    MissingExtraError
        If CVXPY or Clarabel is absent.
    UndecidedError
        If A is too large, or the solver gives up (also after ``TIME_LIMIT_S`` seconds).
    """
    require_extra()
    n = len(A)
    if n > SIZE_LIMIT:
        raise UndecidedError(
            f"a strongly connected part of W has {n} states; the semidefinite solver takes at most "
            f"{SIZE_LIMIT}; try solver='newton'"
        )
    import cvxpy

    p, t = cvxpy.Variable(n), cvxpy.Variable()
    inequality = cvxpy.diag(p) - A.T @ cvxpy.diag(p) @ A - t * np.eye(n) >> 0
    problem = cvxpy.Problem(cvxpy.Maximize(t), [inequality, cvxpy.sum(p) == n, p >= 0])
    try:
        with warnings.catch_warnings():
            # An inaccurate solution is as good a proposal as any.
            warnings.simplefilter("ignore")
            problem.solve(solver="CLARABEL", time_limit=TIME_LIMIT_S)
    except cvxpy.error.SolverError as error:
        raise UndecidedError(f"the semidefinite solver failed: {error}") from None
    if p.value is None or inequality.dual_value is None:
        raise UndecidedError(f"the semidefinite solver stopped with status {problem.status}")
    smallest = max(float(p.value.max()), 1.0) * 1e-16
    Z = np.asarray(inequality.dual_value, dtype=np.float64)
    yield Proposal(np.log2(np.maximum(p.value, smallest)) / 2, (Z + Z.T) / 2)
