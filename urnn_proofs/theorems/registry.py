"""``theorem("3.1")``: the proofs by their number in the paper."""

from __future__ import annotations

from functools import cache

from urnn_proofs.model.errors import InputError
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.seal import register

__all__ = ["theorem", "theorem_names"]

_NAMES = ("3.1", "3.2", "3.3", "3.3-strong", "scalar-memory")


def theorem_names() -> tuple[str, ...]:
    """Return the theorems that have a proof here."""
    return _NAMES


def theorem(name: str) -> Proof:
    """Return the proof of a theorem of the paper, for all n (3.3: all N) at once.

    Raises
    ------
    InputError
        If there is no proof of that name here.

    Examples
    --------
    >>> print(theorem("3.1").graph())
    factors
    S1 dilation    <- factors
    intertwining
    S1 Halmos form <- intertwining
    S2 rows        <- S1 dilation
    S3 gate        <- S2 rows
    S4 bound
    S5 induction   <- S1 dilation, S3 gate, S4 bound
    """
    if name not in _NAMES:
        raise InputError(f"theorem is {name!r}; expected one of: {', '.join(_NAMES)}")
    return _registered(name)


@cache
def _registered(name: str) -> Proof:
    if name == "3.2":
        from urnn_proofs.theorems.theorem_3_2 import proof_3_2 as proof
    elif name == "3.3":
        from urnn_proofs.theorems.theorem_3_3 import proof_3_3 as proof
    elif name == "scalar-memory":
        from urnn_proofs.theorems.scalar_memory import proof_scalar_memory as proof
    elif name == "3.3-strong":
        from urnn_proofs.theorems.theorem_3_3_strong import proof_3_3_strong as proof
    else:
        from urnn_proofs.theorems.theorem_3_1 import proof_3_1 as proof
    return register(proof())
