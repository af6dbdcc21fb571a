"""The encodings a search may use: what each asks, and what its ``unsat`` proves.

Each is a function from a :class:`Problem` to a :class:`Finding` or None (undecided or not
applicable; the trace says which).  What the words in ``facts`` say is used without a machine's
check; what is in ``assumptions`` makes the verdict ASSUMED.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import partial

from urnn_proofs.certificate import Certificate, check, labelled
from urnn_proofs.checks.smt.classes import isometry_query, sequence_query
from urnn_proofs.checks.smt.independence import expansion_queries, exponent_sets, one_step_queries
from urnn_proofs.checks.smt.jet_encoding import Clause, Query, between, variable
from urnn_proofs.checks.smt.jet_search import refine
from urnn_proofs.checks.smt.memoryless import memoryless_queries
from urnn_proofs.checks.smt.queries import NLSAT
from urnn_proofs.checks.smt.runner import Runner
from urnn_proofs.checks.symbolic.jets import JetSystem, jet_system
from urnn_proofs.checks.symbolic.one_step import one_step_jets
from urnn_proofs.checks.symbolic.triangular import null_vector_contradiction
from urnn_proofs.checks.symbolic.vandermonde import is_regular_at_positive_points
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.questions.search.problem import Finding, Problem, is_smooth

__all__ = ["INDEPENDENCE", "classes", "jets", "memoryless", "partition"]

ANALYTIC = (
    "outputs are real analytic in the inputs: equal on X_M, they are equal for all real inputs"
)
COVERED = (
    "zero sets of analytic functions that together cover a connected domain: one of them is all "
    "of it"
)
EXPANSION = "coefficients of a convergent series in e^{-c x} are unique"
SQUARE = "a one-sided inverse of a square matrix is two-sided"
INDEPENDENCE = (
    "independence lemma for functions of the whole input history, proved in words only (theorem "
    "3.3-strong, steps IL): 1 and phi(p_1), ..., phi(p_m) are linearly independent if the "
    "preactivations p_i are nonconstant and pairwise different up to sign"
)
DESCARTES = (
    "Descartes' rule of signs: g powers of z with coefficients that are not all 0 have a sum with "
    "at most g - 1 positive zeros"
)
_MOST_BY_QUERIES, _MOST_BY_DETERMINANTS = 5, 7
_STEPS = (1, 2, 4, 8, 16, 32, 64)
_ONE_STEP_ORDER = 5

_CERTIFIED = 6


def memoryless(problem: Problem, runner: Runner) -> Finding | None:
    """``W = 0``: a URNN with invertible slopes cannot forget (any N)."""
    if any(entry for row in problem.W for entry in row):
        runner.note("memoryless", "W = 0", "not applicable", "W is not zero")
        return None
    if problem.activation.derivative is None:
        runner.note("memoryless", "slopes", "not applicable", "slopes may vanish")
        return None
    if problem.reduced is not None:
        runner.note("memoryless", "reduced", "not applicable", problem.reduced)
        return None
    facts = [
        ANALYTIC,
        "slopes phi' vanish nowhere, since a nonconstant solution of phi' = P(phi) avoids the "
        "roots of P; so D_k U is invertible",
        "N + 1 vectors in R^N are dependent",
    ]
    if problem.n > 1:  # then y depends on x only if units cannot cancel
        used = _independent(problem, runner, "memoryless", problem.n)
        if used is None:
            return None
        facts += used
    if not _all_unsat(runner, "memoryless", memoryless_queries(problem.states)):
        return None
    verdict, assumed = _on_trust(problem)
    certificate = None if assumed else _nullstellensatz(problem.states)
    return Finding("memoryless", verdict, Trust.SMT, tuple(facts), assumed, certificate=certificate)


def _on_trust(problem: Problem) -> tuple[Verdict, tuple[str, ...]]:
    """Return what a proof that uses phi' and the values of phi comes to, and what it assumes."""
    assumed = problem.activation.assumption
    return (Verdict.PROVED, ()) if assumed is None else (Verdict.ASSUMED, (assumed,))


