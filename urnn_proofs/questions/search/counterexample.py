"""Is there a URNN with N states for this network?  A search a sceptic can aim at any small one.

"None" needs ``unsat`` from an encoding (each is a relaxation, so ``sat`` is only a candidate), or a
lower bound with exact evidence (ReLU).  Units that no output sees, or that move alike, are left out
first.  "There is one" needs an exact certificate: a lumping (any
activation), or the construction of Theorem 3.1 (ReLU).  See ``questions.search.encodings`` for what
each encoding proves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.merging import merged
from urnn_proofs.checks.exact.reduced import reduction_problem
from urnn_proofs.checks.smt.jet_encoding import between, constant, variable
from urnn_proofs.checks.smt.queries import require_solver
from urnn_proofs.checks.smt.runner import Runner
from urnn_proofs.guesses.merging import find_merging
from urnn_proofs.model.activation import activation as activation_named
from urnn_proofs.model.deadline import deadline
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN, require_rnn
from urnn_proofs.model.number import exact_number, shorten, show_number
from urnn_proofs.model.verdict import Trust, Verdict
from urnn_proofs.questions.search.confirmed import construction, lower_bound, lumping
from urnn_proofs.questions.search.encodings import (
    INDEPENDENCE,
    classes,
    jets,
    memoryless,
    partition,
)
from urnn_proofs.questions.search.problem import Finding, Merged, Problem, is_smooth
from urnn_proofs.questions.search.result import SearchResult
from urnn_proofs.questions.within_epsilon import states_within_epsilon

__all__ = ["ENCODINGS", "search_counterexample"]

#: In the order in which they are tried.
ENCODINGS = (
    "lower bound",
    "lumping",
    "construction",
    "memoryless",
    "classes",
    "partition",
    "jets",
)
_FOR_RELU = ("lower bound", "lumping", "construction")


def search_counterexample(
    network: RNN | None,
    states: int,
    *,
    activation: str | None = None,
    input_bound: Any = None,
    horizon: int | None = None,
    order: int | None = None,
    budget_s: float = 60.0,
    encodings: Sequence[str] | None = None,
    second_opinion: bool = False,
    megabytes: int = 2048,
) -> SearchResult:
    """Look for a URNN with at most *states* states and the same outputs, or prove there is none.

    Parameters
    ----------
    network
        n states, rational weights; tanh, logistic, ReLU, or a ``Smooth`` activation of your own
        with ``derivative`` and ``open_range``, about which "none" is then ASSUMED.  None asks about
        all scalar networks at once: ``|w| < 1`` symbolic, ``f c != 0``.  Scaling and shifting the
        input and scaling the output turns any of them into ``f = c = 1``, ``b = 0``, and every URNN
        along with it.
    states
        N >= 1.
    activation
        For None as network: "tanh" (the default) or "logistic".
    input_bound
        M, for ReLU, where the answer depends on it: inputs satisfy ``||x^k|| <= M``.  Smooth
        networks that agree on one X_M, M > 0, agree for all inputs.
    horizon
        Most time steps to use.
    order
        Most derivatives to use; with both given, jets use exactly these.
    budget_s
        Wall-clock seconds for the whole search, positive.
    encodings
        Some of ``"lower bound"``, ``"lumping"``, ``"construction"``, ``"memoryless"``,
        ``"classes"``, ``"partition"``, ``"jets"``; by default those that have a chance.
    second_opinion
        Ask cvc5 (the extra ``smt``) what Z3 decided, a few seconds for each query.
    megabytes
        Memory limit of each query, at least 64.

    Returns
    -------
    SearchResult
        PROVED (there is none), REFUTED (there is one: ``.network``, confirmed exactly), ASSUMED
        (there is none if what ``.assumptions`` lists holds) or UNKNOWN; ``.trace`` says what was
        tried.  Ctrl-C ends the search and returns what there is.

    Raises
    ------
    InputError
        If an argument is out of range, or ReLU comes without *input_bound*.
    UnsupportedError
        If the network is a URNN, or the activation has no polynomial derivative.
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
    >>> search_counterexample(None, states=2, activation="logistic").verdict
    <Verdict.PROVED: 'PROVED'>
    """
    for name, value in (("horizon", horizon), ("order", order)):
        if value is not None:
            _positive(value, name)
    _positive(states, "states")
    if not 0 < exact_number(budget_s, "budget_s") < 10**9:
        raise InputError(
            f"budget_s is {shorten(budget_s)}; expected a positive number of seconds, below 10^9"
        )
    _positive(megabytes, "megabytes", least=64)
    chosen = _chosen(encodings)
    if second_opinion:
        require_solver("cvc5")
    runner = Runner(float(budget_s), megabytes=megabytes)
    with runner:
        if network is None:
            problem, scope, bound = _scalar_networks(states, activation or "tanh")
        else:
            problem, scope, bound = _one_network(network, states, activation, input_bound)
            problem = _without_idle_units(problem, runner)
        problem = replace(problem, horizon=horizon, order=order)
        chosen = chosen or _with_a_chance(problem)
        return _search(problem, runner, chosen, scope, bound, second_opinion)


_Asked = tuple[Problem, str, Fraction]


def _one_network(rnn: Any, states: int, named: str | None, input_bound: Any) -> _Asked:
    phi = require_rnn(rnn).activation
    relu = phi.is_relu
    if not relu and (phi.derivative is None or phi.open_range is None):
        raise UnsupportedError(
            f"the activation {phi.name!r} has no derivative as a polynomial in its value; expected "
            f"relu, tanh, logistic, or a Smooth one with derivative and open_range"
        )
    if relu and input_bound is None:
        raise InputError("input_bound is missing; for ReLU the answer depends on it")
    bound = exact_number(1 if input_bound is None else input_bound, "input_bound")
    if bound <= 0:
        raise InputError(f"input_bound is {shorten(input_bound)}; expected a positive number")
    if named is not None:
        raise InputError(
            f"activation is {shorten(named)}, but the network has its own; expected it only with "
            f"None as network"
        )
    problem = _of_network(rnn, states)
    scope = f"N = {states}, {phi.name}, this network, " + (
        f"all inputs with ||x^k|| <= {show_number(bound)}, all k" if relu else "all inputs, all k"
    )
    return problem, scope, bound


def _of_network(rnn: RNN, states: int, given: Merged | None = None) -> Problem:
    return Problem(
        rnn=rnn,
        W=tuple(tuple(constant(x) for x in row) for row in rnn.W.to_fractions()),
        F=tuple(map(tuple, rnn.F.to_fractions())),
        C=tuple(map(tuple, rnn.C.to_fractions())),
        activation=rnn.activation,
        states=states,
        reduced=reduction_problem(rnn),
        pinnable=rnn.F.rank() == rnn.states,
        given=given,
    )


def _without_idle_units(problem: Problem, runner: Runner) -> Problem:
    """Ask about a smaller network with the same outputs, where there is one."""
    rnn, mergings = problem.rnn, []
    while rnn is not None and (merging := find_merging(rnn)) is not None:
        smaller = merged(rnn, merging)
        if smaller is None:
            raise UndecidedError("merged units failed their own exact check; please report this")
        said = f"{smaller.states} of {rnn.states} units are left, with the same outputs"
        runner.note("merging", "h = P g", "found", said)
        mergings.append(merging)
        rnn = smaller
        if max(merging.place) < 0:  # one unit that gives out 0: no less is possible
            break
    if problem.rnn is None or rnn is None or rnn is problem.rnn:
        return problem
    return _of_network(rnn, problem.states, Merged(problem.rnn, tuple(mergings)))


def _scalar_networks(states: int, named: str) -> _Asked:
    phi = activation_named(named)
    if not is_smooth(phi):
        raise UnsupportedError(f"the activation is {phi.name!r}; expected tanh or logistic")
    one = ((Fraction(1),),)
    problem = Problem(
        rnn=None,
        W=((variable("w"),),),
        F=one,
        C=one,
        activation=phi,
        states=states,
        reduced=None,
        pinnable=True,
        parameters=("w",),
        side=between(-1, variable("w"), 1),
    )
    scope = f"N = {states}, {phi.name}, n = m = p = 1, all |w| < 1, f c != 0, all inputs, all k"
    return problem, scope, Fraction(1)


def _positive(value: Any, name: str, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= 10**9:
        raise InputError(
            f"{name} is {shorten(value)}; expected an integer >= {least}, at most 10^9"
        )


def _chosen(encodings: Sequence[str] | None) -> tuple[str, ...]:
    if encodings is None:
        return ()
    names = (encodings,) if isinstance(encodings, str) else encodings
    if (
        not isinstance(names, (list, tuple))
        or not names
        or any(not isinstance(name, str) or name not in ENCODINGS for name in names)
    ):
        raise InputError(
            f"encodings is {shorten(encodings)}; expected some of {', '.join(ENCODINGS)}"
        )
    return tuple(name for name in ENCODINGS if name in names)


def _with_a_chance(problem: Problem) -> tuple[str, ...]:
    """Jets with all weights unknown decide N = 1; beyond, they are for what nothing else covers."""
    if problem.activation.is_relu:
        return _FOR_RELU
    if _ignores_inputs(problem):
        return ("lumping",)
    covered = is_smooth(problem.activation) and problem.reduced is None
    if covered and not (problem.states == 1 and problem.pinnable):
        return ("lumping", "memoryless", "classes", "partition")
    return ("lumping", "memoryless", "jets", "classes", "partition")


def _ignores_inputs(problem: Problem) -> bool:
    """Tell whether outputs are one sequence of numbers, of which there are no derivatives."""
    return all(x == 0 for row in problem.F for x in row)


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
            finding = _try("lumping", problem, runner, bound)
        if second_opinion:
            runner.ask_cvc5()
    except KeyboardInterrupt:  # the child is gone; what was learnt so far is the result
        interrupted = True
    claim = _claim(problem)
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
    if problem.given is not None:  # what was found is about the smaller network
        finding = replace(
            finding,
            confirmation=replace(problem.given, found=finding.confirmation),
            certificate=None,
            facts=(*finding.facts, "induction on k: units that move alike are one"),
        )
    return SearchResult.of_search(
        finding.verdict,
        claim=claim,
        scope=scope,
        trust=finding.trust,
        encoding=finding.encoding,
        network=finding.network,
        confirmation=finding.confirmation,
        assumptions=finding.assumptions,
        facts=finding.facts,
        trace=tuple(runner.trace),
        advice=_after(problem, finding),
        seconds=runner.spent,
        interrupted=interrupted,
        certificate=finding.certificate,
    )


def _claim(problem: Problem) -> str:
    N = "1 state" if problem.states == 1 else f"{problem.states} states"
    whose = "this network" if problem.rnn is not None else "a scalar network with |w| < 1"
    return f"no {problem.activation.name} URNN with at most {N} has the outputs of {whose}"


#: The exact steps, for which there is no solver to stop: half of what is left, so that others have
#: a chance.
_EXACT: Mapping[str, Callable[[Problem, Runner, Fraction], Finding | None]] = {
    "lower bound": lower_bound,
    "lumping": lumping,
    "construction": construction,
}
_BY_QUERIES: Mapping[str, Callable[[Problem, Runner], Finding | None]] = {
    "memoryless": memoryless,
    "classes": classes,
    "partition": partition,
    "jets": jets,
}


def _try(name: str, problem: Problem, runner: Runner, bound: Fraction) -> Finding | None:
    try:
        if name in _BY_QUERIES:
            return _BY_QUERIES[name](problem, runner)
        with deadline(time.monotonic() + runner.left / 2):
            return _EXACT[name](problem, runner, bound)
    except UndecidedError as error:
        runner.note(name, "as a whole", "unknown", str(error))
        return None


def _advice(problem: Problem, runner: Runner, chosen: Sequence[str], interrupted: bool) -> str:
    tried = ", ".join(chosen)
    start = "interrupted" if interrupted else "undecided"
    text = f"{start} after {runner.spent:.1f} s with {tried}; "
    if _ignores_inputs(problem) and is_smooth(problem.activation):
        return text + (
            "F = 0, so that the outputs are one sequence of numbers whatever the inputs; all that "
            "is decided here is decided by how outputs change with inputs, and no budget helps; "
            "within any epsilon > 0 there is a URNN if ||W|| < 1 (equivalent_urnn, epsilon=)"
        )
    if problem.reduced is not None and is_smooth(problem.activation):
        text += f"the network is not reduced ({problem.reduced}): remove that unit; "
    return text + "raise budget_s, horizon or order, or lower states; the queries are kept"


def _after(problem: Problem, finding: Finding) -> str:
    """Say what else is known: what needs no assumption, and what epsilon would do."""
    said = [_beyond(problem)] if INDEPENDENCE in finding.assumptions else []
    if finding.network is None and is_smooth(problem.activation):
        hint = f"{_EPSILON} with 2 states" if problem.rnn is None else _hint(problem.rnn)
        said += [hint] if hint else []
    return "; ".join(said)


_EPSILON = (
    "exactly there is none of any size for a reduced network, as far as the strong form of Theorem "
    "3.3 is proved; within any epsilon > 0 there is one"
)


def _hint(rnn: RNN) -> str:
    states = states_within_epsilon(rnn)
    return "" if states is None else f"{_EPSILON} with {states} states (--epsilon of convert)"


def _beyond(problem: Problem) -> str:
    return (
        f"without the assumption: N <= {problem.n + (2 if problem.pinnable else 1)} is decided by "
        f"the encoding 'classes', N = 1 by 'jets'"
    )
