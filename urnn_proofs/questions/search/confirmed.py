"""URNNs that a search may answer with: only those that an exact certificate confirms."""

from __future__ import annotations

import time
from fractions import Fraction

from urnn_proofs.certificate import Certificate, copies_certificate
from urnn_proofs.checks.exact.duplication import (
    DuplicatedURNN,
    is_certified,
    rational_transition,
)
from urnn_proofs.checks.exact.lumping import NoLumping, refutes_lumping
from urnn_proofs.checks.smt.runner import Runner
from urnn_proofs.guesses.copies import duplicated_urnn, find_lumping
from urnn_proofs.model.errors import NotContractiveError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.questions.equivalence import equivalent_urnn
from urnn_proofs.questions.search.problem import Finding, Problem, is_relu

__all__ = ["construction", "lumping", "stays_active"]


def lumping(problem: Problem, runner: Runner) -> Finding | None:
    """Decide exactly whether copies of the units make a URNN small enough."""
    if problem.rnn is None:
        runner.note("lumping", "E^{1/2} W E^{-1/2}", "not applicable", "W has parameters")
        return None
    W = rational_transition(problem.rnn)
    try:
        copies = find_lumping(W, time.monotonic() + runner.left)
    except UndecidedError as error:
        runner.note("lumping", "W^T E W = E", "unknown", str(error))
        return None
    if isinstance(copies, NoLumping):
        if not refutes_lumping(W, copies.dual):
            raise UndecidedError("a dual proof failed its own exact check; please report this")
        runner.note("lumping", "W^T E W = E", "none", "a dual matrix proves it")
        return None
    size = copies.states
    if size > problem.states:
        runner.note("lumping", "W^T E W = E", "too large", f"the smallest has {size} states")
        return None
    found = duplicated_urnn(problem.rnn, copies)
    if not is_certified(problem.rnn, found):
        raise UndecidedError("a lumped network failed its own exact check; please report this")
    runner.note("lumping", "W^T E W = E", "found", f"{size} states, confirmed exactly")
    return Finding(
        "lumping",
        Verdict.REFUTED,
        Trust.EXACT,
        ("induction on k; an entrywise activation commutes with copying",),
        network=found.urnn,
        confirmation=found,
        certificate=_certificate(problem.rnn, found),
    )


def _certificate(rnn: RNN, found: DuplicatedURNN) -> Certificate | None:
    try:
        return copies_certificate(rnn, found.urnn, found.groups)
    except UnsupportedError:  # larger than what the kernel reads
        return None


def construction(problem: Problem, runner: Runner, bound: Fraction) -> Finding | None:
    """ReLU: Theorem 3.1 gives a URNN, verified exactly."""
    if problem.rnn is None or not is_relu(problem.activation):
        runner.note("construction", "Theorem 3.1", "not applicable", "the network is not ReLU")
        return None
    try:
        both = equivalent_urnn(problem.rnn, bound)
    except (NotContractiveError, UndecidedError, UnsupportedError) as error:
        runner.note("construction", "Theorem 3.1", "not applicable", str(error))
        return None
    if both.urnn.states > problem.states:
        what = f"the construction has {both.urnn.states} states"
        runner.note("construction", "Theorem 3.1", "too large", what)
        return None
    if both.report.verdict is not Verdict.PROVED:
        runner.note("construction", "Theorem 3.1", "unknown", str(both.report.verdict))
        return None
    runner.note("construction", "Theorem 3.1", "found", f"{both.urnn.states} states, PROVED")
    return Finding(
        "construction",
        Verdict.REFUTED,
        both.report.trust,
        network=both.urnn,
        confirmation=both,
        certificate=both.report.certificate,
    )


def stays_active(rnn: RNN | None, bound: Fraction, steps: int) -> bool:
    """Find inputs inside X_M that keep every unit active, exactly; False says nothing."""
    if rnn is None or not is_relu(rnn.activation):
        return False
    unit = RationalMatrix.identity(rnn.states)
    states = RNN(rnn.W, rnn.F, rnn.b, unit, rnn.h_init, rnn.activation)
    share = bound * Fraction(9, 10) / rnn.inputs
    for scale in (Fraction(1), Fraction(1, 2), Fraction(1, 10)):
        for signs in range(2 ** min(rnn.inputs, 6)):
            x = [share * scale * (-1 if signs >> a & 1 else 1) for a in range(rnn.inputs)]
            if all(h > 0 for row in states.run_exact([x] * steps) for h in row):
                return True
    return False