def _nullstellensatz(N: int) -> Certificate | None:
    """Return what lets the kernel derive the contradiction again, without a solver."""
    if N > _CERTIFIED:  # megabytes of coefficients beyond
        return None
    claim = null_vector_contradiction(N)
    found = labelled(Certificate("consequence", *claim.as_json()), "memoryless", claim.name)
    return found if check(found) is Verdict.PROVED else None


def classes(problem: Problem, runner: Runner) -> Finding | None:
    """Classes of equal units; the independence that is needed is proved by queries of its own.

    For fixed past, preactivations are affine in the last input x, so the lemma about
    ``phi(F x + o)`` applies: units with a nonzero input row are independent class by class.  What
    else there is are the units Z with a zero input row; each RNN unit needs a class with a nonzero
    row, so ``|Z| <= N - n``.

    - |Z| <= 1: vary the last input, then the rest: the one function left is constant or not.
    - |Z| = 2, N = n + 2, rank F = n: the other units are one copy ``s^k`` of each RNN unit, which
      inputs bring to any point of an open set.  The preactivations of Z are affine in ``s^{k-1}``:
      the lemma applies again if one of them depends on it.  If none does, the columns of U at the
      copies vanish on Z, and W is orthogonal up to signs, which the sequence query excludes.
    """
    n, N = problem.n, problem.states
    reason = problem.reduced
    if not is_smooth(problem.activation):
        reason = f"the lemma is about tanh and logistic, not {problem.activation.name!r}"
    elif not (N <= n + 1 or (N == n + 2 and problem.pinnable)):
        reason = f"N = {N} is more than this argument covers for n = {n}"
    if reason is not None:
        runner.note("classes", "hypotheses", "not applicable", reason)
        return None
    # Fewer than n classes cannot hold n units of the RNN: N < n needs the lemma only.
    used = _independent(problem, runner, "classes", n + N)
    if used is None:
        return None
    facts = (ANALYTIC, COVERED, *used, "injective linear maps do not lower dimensions")
    if N < n:
        return Finding("classes", Verdict.PROVED, Trust.SMT, facts)
    isometries = [partial(isometry_query, problem.W, d, problem.side) for d in range(n + 1, N + 1)]
    if not _all_unsat(runner, "classes", isometries):
        return None
    if not _no_sequence(problem, runner, "classes"):
        return None
    return Finding("classes", Verdict.PROVED, Trust.SMT, facts)


def partition(problem: Problem, runner: Runner) -> Finding | None:
    """Classes of equal units for any N, modulo the independence lemma."""
    reason = problem.reduced
    if not is_smooth(problem.activation):
        reason = f"the lemma is about tanh and logistic, not {problem.activation.name!r}"
    if reason is not None:
        runner.note("partition", "hypotheses", "not applicable", reason)
        return None
    facts = (ANALYTIC, COVERED, SQUARE, "injective linear maps do not lower dimensions")
    if problem.states >= problem.n and not _no_sequence(problem, runner, "partition"):
        return None
    return Finding("partition", Verdict.ASSUMED, Trust.WORDS, facts, (INDEPENDENCE,))


def jets(problem: Problem, runner: Runner) -> Finding | None:
    """All derivatives up to some order over some steps, weights and state values unknown."""
    phi = problem.activation
    if phi.derivative is None or phi.open_range is None:
        what = f"no derivative of {phi.name!r} as a polynomial in its value is known"
        runner.note("jets", "activation", "not applicable", what)
        return None
    P, (low, high) = phi.derivative, phi.open_range

    def system_at(horizon: int, order: int) -> tuple[JetSystem, Sequence[Clause]]:
        system = jet_system(
            [[dict(entry) for entry in row] for row in problem.W],
            problem.F,
            problem.C,
            P,
            states=problem.states,
            horizon=horizon,
            order=order,
            pinned=_pins(problem, horizon, low, high) if problem.pinnable else None,
            parameters=problem.parameters,
        )
        ranges = [c for name in system.values for c in between(low, variable(name), high)]
        return system, (*ranges, *problem.side)

    shows = f"no orthogonal U with at most {problem.states} states gives these derivatives"
    if refine(runner, "jets", _levels(problem), system_at, shows) != "unsat":
        return None
    verdict, assumed = _on_trust(problem)
    return Finding("jets", verdict, Trust.SMT, (ANALYTIC,), assumed)


