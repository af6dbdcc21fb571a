"""What a search decides exactly: URNNs that are confirmed, and lower bounds with their evidence."""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.certificate import lower_bound_certificate
from urnn_proofs.checks.exact.lower_bound import lower_bound_holds
from urnn_proofs.checks.exact.lumping import NoLumping, refutes_lumping
from urnn_proofs.checks.smt.runner import Runner
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.copies import duplicated_urnn, find_lumping
from urnn_proofs.guesses.lower_bound import find_lower_bound
from urnn_proofs.model.errors import NotContractiveError, UndecidedError, UnsupportedError
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.layer import LayerEvidence
from urnn_proofs.questions.minimal import fewest
from urnn_proofs.questions.search.problem import Finding, Problem

__all__ = ["construction", "lower_bound", "lumping"]

LOCALLY_CONSTANT = "off a nowhere dense set of inputs the activity of the units is locally constant"


def lumping(problem: Problem, runner: Runner, bound: Fraction) -> Finding | None:
    """Decide exactly whether copies of the units make a URNN small enough, for any *bound*."""
    if problem.rnn is None:
        runner.note("lumping", "E^{1/2} W E^{-1/2}", "not applicable", "W has parameters")
        return None
    W = problem.rnn.W
    found = find_lumping(W)
    if isinstance(found, NoLumping):
        if not refutes_lumping(W, found.dual):
            raise UndecidedError("a dual proof failed its own exact check; please report this")
        runner.note("lumping", "W^T E W = E", "none", "a dual matrix proves it")
        return None
    size = found.states
    if size > problem.states:
        runner.note("lumping", "W^T E W = E", "too large", f"the smallest has {size} states")
        return None
    urnn, copies = duplicated_urnn(problem.rnn, found)
    one = Fraction(1)  # any bound of the inputs will do
    both = Equivalence(
        StoredNetwork.of(problem.rnn),
        StoredNetwork.of(urnn),
        one,
        (LayerEvidence(one, copies=copies),),
    )
    if both.proof.verdict is not Verdict.PROVED:
        raise UndecidedError("a lumped network failed its own exact check; please report this")
    runner.note("lumping", "W^T E W = E", "found", f"states: {size}, confirmed exactly")
    return Finding(
        "lumping",
        Verdict.REFUTED,
        Trust.EXACT,
        ("induction on k; an entrywise activation commutes with copying",),
        network=urnn,
        confirmation=both,
        certificate=both.proof.certificate,
    )


def lower_bound(problem: Problem, runner: Runner, bound: Fraction) -> Finding | None:
    """ReLU: what every equivalent URNN needs, where inputs were found that show it."""
    if problem.rnn is None or not problem.activation.is_relu:
        runner.note("lower bound", "ranks", "not applicable", "the network is not ReLU")
        return None
    found = find_lower_bound(problem.rnn, bound)
    if found is not None and not lower_bound_holds(problem.rnn, bound, found):
        raise UndecidedError("a lower bound failed its own exact check; please report this")
    if found is None or found.states <= problem.states:
        known = "nothing is proved" if found is None else f"{found.states} states are needed"
        runner.note("lower bound", "ranks", "too small", known)
        return None
    runner.note("lower bound", "ranks", "none", f"{found.states} states are needed: {found.reason}")
    try:
        certificate = lower_bound_certificate(problem.rnn, bound, found)
    except UnsupportedError:  # larger than what the kernel reads
        certificate = None
    return Finding(
        "lower bound",
        Verdict.PROVED,
        Trust.EXACT,
        (LOCALLY_CONSTANT, "dimensions of images and kernels"),
        confirmation=found,
        certificate=certificate,
    )


def construction(problem: Problem, runner: Runner, bound: Fraction) -> Finding | None:
    """ReLU: Theorem 3.1 gives a URNN, verified exactly."""
    if problem.rnn is None or not problem.activation.is_relu:
        runner.note("construction", "Theorem 3.1", "not applicable", "the network is not ReLU")
        return None
    try:
        both = fewest(problem.rnn, bound, enough=problem.states)
    except (NotContractiveError, UnsupportedError) as error:
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
