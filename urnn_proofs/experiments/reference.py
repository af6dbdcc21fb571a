"""Lines to compare trained networks with: what a URNN *can* do, apart from what training finds.

The exact URNN of Theorem 3.1 has the outputs of the true system with 2n states, for all inputs
with ``||x^k|| <= M``.  The Gaussian inputs of the experiment have no bound, so M is taken from the
data: the largest norm that occurs in it, rounded up to an integer.

A tanh system has no URNN with equal outputs in general (Theorem 3.3), but one with 2n states whose
outputs stay within any epsilon > 0; here within 1e-6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from urnn_proofs.experiments.systems import Dataset, System, simulate
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.questions.construction import equivalent_urnn

__all__ = ["EPSILON", "Reference", "reference"]

EPSILON = Fraction(1, 10**6)


@dataclass(frozen=True)
class Reference:
    """R^2 on the test set without any training.

    Parameters
    ----------
    optimum
        Of the noise-free outputs.
    exact_urnn
        Of the exact equivalent URNN, or of the one within epsilon, run in float64.
    states
        Its number of states.
    input_bound
        M, for which the equivalence is PROVED; no input of the data is longer.
    nearest
        Of the true system with W replaced by the nearest orthogonal matrix, all else kept: a
        URNN with n states, so a lower bound of what such a URNN can do.
    """

    optimum: float
    exact_urnn: float
    states: int
    input_bound: Fraction
    nearest: float


def reference(system: System, data: Dataset) -> Reference:
    """Evaluate the exact URNN of a system on the test set of its data.

    Raises
    ------
    NotContractiveError
        If ``||W|| >= 1`` as floats.
    UndecidedError
        If the equivalence is not PROVED.
    """
    M = Fraction(math.ceil(np.linalg.norm(data.x, axis=-1).max()))
    epsilon = None if system.activation == "relu" else EPSILON
    both = equivalent_urnn(system.network(), input_bound=M, epsilon=epsilon)
    if both.report.verdict is not Verdict.PROVED:
        raise UndecidedError(
            f"the URNN of system {system.seed} is {both.report.verdict}, not PROVED equivalent"
        )
    x = data.x[data.training :]
    found = both.urnn.run(np.swapaxes(x, 0, 1)).swapaxes(0, 1)
    left, _, right = np.linalg.svd(system.W)
    near, _ = simulate(replace(system, W=left @ right), x)
    return Reference(
        optimum=data.best_r2,
        exact_urnn=data.r2(found),
        states=both.urnn.states,
        input_bound=M,
        nearest=data.r2(near),
    )
