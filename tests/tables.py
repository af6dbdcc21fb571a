"""Named examples, run over every backend: (name, W, what the norm is)."""

from __future__ import annotations

from fractions import Fraction as Q

BELOW, ONE, ABOVE = "below 1", "exactly 1", "above 1"

MATRICES = {
    "zero 1x1": ([[0]], BELOW),
    "half": ([[Q(1, 2)]], BELOW),
    "minus half": ([[Q(-1, 2)]], BELOW),
    "one": ([[1]], ONE),
    "minus one": ([[-1]], ONE),
    "two": ([[2]], ABOVE),
    "float 0.1": ([[0.1]], BELOW),
    "one plus ulp": ([[1 + 2.0**-52]], ABOVE),
    "one minus ulp": ([[1 - 2.0**-53]], BELOW),
    "1 + 1e-9": ([[1 + Q(1, 10**9)]], ABOVE),
    "1 - 1e-30": ([[1 - Q(1, 10**30)]], BELOW),
    "zero 3x3": ([[0] * 3 for _ in range(3)], BELOW),
    "identity": ([[1, 0], [0, 1]], ONE),
    "rotation": ([[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]], ONE),
    "swap": ([[0, 1], [1, 0]], ONE),
    "nilpotent one": ([[0, 1], [0, 0]], ONE),
    "nilpotent half": ([[0, Q(1, 2)], [0, 0]], BELOW),
    "nilpotent ten": ([[0, 10], [0, 0]], ABOVE),
    "shift 3": ([[0, Q(1, 2), 0], [0, 0, Q(1, 2)], [0, 0, 0]], BELOW),
    "rank one": ([[Q(1, 4), Q(1, 4)], [Q(1, 4), Q(1, 4)]], BELOW),
    "projection": ([[Q(1, 2), Q(1, 2)], [Q(1, 2), Q(1, 2)]], ONE),
    "first column zero defect": ([[0, 0, 1], [0, Q(1, 2), 0], [1, 0, 0]], ONE),
    "middle zero defect": ([[Q(1, 2), 0, 0], [0, 1, 0], [0, 0, Q(1, 3)]], ONE),
    "hidden norm above one": ([[Q(7, 10), Q(7, 10)], [Q(7, 10), Q(8, 10)]], ABOVE),
    "zero defect, coupled": ([[1, Q(1, 2)], [0, Q(1, 2)]], ABOVE),
    "near singular": ([[Q(1, 2), Q(1, 2)], [Q(1, 2), Q(1, 2) - Q(1, 10**12)]], BELOW),
    "tiny": ([[Q(1, 10**400), 0], [0, 0]], BELOW),
    "huge": ([[10**400, 0], [0, 0]], ABOVE),
    "eigenvalue one of W": ([[1, 0], [0, Q(1, 2)]], ONE),
}


def names(*kinds: str) -> list[str]:
    return [name for name, (_, kind) in MATRICES.items() if kind in kinds]
