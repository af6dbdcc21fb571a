"""Within every epsilon fewer states are enough: n + 1 where W is diagonal, under ReLU.

For ``W = diag(w)``, |w_i| < 1, and t > 0 let

    ``(W_t)_ii = w_i``,  ``(W_t)_ij = t^{j-i} (1 - w_j^2) prod_{j<k<i} (-w_k)`` for i > j,
    ``P = diag((1 - w_i^2) t^{2(i-1)})``.

``P - W_t^T P W_t`` is positive semidefinite of rank 1, so that the network with W_t in place of W
has an equivalent URNN with n + 1 states.  W_t tends to W, and with ``delta = ||W_t - W||``,
``||W|| + delta < 1`` and a bound H of the states of the given network

    ``||h_t^k - h^k|| <= delta H / (1 - ||W|| - delta)`` for all k,

since ReLU is non-expansive: ``||e^k|| <= ||W_t|| ||e^{k-1}|| + delta H``.

Where W is a direct sum, its single units are treated so together, and every other part saves a
state exactly.  Source: theorem "2n-not-robust".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.norms import norm_at_most, norm_upper_bound
from urnn_proofs.checks.exact.scaled import is_relu
from urnn_proofs.checks.exact.similarity import Scaling
from urnn_proofs.checks.exact.state_bound import BoundRule, StateBound, rule_holds
from urnn_proofs.guesses.components import weak_parts
from urnn_proofs.guesses.scaled_networks import few_state_network, fits
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.bound_text import at_most
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import exact_number, shorten, show_number
from urnn_proofs.model.quadratic import Number
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import USED, Check, Report, Trust, Verdict
from urnn_proofs.questions.few_states import few_state_weights, verified
from urnn_proofs.questions.scaled_equivalence import ScaledEquivalence, inputs_scope

__all__ = ["NearEquivalence", "near_urnn"]

_LARGEST_POWER = 4000  # of 2, for t


@dataclass(frozen=True, eq=False)
class NearEquivalence:
    """A network, and a URNN whose outputs are within a proved distance of its outputs.

    Parameters
    ----------
    rnn
        The network that was given.
    near
        Another network, which differs in W only, and a URNN with exactly its outputs.
    bound
        A bound of the states of *rnn*: evidence, checked again.

    Raises
    ------
    InputError
        If the networks have other sizes, or the URNN has no bound of its inputs.
    """

    rnn: RNN
    near: ScaledEquivalence
    bound: StateBound

    def __str__(self) -> str:
        return self.report.summary()

    def __repr__(self) -> str:
        return one_line(
            f"<NearEquivalence: URNN with {self.urnn.states} states near an RNN with "
            f"{self.rnn.states}>"
        )

    def __post_init__(self) -> None:
        sizes = [(r.states, r.inputs, r.outputs) for r in (self.rnn, self.near.rnn)]
        if sizes[0] != sizes[1] or self.near.input_bound is None:
            raise InputError(
                f"the networks have (states, inputs, outputs) {sizes[0]} and {sizes[1]}; expected "
                f"the same, and inputs with a bound"
            )

    @property
    def urnn(self) -> ScaledURNN:
        """The URNN."""
        return self.near.urnn

    @property
    def input_bound(self) -> Fraction:
        """M."""
        assert self.near.input_bound is not None
        return self.near.input_bound

    @cached_property
    def error(self) -> Fraction:
        """A proved bound of ``||y_u^k - y^k||`` for all k and all inputs in X_M.

        Raises
        ------
        UndecidedError
            If a step does not hold.
        """
        if self.report.verdict is not Verdict.PROVED:
            raise UndecidedError("the distance of the outputs is not shown; see the report")
        return self._distance()[0]

    @cached_property
    def report(self) -> Report:
        """The steps: the URNN of the other network, and how far the two networks are apart."""
        inner = self.near.report
        return replace(
            inner,
            title=f"URNN with {self.urnn.states} states near an RNN with {self.rnn.states}",
            scope=f"this network, {inputs_scope(self.near.input_bound)}, all k",
            checks=(*inner.checks, self._apart()),
        )

    def _distance(self) -> tuple[Fraction, Fraction, Fraction]:
        """Return the error, delta and rho, upper bounds all three."""
        delta = norm_upper_bound(self.near.rnn.W - self.rnn.W)
        rho = certify_contractive(self.rnn.W).rho
        left = 1 - rho - delta
        if left <= 0:
            raise UndecidedError("||W|| + ||W_t - W|| is not shown to be below 1")
        return norm_upper_bound(self.rnn.C) * delta * self.bound.H / left, delta, rho

    def _apart(self) -> Check:
        facts: dict[str, Any] = {}
        ok, claim = False, "no bound of the distance of the outputs"
        try:
            error, delta, rho = self._distance()
            holds, shown = rule_holds(self.rnn, self.bound)
            facts = {
                "only W differs": all(
                    getattr(self.rnn, part) == getattr(self.near.rnn, part)
                    for part in ("F", "b", "C", "h_init", "activation")
                ),
                "ReLU": is_relu(self.rnn),
                "||W|| <= rho": norm_at_most(self.rnn.W, rho) is not None,
                "||W_t - W|| <= delta": norm_at_most(self.near.rnn.W - self.rnn.W, delta)
                is not None,
                "H bounds the states": holds
                and self.bound.rule is not BoundRule.SUPPLIED
                and self.bound.input_bound == self.near.input_bound,
            }
            ok = all(facts.values())
            facts = {name: "holds" if fact else "FAILS" for name, fact in facts.items()} | shown
            facts["bound"] = (
                f"||C|| delta H / (1 - rho - delta), delta = {show_number(delta)}, "
                f"rho = {show_number(rho)}, H = {show_number(self.bound.H)}"
            )
            claim = (
                f"||y_u^k - y^k|| <= {at_most(error)}: the URNN has the outputs of an RNN "
                f"whose W differs by at most {at_most(delta)} in norm"
            )
        except (NotContractiveError, UndecidedError) as why:
            facts = {"undecided": str(why)}
        return Check(
            name="distance",
            claim=claim,
            scope=f"this network, {inputs_scope(self.near.input_bound)}, all k",
            verdict=Verdict.PROVED if ok else Verdict.UNKNOWN,
            trust=Trust.EXACT,
            engine="exact.norms, exact.state_bound (FLINT integers)",
            evidence={**facts, USED: "the triangle inequality, induction on k"},
        )

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.results import urnn_html  # for notebooks, on demand

        return urnn_html(self)


def near_urnn(rnn: RNN, M: Fraction, epsilon: Any, scaling: Scaling) -> NearEquivalence | None:
    """Return a URNN whose outputs are within epsilon, with n + 1 states if W is diagonal.

    None if W has fewer than two single units, so that nothing is saved by not being exact.

    Parameters
    ----------
    rnn, M
        A ReLU network with ``||W|| < 1``; M >= 0.
    epsilon
        A number > 0.
    scaling
        A positive diagonal for the parts of W that are no single units.

    Raises
    ------
    InputError
        If epsilon is no number > 0.
    UnsupportedError
        If the activation is not ReLU, or the network is too large.
    NotContractiveError
        If ``||W|| >= 1``.
    UndecidedError
        If epsilon is too small for the range of t that is tried.
    """
    eps = exact_number(epsilon, "epsilon")
    if eps <= 0:
        raise InputError(f"epsilon is {shorten(epsilon)}; expected a number > 0")
    if not is_relu(rnn):
        raise UnsupportedError(
            f"the activation is {rnn.activation.name!r}; fewer states within epsilon are known for "
            f"relu, so leave epsilon out"
        )
    single = [units[0] for units in weak_parts(rnn.W) if len(units) == 1]
    if len(single) < 2:
        return None
    if not fits(rnn.W):
        raise UnsupportedError("W is too large for the exact method; leave epsilon out")
    norm = certify_contractive(rnn.W)
    bound = find_state_bound(rnn, M, norm)
    rest = few_state_weights(rnn.W, scaling) or tuple(e * e for e in scaling)
    for power in _powers(rnn, eps, bound.H, norm.rho):
        W, weights = _family(rnn.W, single, rest, Fraction(2) ** power)
        near = rnn.replace(W=W)
        try:
            own = find_state_bound(near, M, certify_contractive(W))
        except NotContractiveError:
            continue
        both = verified(near, M, few_state_network(near, weights, own))
        if both is None:
            raise UndecidedError("the rational family failed its own check; please report this")
        found = NearEquivalence(rnn, both, bound)
        if found.report.verdict is Verdict.PROVED and found.error <= eps:
            return found
    raise UndecidedError(
        f"epsilon is {show_number(eps)}; no t up to 2^{_LARGEST_POWER} was enough, so leave "
        f"epsilon out or try a larger one"
    )


def _powers(rnn: RNN, eps: Fraction, H: Fraction, rho: Fraction) -> list[int]:
    """Propose powers of 2 for t: off the diagonal the entries of W_t are at most 1/t."""
    n, c = rnn.states, norm_upper_bound(rnn.C)
    wanted = min((1 - rho) / 2, eps * (1 - rho) / (2 * c * H)) if c * H else Fraction(1)
    ratio = n / wanted
    first = max(1, ratio.numerator.bit_length() - ratio.denominator.bit_length() - 6)
    return [k for k in range(first, first + 12) if k <= _LARGEST_POWER]


def _family(
    W: RationalMatrix, units: list[int], rest: tuple[Number, ...], t: Fraction
) -> tuple[RationalMatrix, tuple[Number, ...]]:
    """Return W_t and P: on the single units the family, elsewhere W and the given weights."""
    rows, weights = W.to_fractions(), list(rest)
    w = [rows[i][i] for i in units]
    for a, i in enumerate(units):
        weights[i] = (1 - w[a] ** 2) * t ** (2 * a)
        between = Fraction(1)
        for b in range(a - 1, -1, -1):
            rows[i][units[b]] = between * (1 - w[b] ** 2) / t ** (a - b)
            between *= -w[b]
    return RationalMatrix.from_fractions(rows), tuple(weights)
