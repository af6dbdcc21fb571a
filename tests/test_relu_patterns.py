"""The search over activity patterns: what it refutes, and that it refutes nothing real."""

from __future__ import annotations

import itertools
from fractions import Fraction as Q

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st
from oracles import identity, multiply, transpose

from urnn_proofs import InputError, NotContractiveError, UnsupportedError, Verdict
from urnn_proofs.smt import relu_patterns
from urnn_proofs.smt.pattern_equations import Memory, Variant, equations
from urnn_proofs.smt.pattern_lemmas import lemmas
from urnn_proofs.smt.pattern_words import Letter, Span, canonical, extensions, free_units
from urnn_proofs.smt.process import Outcome, Sat
from urnn_proofs.smt.relu_patterns import search_patterns
from urnn_proofs.theorems.relu_search import search_relu_patterns
from urnn_proofs.verdict import USED, Report, Trust

W, S = Q(3, 5), Q(4, 5)


def scalar(n: int, w) -> Memory:
    return Memory(n, tuple(tuple(Q(w) if i == j else Q(0) for j in range(n)) for i in range(n)))


# -- words ------------------------------------------------------------------------------


@st.composite
def words(draw, units: int = 4):
    sets = st.sets(st.integers(0, units - 1), min_size=1)
    return tuple(
        Letter(tuple(sorted(draw(sets))), draw(st.sampled_from(list(Span))))
        for _ in range(draw(st.integers(0, 4)))
    )


def renamed(word, names):
    return tuple(Letter(tuple(sorted(names[u] for u in x.active)), x.span) for x in word)


@given(words(), st.permutations(range(4)))
def test_renaming_units_does_not_change_the_canonical_word(word, names):
    assert canonical(renamed(word, names), 4) == canonical(word, 4)


@given(words())
def test_the_canonical_word_is_a_renaming(word):
    images = {renamed(word, names) for names in itertools.permutations(range(4))}
    assert canonical(word, 4) in images


@given(words(), st.integers(1, 4))
def test_every_continuation_is_a_renaming_of_one_that_is_tried(word, least):
    def longer(active):
        return canonical((*word, Letter(tuple(active), Span.ANY)), 4)

    tried = [longer(active) for active in extensions(word, least, 4)]
    assert len(set(tried)) == len(tried)
    for size in range(least, 5):
        for active in itertools.combinations(range(4), size):
            assert longer(active) in tried


# -- the equations hold for what exists ---------------------------------------------------


def dilated(n: int, N: int):
    """n copies of the rotation by (3/5, 4/5), the copies' first units first; then units apart."""
    U = identity(N)
    for i in range(n):
        U[i][i], U[i][n + i], U[n + i][i], U[n + i][n + i] = W, -S, S, W
    F = [[Q(int(i == j)) for j in range(n)] for i in range(N)]
    return U, F, transpose(F)


def delayed(N: int):
    """What leaves unit 0 walks through units 1, 2, ... and comes back last."""
    U = [[Q(0)] * N for _ in range(N)]
    U[0][0], U[1][0], U[0][N - 1], U[1][N - 1] = W, S, S, -W
    for i in range(1, N - 1):
        U[i + 1][i] = Q(1)
    F = [[Q(int(i == 0))] for i in range(N)]
    return U, F, transpose(F)


def alternating():
    """n = 2, N = 3, possible for the two steps {0, 1}, {0, 2} only."""
    U = [[W, Q(0), S], [S, Q(0), -W], [Q(0), Q(1), Q(0)]]
    return U, [[Q(1), Q(0)], [Q(0), Q(1)], [Q(0), 1 / W]], [[Q(1), Q(0), Q(0)], [Q(0), Q(1), W]]


GENUINE = {
    "n=1 N=2": (dilated(1, 2), [(0,)] * 4),
    "n=1 N=3, a unit apart": (dilated(1, 3), [(0, 2), (0,), (0, 2), (0, 2)]),
    "n=1 N=3, image then whole": (delayed(3), [(0, 1)] * 4),
    "n=1 N=4, two spare units": (delayed(4), [(0, 1, 2)] * 4),
    "n=1 N=4, on and off": (delayed(4), [(0, 1), (0, 2), (0, 1, 2), (0,)]),
    "n=2 N=4": (dilated(2, 4), [(0, 1)] * 3),
    "n=2 N=5, a unit apart": (dilated(2, 5), [(0, 1, 4), (0, 1), (0, 1, 4)]),
    "n=2 N=6, two units apart": (dilated(2, 6), [(0, 1, 4, 5), (0, 1, 4)]),
    "n=2 N=3, two steps": (alternating(), [(0, 1), (0, 2)]),
}


