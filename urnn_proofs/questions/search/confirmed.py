"""URNNs that a search may answer with: only those that an exact certificate confirms."""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.checks.exact.lumping import NoLumping
from urnn_proofs.checks.smt.runner import Runner
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.errors import NotContractiveError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.questions.construction import copied_urnn, equivalent_urnn
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.search.problem import Finding, Problem, is_relu

__all__ = ["construction", "lumping", "stays_active"]


def lumping(problem: Problem, runner: Runner) -> Finding | None:
    """Decide exactly whether copies of the units make a URNN small enough."""
    if problem.rnn is None:
        runner.note("lumping", "E^{1/2} W E^{-1/2}", "not applicable", "W has parameters")
        return None
    try:
        found = copied_urnn(problem.rnn)
    except UndecidedError as error:
        runner.note("lumping", "W^T E W = E", "unknown", str(error))
        return None
    if isinstance(found, NoLumping):
        runner.note("lumping", "W^T E W = E", "none", "a dual matrix proves it")
        return None
    size = found.urnn.states
    if size > problem.states:
        runner.note("lumping", "W^T E W = E", "too large", f"the smallest has {size} states")
        return None
    both = Equivalence(
        StoredNetwork.of(problem.rnn),
        StoredNetwork.of(found.urnn),
        Fraction(1),
        (found.evidence,),
    )
    if both.proof.verdict is not Verdict.PROVED:
        raise UndecidedError("a lumped network failed its own exact check; please report this")
    runner.note("lumping", "W^T E W = E", "found", f"{size} states, confirmed exactly")
    return Finding(
        "lumping",
        Verdict.REFUTED,
        Trust.EXACT,
        ("induction on k; an entrywise activation commutes with copying",),
        network=found.urnn,
        confirmation=both,
        certificate=both.proof.certificate,
    )


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
    if both.proof.verdict is not Verdict.PROVED:
        runner.note("construction", "Theorem 3.1", "unknown", str(both.proof.verdict))
        return None
    runner.note("construction", "Theorem 3.1", "found", f"{both.urnn.states} states, PROVED")
    return Finding(
        "construction",
        Verdict.REFUTED,
        both.proof.trust,
        network=both.urnn,
        confirmation=both,
        certificate=both.proof.certificate,
    )


def stays_active(rnn: RNN | None, bound: Fraction, steps: int) -> bool:
    """Find inputs inside X_M that keep every unit active, exactly; False says nothing."""
    if rnn is None or not is_relu(rnn.activation):
        return False
    unit = [[int(i == j) for j in range(rnn.states)] for i in range(rnn.states)]
    states = RNN(rnn.W, rnn.F, rnn.b, unit, rnn.h_init, rnn.activation)
    share = bound * Fraction(9, 10) / rnn.inputs
    for scale in (Fraction(1), Fraction(1, 2), Fraction(1, 10)):
        for signs in range(2 ** min(rnn.inputs, 6)):
            x = [share * scale * (-1 if signs >> a & 1 else 1) for a in range(rnn.inputs)]
            if all(h > 0 for row in states.run_exact([x] * steps) for h in row):
                return True
    return False
