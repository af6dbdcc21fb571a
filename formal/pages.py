"""Which Coq theorems each theorem page of the package was reviewed beside, and how they agree.

``make formal-record`` copies this into the record.  A page whose words, hypotheses, Coq statements
or definitions changed is recorded again only when it is named as reviewed.
"""

from __future__ import annotations

from typing import NamedTuple


class Reviewed(NamedTuple):
    """The Coq theorems of a page, how its words correspond to them, and files that define more."""

    theorems: tuple[str, ...]
    text: str
    defined_in: tuple[str, ...] = ()


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
    "2n-1": Reviewed(
        ("theorem_2n_minus_1",),
        _NETWORKS
        + "relu s is max(0, s). 'W is not diagonal' is: trans T i j != 0 for some i != j. "
        "Coq proves it over every real closed field, in particular over the real numbers, for "
        "every n, m, p, every h_init and every M. 'At most 2n - 1 states' is N <= 2 * n - 1 with "
        "N explicitly the number of states of T'; as W is not diagonal n is at least 2, so the "
        "difference of natural numbers is what it says.",
    ),
    "n+eigenspace": Reviewed(
        ("theorem_A", "theorem_A_complex", "scalar_memory"),
        _NETWORKS + "relu s is max(0, s). xbar is the constant input, ||xbar||^2 < M^2, and hstar "
        "its fixed point: hstar = W hstar + F xbar + b with positive entries, so every "
        "preactivation is positive there. minimal (TheoremA.v) says that no row v but 0 has "
        "v W^j F = 0 for all j, and no state h but 0 has C W^j h = 0 for all j. For real "
        "lam the dimension of the eigenspace is "
        "n - rank(W - lam), and theorem_A is the first claim. For lam = al + i be W - lam acts on "
        "pairs of a real and an imaginary part as block_mx (W - al) be (- be) (W - al), and "
        "theorem_A_complex says 2N >= 2n + (2n - the rank of that), where the bracket is twice the "
        "complex dimension. scalar_memory is the second claim: trans T = w, "
        "|w| < 1, and F xbar + b has positive entries; some orthogonal T' with 2 * n states is "
        "equivalent, and none has fewer. Coq proves both over the true real numbers (realType), "
        "for every n, m, p and h_init.",
        ("TheoremA.v",),
    ),
    "2n-not-robust": Reviewed(
        ("diagonal_eps", "witness_exact_vs_eps"),
        _NETWORKS + "relu s is max(0, s). close relu M eps T T' says that the outputs differ by at "
        "most eps in the Euclidean norm, for all k and all admissible inputs. 'W is diagonal with "
        "entries between -1 and 1' is trans T = diag_mx w with |w_i| < 1. Coq proves it over every "
        "real closed field, for every n, m, p, F, b, C, h_init and M. witness R n is the network "
        "of Theorem 3.2 (W = 0, F = C = I, b = 0, h_init = 0); the second theorem says of it that "
        "equal outputs need 2n states, for M > 0, and every eps > 0 at most n + 1.",
        ("Theorems_3_2_and_3_3.v",),
    ),
    "no-bound": Reviewed(
        ("all_inputs", "no_bound", "no_bound_diag", "all_inputs_2"),
        _NETWORKS + "relu s is max(0, s). equivalent_all (AllInputs.v) says equal outputs at every "
        "k for every input sequence, bounded or not. ||W|| <= 1 is |W v|^2 <= |v|^2 for all v. "
        "all_inputs has n + r + r states with r the rank of 1 - W^T W, as the first sentence says; "
        "no_bound is the second one, with I - W^T W = W3^T W3 written W^T W + W3^T W3 = 1, which "
        "contains ||W|| <= 1, and W3 <= 0 entry by entry; no_bound_diag is its case of a diagonal "
        "W, |w_i| <= 1, with n + n states; all_inputs_2 is the last sentence, with N <= 2 * n. Coq "
        "proves them over every real closed field, for every m, p and h_init.",
        ("AllInputs.v",),
    ),
    "complex": Reviewed(
        ("complex_urnn", "complex_contraction"),
        _NETWORKS + "A complex network (cnet in ComplexNetworks.v) has weights over R[i] and split "
        "ReLU, relu of the real and of the imaginary part; unitary U says that U times its adjoint "
        "is 1, on both sides. complex_urnn: n complex states, and for every admissible input, read "
        "as complex numbers without imaginary part, the outputs of T, with imaginary part 0. "
        "complex_contraction is the last sentence: n + n real states with the transition matrix "
        "block_mx W (-V) V W, orthogonal. Coq proves them over every real closed field, for every "
        "n, m, p, h_init and M.",
        ("ComplexNetworks.v",),
    ),
    "expansive": Reviewed(
        ("expansive_not_close", "expansive_not_equivalent", "expansive_scalar_real"),
        _NETWORKS + "nonexpansive phi is |phi s - phi t| <= |s - t|. dist_in x x' k (Expansive.v) "
        "is the sum of |x^j - x'^j| for j <= k, norm the Euclidean norm. The first two theorems "
        "are the first two claims, over every real closed field, for every n, m, p, N, and the "
        "first for every eps >= 0. The third is the last claim, over the true real numbers, "
        "for M > 0; it says both that no URNN is equivalent and that none is within any eps. 'No "
        "URNN of any size' is: for all N and T' with orthogonal transition.",
        ("Expansive.v",),
    ),
}