def rank(columns) -> int:
    rows = [list(r) for r in columns]
    found = 0
    for j in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(found, len(rows)) if rows[i][j]), None)
        if pivot is None:
            continue
        rows[found], rows[pivot] = rows[pivot], rows[found]
        for i in range(found + 1, len(rows)):
            factor = rows[i][j] / rows[found][j]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[found])]
        found += 1
    return found


def spans(U, F, C, sets):
    """Check the definition exactly; return dim X_k for every step."""
    N, n = len(U), len(F[0])
    assert multiply(transpose(U), U) == identity(N)

    def project(M, active):
        return [row if i in active else [Q(0)] * len(row) for i, row in enumerate(M)]

    reached, dimensions = [], []
    for active in sets:
        reached = [project(multiply(U, V), active) for V in reached] + [project(F, active)]
        for power, V in enumerate(reversed(reached)):
            assert multiply(C, V) == [[x * W**power for x in row] for row in identity(n)]
        dimensions.append(rank([column for V in reached for column in transpose(V)]))
    return dimensions


def inverse(M):
    n = len(M)
    table = [[*row, *unit] for row, unit in zip(M, identity(n))]
    for j in range(n):
        pivot = next(i for i in range(j, n) if table[i][j])
        table[j], table[pivot] = table[pivot], table[j]
        table[j] = [x / table[j][j] for x in table[j]]
        for i in range(n):
            if i != j:
                table[i] = [x - table[i][j] * y for x, y in zip(table[i], table[j])]
    return [row[n:] for row in table]


@pytest.mark.parametrize("variant", Variant)
@pytest.mark.parametrize("name", GENUINE)
def test_what_exists_satisfies_every_assertion(name, variant):
    (U, F, C), sets = GENUINE[name]
    n, N = len(C), len(U)
    dimensions = spans(U, F, C, sets)
    word = []
    for active, dimension in zip(sets, dimensions):
        excess = len(active) - n
        image = excess == 0 or (excess == 1 and dimension == n)
        span = Span.IMAGE if image else Span.WHOLE if excess == 1 else Span.ANY
        word.append(Letter(active, span))
    weakest = Span.IMAGE if len(sets[-1]) == n else Span.WHOLE
    for last in {word[-1].span, word[-1].span if len(sets[-1]) > n + 1 else weakest}:
        full = (*word[:-1], Letter(sets[-1], last))
        for start in range(len(full)):
            tried = 0
            window = full[start:]
            for memory in (scalar(n, W), Memory(n, None)):
                for chosen, claims in zip(
                    free_units(window, n, N), equations(window, N, memory, variant), strict=True
                ):
                    rows = [F[i] for i in chosen]
                    if rank(rows) < n:
                        continue
                    T = inverse(rows)
                    values = {"u": U, "f": multiply(F, T), "c": multiply(rows, C)}
                    given = [
                        (z3.Real(f"{letter}_{i}_{j}"), z3.RealVal(str(entry)))
                        for letter, matrix in values.items()
                        for i, row in enumerate(matrix)
                        for j, entry in enumerate(row)
                    ]
                    given.append((z3.Real("w"), z3.RealVal(str(W))))
                    for claim in claims:
                        value = z3.simplify(z3.substitute(claim, *given))
                        assert z3.is_true(value), (window, claim)
                    tried += 1
            assert tried, "no choice of basis fits: the test tests nothing"


def test_a_network_that_is_orthogonal_itself_is_not_refuted():
    rotation = Memory(2, ((W, -S), (S, W)))  # norm exactly 1: U = W does it
    found = search_patterns(rotation, 2, 2)
    assert found.verdict is Verdict.UNKNOWN
    assert found.open[0].answer is Sat.SAT


def test_lemmas_hold_and_would_fail_without_a_hypothesis():
    assert {outcome.answer for outcome in lemmas(2, 3).values()} == {Sat.UNSAT}
    solver = z3.Solver()
    solver.from_string(lemmas(2, 3)["contraction"].smt2)
    claims = [claim for claim in solver.assertions() if "<" not in str(claim)]
    assert len(claims) < len(solver.assertions())
    bare = z3.Solver()
    bare.add(*claims)
    assert bare.check() == z3.sat


