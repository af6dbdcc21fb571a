"""A ReLU network and a URNN of rescaled states: each step of the claim, for one layer.

The counterpart of :mod:`.steps_3_1` for a :class:`~urnn_proofs.model.scaled_urnn.ScaledURNN`, whose
states carry square roots: equal outputs, or those of a network nearby, which are within a proved
distance.  For a network with ``W_t`` in place of W, ``delta = ||W_t - W||``, ``||W|| + delta < 1``
and a bound H of the states of the given one

    ``||h_t^k - h^k|| <= delta H / (1 - ||W|| - delta)`` for all k,

since ReLU is non-expansive: ``||e^k|| <= ||W_t|| ||e^{k-1}|| + delta H``.

Everything is derived again from the networks.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

from urnn_proofs.checks.exact.affine_states import AffineStates, affine_states
from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.norms import norm_at_most, norm_upper_bound
from urnn_proofs.checks.exact.scaled import (
    Gates,
    ScaledEvidence,
    carries,
    closed_by,
    is_orthogonal,
    is_relu,
    never_clipped,
)
from urnn_proofs.checks.exact.state_bound import BoundRule, StateBound, rule_holds
from urnn_proofs.model.bound_text import at_most
from urnn_proofs.model.errors import NotContractiveError, UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import show_number
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.model.verdict import USED, Check, Trust, Verdict
from urnn_proofs.questions.steps_3_1 import network_scope

__all__ = ["Rescaled", "distance", "distance_check"]

_VERDICTS = {True: Verdict.PROVED, False: Verdict.REFUTED, None: Verdict.UNKNOWN}


@dataclass(frozen=True, eq=False)
class Rescaled:
    """The claim that two networks have the same outputs for inputs in X_M, and its evidence.

    Parameters
    ----------
    rnn, urnn
        The two networks.
    input_bound
        M; None for all inputs.
    evidence
        How the URNN was found.
    """

    rnn: RNN
    urnn: ScaledURNN
    input_bound: Fraction | None
    evidence: ScaledEvidence

    @property
    def base(self) -> RNN:
        """The network whose outputs are those of the URNN."""
        return self.rnn

    @property
    def origin(self) -> str:
        """Where the number of states comes from, in one sentence."""
        r = self.urnn.states - self.rnn.states
        root = "one square root" if self.urnn.roots else "rationals"
        if self.evidence.gates is Gates.AFFINE:
            gates = "1 gate is" if r == 1 else f"{r} gates are"
            return f"all units stay active, and {gates} enough for a linear network"
        if self.evidence.gates is Gates.LOST:
            return f"theorem no-bound, n + 2 r with r = {r // 2}, {root} for each part of W"
        if self.evidence.gates is Gates.SIGN:
            return f"theorem no-bound, n + r with r = {r}, {root} for each part of W"
        return f"theorem 2n-1, states rescaled by {root} for each part of W"

    def steps(self) -> tuple[Check, ...]:
        """Check each step, from the two networks."""
        return (self._orthogonal(), self._carried(), self._units(), self._closed())

    @cached_property
    def _affine(self) -> AffineStates | None:
        return None if self.input_bound is None else affine_states(self.rnn, self.input_bound)

    def _check(self, name: str, claim: str, ok: bool | None, **evidence: Any) -> Check:
        return Check(
            name=name,
            claim=claim,
            scope=network_scope(self.input_bound),
            verdict=_VERDICTS[ok],
            trust=Trust.EXACT,
            engine="exact.scaled (rationals and one square root for each block)",
            evidence=evidence,
        )

    def _orthogonal(self) -> Check:
        roots = [f"sqrt({show_number(d)})" for d in self.urnn.roots]
        return self._check(
            "S1 dilation",
            "U = sqrt(M) R sqrt(M)^-1 is orthogonal, as R^T M R = M with M positive and diagonal",
            is_orthogonal(self.urnn),
            n=self.rnn.states,
            N=self.urnn.states,
            roots=", ".join(roots) or "none: R and M are rational",
        )

    def _carried(self) -> Check:
        facts = carries(self.rnn, self.urnn, self.evidence.basis, self.evidence.gates)
        return self._check(
            "S5 induction",
            "with an invertible S, h_u^k = [S h^k; 0] for all k, so C_u h_u^k = C h^k",
            all(facts.values()),
            **_shown(facts),
            **{USED: "induction on k; relu(e z) = e relu(z) for e > 0"},
        )

    def _units(self) -> Check:
        kept = never_clipped(self.evidence.basis, None)
        ok = kept or never_clipped(self.evidence.basis, self._affine)
        return self._check(
            "units",
            "every unit of the RNN is a unit of the URNN"
            if kept
            else "every unit of both networks stays active, so that both are linear there",
            True if ok else None,
            **{} if kept else {USED: "induction on k, the triangle inequality, Cauchy-Schwarz"},
        )

    def _closed(self) -> Check:
        e, H = self.evidence, None
        facts: dict[str, Any] = {}
        ok = True
        if self.urnn.states == self.rnn.states:
            return self._check("gates", "there is no gate, so no bound is needed", True)
        if e.gates is Gates.STATE_BOUND:
            ok, facts = self._bounded()
            H = e.bound.H if ok and e.bound is not None else None
        shows = {
            Gates.STATE_BOUND: f"as ||h^k|| <= {at_most(H or Fraction(0))}",
            Gates.AFFINE: "by bounds of the states that stay active",
            Gates.SIGN: "as no weight is positive, no state negative, and the bias 0",
            Gates.LOST: "as no weight is positive, no state negative, and the bias 0",
        }
        closed = ok and closed_by(e.gates, self.urnn, e.basis, H, self._affine)
        return self._check(
            "gates",
            f"added units stay at 0, their preactivations at most 0, {shows[e.gates]}",
            True if closed else None,
            **facts,
            **{USED: "Cauchy-Schwarz, the triangle inequality, induction on k"},
        )

    def _bounded(self) -> tuple[bool, dict[str, Any]]:
        bound = self.evidence.bound
        if bound is None or bound.rule is BoundRule.SUPPLIED:
            return False, {"state bound": "none that a rule proves"}
        try:
            ok, facts = rule_holds(self.rnn, bound)
        except UndecidedError as error:
            return False, {"undecided": str(error)}
        return ok and bound.input_bound == self.input_bound, {"rule": bound.rule.value, **facts}


def distance(rnn: RNN, near: RNN, H: Fraction) -> tuple[Fraction, Fraction, Fraction]:
    """Bound the distance of outputs of two networks that differ in W, and return delta and rho.

    Parameters
    ----------
    H
        A bound of the states of *rnn*.

    Raises
    ------
    NotContractiveError
        If ``||W|| >= 1``.
    UndecidedError
        If ``||W|| + ||W_t - W||`` is not shown to be below 1.
    """
    delta = norm_upper_bound(near.W - rnn.W)
    rho = certify_contractive(rnn.W).rho
    left = 1 - rho - delta
    if left <= 0:
        raise UndecidedError("||W|| + ||W_t - W|| is not shown to be below 1")
    return norm_upper_bound(rnn.C) * delta * H / left, delta, rho


def distance_check(
    rnn: RNN, near: RNN, M: Fraction | None, bound: StateBound | None, epsilon: Fraction
) -> Check:
    """Check that the outputs of two networks are within epsilon; *bound* is of those of *rnn*."""
    verdict, claim = Verdict.UNKNOWN, "no bound of the distance of the outputs"
    try:
        if bound is None:
            raise UndecidedError("no bound of the states came with the networks")
        error, delta, rho = distance(rnn, near, bound.H)
        holds, shown = rule_holds(rnn, bound)
        facts = {
            "only W differs": all(
                getattr(rnn, part) == getattr(near, part)
                for part in ("F", "b", "C", "h_init", "activation")
            ),
            "ReLU": is_relu(rnn),
            "||W|| <= rho": norm_at_most(rnn.W, rho) is not None,
            "||W_t - W|| <= delta": norm_at_most(near.W - rnn.W, delta) is not None,
            "H bounds the states": holds
            and bound.rule is not BoundRule.SUPPLIED
            and bound.input_bound == M,
            f"within {at_most(epsilon)}": error <= epsilon,
        }
        evidence: dict[str, Any] = _shown(facts) | shown
        evidence["bound"] = (
            f"||C|| delta H / (1 - rho - delta), delta = {show_number(delta)}, "
            f"rho = {show_number(rho)}, H = {show_number(bound.H)}"
        )
        verdict = Verdict.PROVED if all(facts.values()) else Verdict.UNKNOWN
        claim = (
            f"||y_u^k - y^k|| <= {at_most(error)}: the URNN has the outputs of an RNN "
            f"whose W differs by at most {at_most(delta)} in norm"
        )
    except (NotContractiveError, UndecidedError) as why:
        evidence = {"undecided": str(why)}
    return Check(
        name="distance",
        claim=claim,
        scope=network_scope(M),
        verdict=verdict,
        trust=Trust.EXACT,
        engine="exact.norms, exact.state_bound (FLINT integers)",
        evidence={**evidence, USED: "the triangle inequality, induction on k"},
    )


def _shown(facts: dict[str, bool]) -> dict[str, str]:
    return {name: "holds" if ok else "FAILS" for name, ok in facts.items()}
