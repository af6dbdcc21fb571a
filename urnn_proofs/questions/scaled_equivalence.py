"""A ReLU network and a URNN of rescaled states with the same outputs: the claim, and its check.

The counterpart of :mod:`urnn_proofs.questions.equivalence` for a
:class:`~urnn_proofs.model.scaled_urnn.ScaledURNN`, whose states carry square roots.  Everything is
derived again from the two networks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.affine_states import AffineStates, affine_states
from urnn_proofs.checks.exact.scaled import (
    Gates,
    ScaledEvidence,
    carries,
    closed_by,
    is_orthogonal,
    never_clipped,
)
from urnn_proofs.checks.exact.state_bound import BoundRule, rule_holds
from urnn_proofs.model.bound_text import at_most
from urnn_proofs.model.errors import InputError, UndecidedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import show_number, to_float
from urnn_proofs.model.scaled_urnn import ScaledURNN
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import USED, Check, Report, Role, Trust, Verdict
from urnn_proofs.samples.signals import sample_signals

__all__ = ["ScaledEquivalence", "inputs_scope"]

_STEPS, _EXACT_STATES, _TOLERANCE = 12, 12, 1e-6


@dataclass(frozen=True, eq=False)
class ScaledEquivalence:
    """A network, a URNN of rescaled states with the same outputs, and the evidence.

    Parameters
    ----------
    rnn, urnn
        The two networks.
    input_bound
        M: the claim is about inputs with ``||x^k|| <= M``; None for all inputs.
    evidence
        How the URNN was found.

    Raises
    ------
    InputError
        If the sizes do not fit, or the input bound is negative.
    """

    rnn: RNN
    urnn: ScaledURNN
    input_bound: Fraction | None
    evidence: ScaledEvidence

    def __str__(self) -> str:
        return self.report.summary()

    def __repr__(self) -> str:
        return one_line(
            f"<ScaledEquivalence: URNN with {self.urnn.states} states for an RNN with "
            f"{self.rnn.states}>"
        )

    def __post_init__(self) -> None:
        n, N = self.rnn.states, self.urnn.states
        ends = [(net.inputs, net.outputs) for net in (self.rnn, self.urnn)]
        if N < n or ends[0] != ends[1] or self.evidence.basis.shape != (n, n):
            raise InputError(
                f"the networks have (states, inputs, outputs) {(n, *ends[0])} and "
                f"{(N, *ends[1])}, the basis {self.evidence.basis.shape}; expected sizes that fit"
            )
        if self.input_bound is not None and self.input_bound < 0:
            raise InputError(
                f"input_bound is {self.input_bound}; expected a Fraction >= 0, or None"
            )

    @property
    def origin(self) -> str:
        """Where the number of states comes from, in one sentence."""
        r = self.urnn.states - self.rnn.states
        root = "one square root" if self.urnn.roots else "rationals"
        if self.evidence.gates is Gates.AFFINE:
            return f"all units stay active, and {r} gates are enough for a linear network"
        if self.evidence.gates is Gates.LOST:
            return f"theorem no-bound, n + 2 r with r = {r // 2}, {root} for each part of W"
        if self.evidence.gates is Gates.SIGN:
            return f"theorem no-bound, n + r with r = {r}, {root} for each part of W"
        return f"theorem 2n-1, states rescaled by {root} for each part of W"

    @cached_property
    def proof(self) -> Report:
        """The steps that the conclusion rests on, derived from the two networks."""
        n, N = self.rnn.states, self.urnn.states
        return Report(
            title=f"URNN with {N} states for an RNN with {n}, its states rescaled",
            scope=f"this network, {inputs_scope(self.input_bound)}, all k",
            checks=(self._orthogonal(), self._carried(), self._units(), self._closed()),
        )

    @cached_property
    def report(self) -> Report:
        """The steps, and simulations that may contradict them."""
        found = self.proof
        if found.verdict is not Verdict.PROVED:
            return found
        return replace(found, checks=(*found.checks, *self._simulated()))

    @cached_property
    def _affine(self) -> AffineStates | None:
        return None if self.input_bound is None else affine_states(self.rnn, self.input_bound)

    def _check(self, name: str, claim: str, ok: bool | None, **evidence: Any) -> Check:
        verdicts = {True: Verdict.PROVED, False: Verdict.REFUTED, None: Verdict.UNKNOWN}
        return Check(
            name=name,
            claim=claim,
            scope=f"this network, {inputs_scope(self.input_bound)}, all k",
            verdict=verdicts[ok],
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
        shown = {name: "holds" if ok else "FAILS" for name, ok in facts.items()}
        return self._check(
            "S5 induction",
            "with an invertible S, h_u^k = [S h^k; 0] for all k, so C_u h_u^k = C h^k",
            all(facts.values()),
            **shown,
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

    def _simulated(self) -> tuple[Check, ...]:
        """Run both networks, exactly where they are small, and in float64."""
        rnn, urnn = self.rnn, self.urnn
        M = Fraction(1) if self.input_bound is None else self.input_bound
        signals = sample_signals(_STEPS, rnn.inputs, 1.0, 0)
        checks = []
        if urnn.states <= _EXACT_STATES:
            agree = True
            for batch in signals.values():
                x = [[Fraction(int(v * 64), 64) * M for v in row] for row in batch[:, 0]]
                agree = agree and rnn.run_exact(x) == urnn.run_exact(x)
            checks.append(
                self._cross_check(
                    "exact simulation", Verdict.PROVED if agree else Verdict.REFUTED, Trust.EXACT
                )
            )
        worst = 0.0
        with np.errstate(all="ignore"):
            for batch in signals.values():
                x_ = batch * to_float(M)
                first, second = rnn.run(x_), urnn.run(x_)
                scale = max(1.0, float(np.abs(first).max()))
                worst = max(worst, float(np.abs(first - second).max()) / scale)
        verdict = Verdict.UNSUPPORTED
        if np.isfinite(worst):
            verdict = Verdict.CONSISTENT if worst <= _TOLERANCE else Verdict.UNKNOWN
        checks.append(self._cross_check("NumPy", verdict, Trust.SAMPLE, difference=worst))
        return tuple(checks)

    def _cross_check(self, name: str, verdict: Verdict, trust: Trust, **evidence: Any) -> Check:
        return Check(
            name=name,
            claim="both networks have the same outputs",
            scope=f"sampled input sequences, T = {_STEPS}, seed 0",
            verdict=verdict,
            trust=trust,
            engine="model.scaled_urnn",
            evidence=evidence,
            role=Role.CROSS_CHECK,
        )


def inputs_scope(input_bound: Fraction | None) -> str:
    """Say which inputs a claim is about."""
    if input_bound is None:
        return "all inputs, with no bound"
    return f"all inputs with ||x^k|| <= {show_number(input_bound)}"