def _independent(
    problem: Problem, runner: Runner, encoding: str, count: int
) -> tuple[str, ...] | None:
    """Prove that *count* units with distinct affine preactivations are independent.

    Returns the facts that are used; None if it was not proved.
    """
    if not is_smooth(problem.activation):
        runner.note(encoding, "independence", "not applicable", "known for tanh and logistic only")
        return None
    if count > _MOST_BY_DETERMINANTS:  # more than solvers and determinants manage, and known
        runner.note(encoding, f"expansion, {count} units", "regular", "Descartes' rule of signs")
        return (EXPANSION, DESCARTES)
    if count <= 3:
        order = problem.order or _ONE_STEP_ORDER
        try:
            jets = one_step_jets(order)
        except UndecidedError as error:
            runner.note(encoding, f"one step, order {order}", "unknown", str(error))
            return None
        if _all_unsat(runner, encoding, one_step_queries(jets, count), order=order):
            return (EXPANSION,)
    if count <= _MOST_BY_QUERIES:
        found = _all_unsat(runner, encoding, expansion_queries(count))
        return (EXPANSION,) if found else None
    # The same linear systems, solved by expanding determinants: solvers give up here.
    regular = all(is_regular_at_positive_points(e) for e in exponent_sets(count))
    what = f"expansion, {count} units, determinants"
    runner.note(encoding, what, "regular" if regular else "unknown")
    return (EXPANSION,) if regular else None


def _no_sequence(problem: Problem, runner: Runner, encoding: str) -> bool:
    """Raise the horizon until no sequence of class sizes is left."""
    limit = problem.horizon or _STEPS[-1]
    tactics = NLSAT if problem.parameters else ()
    for horizon in sorted({min(k, limit) for k in _STEPS}):
        query = partial(sequence_query, problem.W, problem.states, horizon, problem.side)
        reply = runner.ask(encoding, query, tactics=tactics, horizon=horizon)
        if reply.answer != "sat":
            return reply.answer == "unsat"
    return False


def _all_unsat(
    runner: Runner,
    encoding: str,
    queries: Iterable[Query | Callable[[], Query]],
    order: int | None = None,
) -> bool:
    return all(runner.ask(encoding, query, order=order).answer == "unsat" for query in queries)


def _levels(problem: Problem) -> list[tuple[int, int]]:
    """Increasing (horizon, order); building larger systems takes longer than solving helps.

    One step alone decides nothing: the RNN itself with an orthogonal U satisfies it.
    """
    if problem.horizon and problem.order:
        return [(problem.horizon, problem.order)]
    all_levels = [(2, 2), (2, 3), (3, 3), (3, 4), (3, 6)]
    most = {1: 5, 2: 4, 3: 3}.get(problem.states, 2)
    found = []
    for horizon, order in all_levels[:most]:
        pair = min(horizon, problem.horizon or horizon), min(order, problem.order or order)
        if pair not in found:
            found.append(pair)
    return found


def _pins(problem: Problem, horizon: int, low: Fraction, high: Fraction) -> list[list[Fraction]]:
    """Choose state values of the RNN, all different, none in the middle of the range."""
    count = problem.n * horizon
    values = [low + (high - low) * Fraction(2 + i, 3 + i) for i in range(1, count + 1)]
    return [values[k * problem.n : (k + 1) * problem.n] for k in range(horizon)]