# -- the search -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("W", "n", "states", "horizon"),
    [
        (None, 1, 1, 1),
        (0, 2, 2, 1),
        (0, 2, 3, 2),
        (Q(1, 2), 2, 3, 2),
        (1 - Q(1, 10**9), 2, 3, 2),
        (None, 2, 3, 2),
        ([[Q(1, 2), 0], [0, Q(1, 3)]], 2, 2, 1),
        ([[Q(1, 2), Q(1, 4)], [0, Q(1, 2)]], 2, 2, 1),
    ],
)
def test_too_few_states_are_refuted(W, n, states, horizon):
    found = search_relu_patterns(W, n, states, horizon)
    assert found.verdict is Verdict.PROVED, found.trace
    assert found.trust is Trust.SMT
    assert found.complete
    assert not found.open
    check = found.as_check()
    assert check.evidence[USED]
    assert Report("search", "", (check,)).verdict is Verdict.PROVED
    assert "PROVED" in str(found)


@pytest.mark.parametrize(
    ("W", "n", "states", "horizon"),
    [
        (Q(3, 5), 1, 2, 1),
        (Q(3, 5), 1, 2, 3),
        (None, 1, 2, 2),
        (0, 2, 4, 2),
        (Q(1, 2), 2, 4, 3),
        ([[0, Q(1, 2)], [0, 0]], 2, 3, 2),  # a cyclic shift does it: n + 1 states
        (0, 2, 3, 1),  # the horizon is too short
    ],
)
def test_where_a_network_or_a_short_pattern_exists_nothing_is_proved(W, n, states, horizon):
    found = search_relu_patterns(W, n, states, horizon, query_s=1.0)
    assert found.verdict is Verdict.UNKNOWN
    assert found.open
    assert found.open[0].smt2
    if (W, n, states, horizon) != (0, 2, 3, 1):
        assert found.open[0].answer is Sat.SAT
        assert found.open[0].text.count("{1" + ",2" * (n - 1) + "}") == horizon + 1


def test_more_states_than_n_are_not_needed_for_the_proof_of_fewer():
    assert search_relu_patterns(0, 3, 2, 1).verdict is Verdict.PROVED  # rank alone


def test_out_of_time_is_not_a_proof():
    found = search_relu_patterns(None, 2, 3, 2, budget_s=1e-6)
    assert found.verdict is Verdict.UNKNOWN
    assert not found.complete
    assert "out of time" in str(found)


def test_a_lemma_that_is_not_confirmed_leaves_everything_open(monkeypatch):
    monkeypatch.setattr(
        relu_patterns, "lemmas", lambda *args, **kw: {"split": Outcome(Sat.UNKNOWN)}
    )
    found = search_patterns(Memory(1, None), 1, 1)
    assert found.refuted == 1
    assert found.verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("answer", [Sat.UNKNOWN, Sat.SAT])
def test_one_open_query_leaves_the_verdict_open(monkeypatch, answer):
    real = relu_patterns.solve

    def unsure(smt2, **kw):
        found = real(smt2, **kw)
        # The windows of {1, 2}, {1, 2}, where C U F = w I on two units.
        return Outcome(answer, smt2=smt2) if len(unsure.seen) < 3 else found

    unsure.seen = []

    def counted(smt2, **kw):
        found = unsure(smt2, **kw)
        unsure.seen.append(found)
        return found

    monkeypatch.setattr(relu_patterns, "solve", counted)
    found = search_patterns(scalar(2, 0), 2, 1, every=True)
    assert found.verdict is Verdict.UNKNOWN
    assert len(found.open) == 1
    assert found.open[0].answer is answer


def test_every_open_pattern_is_listed_on_request():
    found = search_relu_patterns(Q(1, 2), 1, 2, 1, query_s=1.0, every=True)
    assert found.complete
    texts = [pattern.text for pattern in found.open]
    assert len(texts) == len(set(texts)) > 1


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((1, 2, 3, 2), NotContractiveError),
        ((Q(-3, 2), 1, 1, 1), NotContractiveError),
        (([[0, 10], [0, 0]], 2, 3, 1), NotContractiveError),
        ((0, 0, 1, 1), InputError),
        ((0, 1, 0, 1), InputError),
        ((0, 1, 1, 0), InputError),
        (([[0]], 2, 1, 1), InputError),
    ],
)
def test_questions_out_of_range_are_refused(args, error):
    with pytest.raises(error, match="."):
        search_relu_patterns(*args)


def test_a_scalar_of_size_one_is_refused_below_the_theorem_too():
    with pytest.raises(UnsupportedError, match="factor"):
        search_patterns(scalar(2, 1), 3, 1)
