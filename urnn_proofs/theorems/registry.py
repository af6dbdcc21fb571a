"""``theorem("3.1")``: the proofs by their number in the paper."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten
from urnn_proofs.theorems.page import Page
from urnn_proofs.theorems.proof import Proof
from urnn_proofs.theorems.seal import register

__all__ = ["gist", "theorem", "theorem_names"]

_PAGES = {
    "3.1": "theorem_3_1",
    "3.2": "theorem_3_2",
    "3.3": "theorem_3_3",
    "3.3-strong": "theorem_3_3_strong",
    "2n-1": "two_n_minus_1",
    "n+mu": "n_plus_mu",
    "n+eigenspace": "n_plus_eigenspace",
    "2n-iff-diagonal": "iff_diagonal",
    "2n-not-robust": "not_robust",
    "no-bound": "no_bound",
    "complex": "complex_states",
    "expansive": "expansive",
    "epsilon": "epsilon",
}


#: What each page says, for a list; what is not said here stands in its statement.
_GISTS = {
    "3.1": "2n states are enough for contractive ReLU networks",
    "3.2": "some contractive ReLU networks need 2n states",
    "3.3": "some contractive tanh and logistic networks have no URNN of any size",
    "3.3-strong": "reduced tanh and logistic networks have a URNN iff W^T E W = E, E diagonal, "
    "positive, of integers",
    "2n-1": "2n - 1 states are enough for contractive ReLU networks unless W is diagonal",
    "n+mu": "a minimal contractive ReLU network needs n + mu(W) states if all units can be active; "
    "some bias no more",
    "n+eigenspace": "a minimal contractive ReLU network needs n + dim ker(W - lambda I) states if "
    "all units can be active",
    "2n-iff-diagonal": "if F and C have rank n and units can reach their kink, a contractive ReLU "
    "network needs 2n if and only if W is diagonal",
    "2n-not-robust": "if W is diagonal and contractive, n + 1 states come within every epsilon > 0 "
    "for ReLU",
    "no-bound": "n + 2 rank(I - W^T W) states are enough for ReLU and all inputs if ||W|| <= 1",
    "complex": "n complex states are enough for contractive ReLU networks",
    "expansive": "no URNN comes close where bounded changes of inputs move outputs without bound",
    "epsilon": "2n states come within every epsilon > 0 for contractive tanh and logistic networks",
}


def gist(proof: Proof) -> str:
    """Return what a page says in a few words; empty for one that is not here or was changed."""
    return "" if proof.changes() else _GISTS.get(proof.name, "")


def theorem_names() -> tuple[str, ...]:
    """Return the theorems that have a proof here."""
    return tuple(_PAGES)


def theorem(name: str) -> Proof:
    """Return the proof of a theorem, for all n (and where none exists, all N) at once.

    Parameters
    ----------
    name
        ``"3.1"``, ``"3.2"`` or ``"3.3"`` of arXiv:1910.13672, or one of this package's own:
        ``"3.3-strong"``, ``"2n-1"``, ``"n+mu"``, ``"n+eigenspace"``, ``"2n-iff-diagonal"``,
        ``"2n-not-robust"``, ``"no-bound"``, ``"complex"``, ``"expansive"``, ``"epsilon"``.

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
    if not isinstance(name, str) or name not in _PAGES:
        raise InputError(f"theorem is {shorten(name)}; expected one of: {', '.join(_PAGES)}")
    return _registered(name)


@cache
def _registered(name: str) -> Proof:
    page: Page = import_module(f"urnn_proofs.theorems.{_PAGES[name]}").page
    return register(page.proof())
