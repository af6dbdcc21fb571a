"""Is there a URNN with N states for this network?  A search a sceptic can aim at any small one.

Every encoding is a relaxation: ``unsat`` proves that no URNN exists; ``sat`` is only a candidate.
A "yes" is given only with an exact certificate: a lumping (any activation), or the construction
of Theorem 3.1 (ReLU).  See ``questions.search.encodings`` for what each encoding proves.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.reduced import reduction_problem
from urnn_proofs.checks.smt.jet_encoding import between, constant, variable
from urnn_proofs.checks.smt.jet_process import require_solver
from urnn_proofs.checks.smt.runner import Runner
from urnn_proofs.model.activation import activation as activation_named
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.number import exact_number
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.questions.search.confirmed import construction, lumping, stays_active
from urnn_proofs.questions.search.encodings import classes, jets, memoryless, partition, patterns
from urnn_proofs.questions.search.problem import SMOOTH, Finding, Problem, is_relu, is_smooth
from urnn_proofs.questions.search.result import SearchResult

__all__ = ["ENCODINGS", "search_counterexample", "search_scalar"]

#: In the order in which they are tried.
ENCODINGS = (
    "lumping",
    "construction",
    "memoryless",
    "classes",
    "partition",
    "patterns",
    "jets",
)


def search_counterexample(
    rnn: RNN,
    states: int,
    *,
    horizon: int | None = None,
    order: int | None = None,
    budget_s: float = 60.0,
    encodings: Sequence[str] | None = None,
    input_bound: Any = None,
    second_opinion: bool = False,
    megabytes: int = 2048,
) -> SearchResult:
    """Look for a URNN with at most *states* states and the same outputs, or prove there is none.

    Parameters
    ----------
    rnn
        n states, rational weights; tanh, logistic, ReLU, or an activation of your own with
        ``derivative`` and ``open_range``.
    states
        N >= 1.
    horizon, order
        Most time steps and derivatives to use; with both given, jets use exactly these.
    budget_s
        Wall-clock seconds for the whole search, positive.
    encodings
        Some of :data:`ENCODINGS`; by default those that have a chance.
    input_bound
        M, for ReLU, where the answer depends on it: inputs satisfy ``||x^k|| <= M``.  Smooth
        networks that agree on one X_M, M > 0, agree for all inputs.
    second_opinion
        Ask cvc5 (the extra ``smt``) what Z3 decided, a few seconds for each query.
    megabytes
        Memory limit of each solver process.

    Returns
    -------
    SearchResult
        PROVED (there is none), REFUTED (``.network``, confirmed exactly), ASSUMED (there is none
        if the independence lemma holds) or UNKNOWN; ``.trace`` says what was tried.  Ctrl-C ends
        the search and returns what there is.

    Raises
    ------
    InputError
        If an argument is out of range, or ReLU comes without *input_bound*.
    UnsupportedError
        If weights are irrational, or the activation has no polynomial derivative.
    DisagreementError
        If two solvers contradict each other.
    MissingExtraError
        If *second_opinion* is asked for and cvc5 is not installed.

    Source: arXiv:1910.13672, Theorem 3.3 (there are networks without such a URNN).

    Examples
    --------
    >>> rnn = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]], activation="tanh")
    >>> search_counterexample(rnn, states=2).verdict
    <Verdict.PROVED: 'PROVED'>
    """
    if not isinstance(rnn, RNN):
        raise InputError(f"rnn is a {type(rnn).__name__}; expected an urnn_proofs.RNN")
    if not isinstance(rnn.W, RationalMatrix):
        raise UnsupportedError(
            "the transition matrix is scaled-rational; expected a network with rational W"
        )
    phi = rnn.activation
    relu = is_relu(phi)
    if not relu and (phi.derivative is None or phi.open_range is None):
        raise UnsupportedError(
            f"the activation {phi.name!r} has no derivative as a polynomial in its value; expected "
            f"relu, tanh, logistic, or an Activation with derivative and open_range"
        )
    if relu and input_bound is None:
        raise InputError("input_bound is missing; for ReLU the answer depends on it")
    bound = exact_number(1 if input_bound is None else input_bound, "input_bound")
    if bound <= 0:
        raise InputError(f"input_bound is {input_bound}; expected a positive number")
    problem = Problem(
        rnn=rnn,
        W=tuple(tuple(constant(x) for x in row) for row in rnn.W.to_fractions()),
        F=tuple(map(tuple, rnn.F.to_fractions())),
        C=tuple(map(tuple, rnn.C.to_fractions())),
        activation=phi,
        states=_positive(states, "states"),
        reduced=reduction_problem(rnn),
        pinnable=rnn.F.rank() == rnn.states,
        horizon=None if horizon is None else _positive(horizon, "horizon"),
        order=None if order is None else _positive(order, "order"),
    )
    scope = f"N = {states}, {phi.name}, this network, " + (
        f"all inputs with ||x^k|| <= {bound}, all k" if relu else "all inputs, all k"
    )
    chosen = _chosen(encodings) or _with_a_chance(problem)
    runner = _runner(budget_s, megabytes, second_opinion)
    return _search(problem, runner, chosen, scope, bound, second_opinion)


def search_scalar(
    states: int,
    *,
    activation: str = "tanh",
    horizon: int | None = None,
    order: int | None = None,
    budget_s: float = 60.0,
    encodings: Sequence[str] | None = None,
    second_opinion: bool = False,
    megabytes: int = 2048,
) -> SearchResult:
    """Ask the same about all scalar networks at once: ``|w| < 1`` symbolic, ``f c != 0``.

    Scaling and shifting the input and scaling the output turns any of them into ``f = c = 1``,
    ``b = 0``, and every URNN along with it.  Parameters, results and errors are those of
    :func:`search_counterexample`; the activation is tanh or logistic.

    Source: arXiv:1910.13672, Theorem 3.3.

    Examples
    --------
    >>> search_scalar(2, activation="logistic").verdict
    <Verdict.PROVED: 'PROVED'>
    """
    phi = activation_named(activation)
    if phi.name not in SMOOTH:
        raise UnsupportedError(f"the activation is {phi.name!r}; expected one of {SMOOTH}")
    one = ((Fraction(1),),)
    problem = Problem(
        rnn=None,
        W=((variable("w"),),),
        F=one,
        C=one,
        activation=phi,
        states=_positive(states, "states"),
        reduced=None,
        pinnable=True,
        parameters=("w",),
        side=between(-1, variable("w"), 1),
        horizon=None if horizon is None else _positive(horizon, "horizon"),
        order=None if order is None else _positive(order, "order"),
    )
    scope = f"N = {states}, {phi.name}, n = m = p = 1, all |w| < 1, f c != 0, all inputs, all k"
    chosen = _chosen(encodings) or _with_a_chance(problem)
    runner = _runner(budget_s, megabytes, second_opinion)
    return _search(problem, runner, chosen, scope, Fraction(1), second_opinion)


def _positive(value: Any, name: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(f"{name} is {value!r}; expected an integer >= 1")
    return value


def _runner(budget_s: float, megabytes: int, second_opinion: bool) -> Runner:
    if not exact_number(budget_s, "budget_s") > 0:
        raise InputError(f"budget_s is {budget_s}; expected a positive number of seconds")
    _positive(megabytes, "megabytes")
    if second_opinion:
        require_solver("cvc5")
    return Runner(float(budget_s), megabytes=megabytes)


def _chosen(encodings: Sequence[str] | None) -> tuple[str, ...]:
    if encodings is None:
        return ()
    names = (encodings,) if isinstance(encodings, str) else tuple(encodings)
    if not names or any(name not in ENCODINGS for name in names):
        raise InputError(f"encodings is {encodings!r}; expected some of {', '.join(ENCODINGS)}")
    return tuple(name for name in ENCODINGS if name in names)


def _with_a_chance(problem: Problem) -> tuple[str, ...]:
    """Jets with all weights unknown decide N = 1; beyond, they are for what nothing else covers."""
    if is_relu(problem.activation):
        return ("lumping", "construction", "patterns")
    covered = is_smooth(problem.activation) and problem.reduced is None
    if covered and not (problem.states == 1 and problem.pinnable):
        return ("lumping", "memoryless", "classes", "partition")
    return ("lumping", "memoryless", "jets", "classes", "partition")


def _search(
    problem: Problem,
    runner: Runner,
    chosen: Sequence[str],
    scope: str,
    bound: Fraction,
    second_opinion: bool,
) -> SearchResult:
    finding, interrupted = None, False
    try:
        for name in chosen:
            finding = _try(name, problem, runner, bound)
            if finding is not None:
                break
        if finding is None and "lumping" not in chosen:  # candidates are confirmed exactly
            finding = lumping(problem, runner)
        if second_opinion:
            runner.ask_cvc5()
    except KeyboardInterrupt:  # the child is gone; what was learnt so far is the result
        interrupted = True
    N = "1 state" if problem.states == 1 else f"{problem.states} states"
    claim = f"no URNN with at most {N} has the outputs of this network"
    if finding is None:
        return SearchResult(
            claim,
            scope,
            Verdict.UNKNOWN,
            Trust.SMT,
            trace=tuple(runner.trace),
            advice=_advice(problem, runner, chosen, interrupted),
            seconds=runner.spent,
            interrupted=interrupted,
        )
    return SearchResult(
        claim,
        scope,
        finding.verdict,
        finding.trust,
        finding.encoding,
        finding.network,
        finding.confirmation,
        finding.assumptions,
        finding.facts,
        tuple(runner.trace),
        _beyond(problem) if finding.assumptions else "",
        runner.spent,
        interrupted,
        finding.certificate,
    )


def _try(name: str, problem: Problem, runner: Runner, bound: Fraction) -> Finding | None:
    if name == "lumping":
        return lumping(problem, runner)
    if name == "construction":
        return construction(problem, runner, bound)
    if name == "memoryless":
        return memoryless(problem, runner)
    if name == "classes":
        return classes(problem, runner)
    if name == "partition":
        return partition(problem, runner)
    if name == "patterns":
        return patterns(problem, runner, lambda steps: stays_active(problem.rnn, bound, steps))
    return jets(problem, runner)


def _advice(problem: Problem, runner: Runner, chosen: Sequence[str], interrupted: bool) -> str:
    tried = ", ".join(chosen)
    start = "interrupted" if interrupted else "undecided"
    text = f"{start} after {runner.spent:.1f} s with {tried}; "
    if problem.reduced is not None and is_smooth(problem.activation):
        text += f"the network is not reduced ({problem.reduced}): remove that unit; "
    return text + "raise budget_s, horizon or order, or lower states; the queries are kept"


def _beyond(problem: Problem) -> str:
    return (
        f"without the assumption: N <= {problem.n + (2 if problem.pinnable else 1)} and "
        f"n + N <= 7 are decided by the encoding 'classes', N = 1 by 'jets'"
    )
