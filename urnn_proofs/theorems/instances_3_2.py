"""Theorem 3.2 on instances: exact ranks for many orthogonal U and activity patterns.

For n <= 4 and every n <= N < 2n: each step of the dimension count is compared with exact ranks,
and no C exists that copies the input and forgets the past.  The positive control is N = 2n with
the U of Theorem 3.1 and its pattern, where such a C does exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from urnn_proofs.checks.exact.reachable import is_memoryless_identity_possible, reachable
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["Instances", "check_instances", "random_orthogonal"]


@dataclass(frozen=True)
class Instances:
    """How many instances were run, and whether each came out as the theorem says."""

    runs: int
    steps: int
    sound: bool
    control: bool

    @property
    def text(self) -> str:
        """One sentence."""
        return (
            f"{self.runs} choices of n <= 4, N < 2n, orthogonal U and patterns ({self.steps} time "
            f"steps), and N = 2n, where such a C exists"
        )


def random_orthogonal(rng: np.random.Generator, size: int) -> RationalMatrix:
    """Return a rational orthogonal matrix: a product of Householder reflections.

    Sparse vectors make permutations and near-permutations as likely as dense matrices.
    """
    U = RationalMatrix.identity(size)
    for _ in range(int(rng.integers(0, size + 1))):
        v = [int(x) for x in rng.integers(-2, 3, size=size) * rng.integers(0, 2, size=size)]
        square = sum(x * x for x in v)
        if square:
            column = RationalMatrix.column(v)
            U = (U - U @ column @ column.transpose() * Fraction(2, square)).reduced()
    return U


def check_instances(seed: int = 0, each: int = 12) -> Instances:
    """Run *each* random instances for every n <= 4 and n <= N < 2n, and the controls.

    Examples
    --------
    >>> check_instances(each=2).sound
    True
    """
    rng = np.random.default_rng(seed)
    runs = steps_seen = 0
    sound = control = True
    for n in range(1, 5):
        for N in range(n, 2 * n):
            for _ in range(each):
                U = random_orthogonal(rng, N)
                F = RationalMatrix.from_fractions(
                    [[Fraction(int(x)) for x in row] for row in rng.integers(-2, 3, size=(N, n))]
                )
                density = rng.choice([0.5, 0.8, 0.95])
                patterns = [[bool(x) for x in rng.random(N) < density] for _ in range(N + 1)]
                steps = reachable(U, F, patterns)
                runs, steps_seen = runs + 1, steps_seen + len(steps)
                sound = sound and all(s.past >= s.before - (N - s.active) for s in steps)
                sound = sound and not is_memoryless_identity_possible(F, steps)
        control = control and _tight_instance(n)
    return Instances(runs, steps_seen, sound, control)


def _tight_instance(n: int) -> bool:
    """N = 2n, U from Theorem 3.1 for W = 0, upper units active: C = [I, 0] copies and forgets."""
    dilation = dilate(RationalMatrix.zeros(n, n)).U
    U = dilation.R  # W = 0: all scales are 1, so R is U
    F = RationalMatrix.identity(2 * n).block(range(2 * n), range(n))
    steps = reachable(U, F, [[True] * n + [False] * n] * (2 * n + 1))
    return dilation.is_rational and is_memoryless_identity_possible(F, steps)
