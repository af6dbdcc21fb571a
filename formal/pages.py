"""Which Coq theorems each theorem page of the package was reviewed beside, and how they agree.

``make formal-record`` copies this into the record.  A page whose words, hypotheses, Coq statements
or definitions changed is recorded again only when it is named as reviewed.
"""

from __future__ import annotations

from typing import NamedTuple


class Reviewed(NamedTuple):
    """The Coq theorems of a page, and how its words correspond to them."""

    theorems: tuple[str, ...]
    text: str


_NETWORKS = (
    "A network is a record rnn of W (trans), F (inw), b (bias), C (outw) and h_init (init), of any "
    "numbers of inputs and outputs; state and output are h^k = phi(W h^(k-1) + F x^k + b) and "
    "y^k = C h^k. A URNN is such a network with orthogonal transition and the same activation; it "
    "has no offset. admissible M x says ||x^k||^2 <= M^2 for all k, with the Euclidean norm "
    "(sqnorm is the sum of the squares); equivalent says equal outputs at every k for every "
    "admissible input. contraction W says ||W v|| <= rho ||v|| for all v and some rho < 1, which "
    "is ||W|| < 1. "
)

PAGES = {
    "3.1": Reviewed(
        ("theorem_3_1",),
        _NETWORKS + "relu s is max(0, s). Coq proves it over every real closed field, in "
        "particular over the real numbers, for every n, m, p, every h_init and every M (the page "
        "asks for M > 0). 'At most 2n states' is N <= 2 * n with N explicitly the number of "
        "states of T'.",
    ),
    "3.2": Reviewed(
        ("theorem_3_2",),
        _NETWORKS + "relu s is max(0, s). Coq proves it over every ordered field, in particular "
        "over the real numbers, for every n, also n = 0. One network T, with n inputs and n "
        "outputs, serves for every M > 0. Of T' only the invertibility of its transition is used "
        "(\\in unitmx), which orthogonal matrices have (lemma orthogonal_unit); so 'every URNN' of "
        "the page is covered, and so is its hypothesis 'U is invertible'.",
    ),
    "3.3": Reviewed(
        ("theorem_3_3_tanhR", "theorem_3_3_logisticR", "theorem_3_3"),
        _NETWORKS + "tanhR s is (e^s - e^-s) / (e^s + e^-s) and logisticR s is 1 / (1 + e^-s), "
        "with the exponential of the real numbers (realType of MathComp Analysis). One network T "
        "with one state, one input and one output serves for every M > 0, and every N is "
        "excluded. Of T' only the invertibility of its transition is used (\\in unitmx), which "
        "orthogonal matrices have. theorem_3_3 is the form for any activation with a slope that "
        "is nowhere zero (has_slope is differentiability), as in the last hypothesis; activations "
        "with isolated critical points or kinks are theorem_3_3_gen and not part of the statement. "
        "The page lists them, and others, as further checks, each with a Coq theorem of its own.",
    ),
    "epsilon": Reviewed(
        (
            "eps_tanhR",
            "eps_logisticR",
            "eps_equivalence",
            "theorem_3_3_tanhR",
            "theorem_3_3_logisticR",
            "theorem_D",
        ),
        _NETWORKS + "close phi M eps T T' says ||y^k - y'^k||^2 <= eps^2 for every admissible "
        "input and every k. eps_tanhR and eps_logisticR are the first claim, over the real "
        "numbers: for every M (also M <= 0), every n, m, p, every h_init, and every eps > 0 some N "
        "<= 2 * n and some T' with N states; 'for every epsilon' stands before 'there is'. "
        "eps_equivalence is the form for any non-expansive phi with a limit kappa at minus "
        "infinity, as in the last hypothesis. theorem_3_3_tanhR and theorem_3_3_logisticR are the "
        "second claim, as on the page of Theorem 3.3. theorem_D is the last one: lin_act is "
        "phi(z) = z, witness R n has W = 0, F = C = I, b = 0, so that its outputs are x^k; N is "
        "arbitrary, also 0, and n >= 1. The constants of the page's steps are those of "
        "eps_explicit, which is not part of the page.",
    ),
}
