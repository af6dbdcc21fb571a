"""Attacks: valid certificates changed at random, and claims that are false in some model.

Whatever the kernel still accepts is compared with the oracles of ``kernel_oracles``, which share
no code with it.
"""

from __future__ import annotations

import copy
import itertools
import json
import random
from fractions import Fraction as Q

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kernel_oracles import ORACLES, Model
from kernel_subjects import leaves, make_subjects, mutate, polynomial, relation, sealed
from test_kernel_claims import BOUNDS, COUNTS

from urnn_proofs import Certificate, Verdict, check, kernel
from urnn_proofs.certificate import hypotheses_certificate, lower_bound_certificate
from urnn_proofs.guesses.count_theorems import find_count_bounds
from urnn_proofs.guesses.lower_bound import find_lower_bound


@pytest.fixture(scope="module")
def subjects():
    """Certificates of every kind, lower bounds among them."""
    found = make_subjects()
    for name in ("memoryless 1", "shift 4", "scalar 2", "wide norm", "hard sigmoid"):
        rnn, _ = BOUNDS[name]
        bound = find_lower_bound(rnn, Q(1))
        found[f"bound: {name}"] = lower_bound_certificate(rnn, Q(1), bound)
    for name in ("scalar 3", "two parts", "chain"):
        rnn, _ = COUNTS[name]
        for bound in find_count_bounds(rnn, Q(1))[0]:
            certificate = hypotheses_certificate(rnn, Q(1), bound)
            found[f"{bound.theorem}: {name}"] = certificate
    return found


MUTANTS = {
    "equivalence": 610, "ellipsoid": 610, "float": 430, "scaled": 430, "second scaling": 430,
    "rational": 300, "sign": 430, "hard_tanh": 300, "hard_sigmoid": 300, "flat right": 300,
    "cofactors": 730, "positivity": 730, "numbers": 730, "nullstellensatz": 610,
    "vectors": 730, "bundle": 300,
    "bound: memoryless 1": 240, "bound: shift 4": 240, "bound: scalar 2": 240,
    "bound: wide norm": 240, "bound: hard sigmoid": 240, "n+mu: scalar 3": 240,
    "2n-iff-diagonal: scalar 3": 180, "2n-iff-diagonal: two parts": 300, "n+mu: two parts": 240,
    "n+mu: chain": 300,
}  # fmt: skip


def test_there_are_enough_of_them():
    assert sum(MUTANTS.values()) >= 10_000


@pytest.mark.parametrize("name", MUTANTS)
def test_mutants_are_accepted_only_if_they_state_a_truth(subjects, name, capsys):
    rng = random.Random(name)
    original = subjects[name]
    assert ORACLES[original.kind](original.claim, original.evidence)
    tried = rejected = malformed = true_mutants = wrong = 0
    while tried < MUTANTS[name]:
        data = json.loads(original.to_json())
        for _ in range(rng.choice([1, 1, 1, 2, 3])):
            mutate(rng, data)
        if (data["claim"], data["evidence"]) == (original.claim, original.evidence):
            continue
        tried += 1
        try:
            kernel.check_text(sealed(data))
        except kernel.Rejected:
            rejected += 1
        except kernel.Malformed:
            malformed += 1
        else:
            truth = ORACLES[original.kind](data["claim"], data["evidence"])
            true_mutants += truth
            wrong += not truth
    with capsys.disabled():
        print(
            f"\n  mutants of {name}: {tried} tried, {rejected} rejected, {malformed} malformed, "
            f"{true_mutants} accepted that state a truth, {wrong} accepted wrongly"
        )
    assert wrong == 0
    assert rejected > tried // 12


@pytest.mark.parametrize(
    ("path", "factor"),
    [
        (("evidence", "bound", "H"), 1 - Q(1, 10**8)),
        (("evidence", "bound", "H"), 1 + Q(1, 10**12)),
        (("evidence", "bound", "rho"), Q(1, 2)),
        (("evidence", "bound", "F_norm"), Q(9, 10)),
        (("claim", "input_bound"), 2),
    ],
)
def test_targeted_lies(subjects, path, factor):
    data = json.loads(subjects["equivalence"].to_json())
    parent = data
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = str(Q(parent[path[-1]]) * factor)
    assert check(sealed(data)) is Verdict.REFUTED


def test_an_ellipsoid_is_about_one_network(subjects):
    """Rows swapped, the bias dropped or the input bound doubled, in both networks alike."""
    original = json.loads(subjects["ellipsoid"].to_json())
    assert "P" in original["evidence"]["bound"]
    assert check(sealed(copy.deepcopy(original))) is Verdict.PROVED

    def lie(change):
        data = copy.deepcopy(original)
        change(data["evidence"]["bound"], data["claim"])
        return check(sealed(data))

    def swap_rows(bound, claim):
        bound["V"].reverse()

    def drop_bias(bound, claim):
        for net in (claim["rnn"], claim["urnn"]):
            net["b"][0] = net["b"][1] = "0"

    def larger_bias(bound, claim):
        for net in (claim["rnn"], claim["urnn"]):
            net["b"][0] = "9"

    def start_outside(bound, claim):
        for net in (claim["rnn"], claim["urnn"]):
            net["h_init"][0] = "100"

    def more_input(bound, claim):
        claim["input_bound"] = "2"

    def other_sign(bound, claim):
        bound["t"] = [str(-Q(t)) for t in bound["t"]]

    def too_small(bound, claim):
        bound["H"] = str(Q(bound["H"]) * Q(9, 10))

    for change in (swap_rows, larger_bias, start_outside, more_input, other_sign, too_small):
        assert lie(change) is Verdict.REFUTED, change.__name__
    assert lie(drop_bias) is Verdict.PROVED  # a smaller drive stays inside


def test_alpha_and_beta_swapped(subjects):
    data = json.loads(subjects["equivalence"].to_json())
    urnn = data["claim"]["urnn"]
    assert urnn["alpha"] != urnn["beta"]
    urnn["alpha"], urnn["beta"] = urnn["beta"], urnn["alpha"]
    assert check(sealed(data)) is Verdict.REFUTED


# -- claims that are false: no evidence proves them --------------------------------------------


def letter(name, domain, codomain, self_adjoint=False):
    return {
        "name": name, "domain": domain, "codomain": codomain, "self_adjoint": self_adjoint
    }  # fmt: skip


A, B, X, Y = (
    letter("A", "n", "r"),
    letter("B", "r", "n"),
    letter("X", "n", "n"),
    letter("Y", "n", "n"),
)
NUMBERS = [letter(name, "1", "1", self_adjoint=True) for name in "xyz"]
VECTORS = [letter("v", "1", "n"), letter("u", "1", "n"), letter("S", "n", "n", self_adjoint=True)]
SQUARE = {"domain": "n", "codomain": "n"}
FALSE = {  # each with a model in which the hypotheses hold and the conclusion does not
    "a one-sided inverse is two-sided": (
        [A, B],
        [relation("=", (1, "B A"), (-1, ""), **SQUARE)],
        relation("=", (1, "A B"), (-1, ""), domain="r", codomain="r"),
    ),
    "matrices commute": ([X, Y], [], relation("=", (1, "X Y"), (-1, "Y X"), **SQUARE)),
    "a matrix is self-adjoint": ([X], [], relation("=", (1, "X"), (-1, "X*"), **SQUARE)),
    "forms commute with matrices": (
        VECTORS, [], relation("=", (1, "u v* S"), (-1, "S u v*"), **SQUARE)
    ),
    "a form is positive": (VECTORS, [], relation(">=", (1, "v* S v"))),
    "an inner product is positive": (VECTORS, [], relation(">=", (1, "v* u"))),
    "a square is positive": (NUMBERS, [], relation(">=", (1, "x x"), (-1, ""))),
    "a product of what is not negative": (
        NUMBERS,
        [relation(">=", (1, "x")), relation(">=", (1, "y"))],
        relation(">=", (-1, "x y")),
    ),
    "0 is positive": (NUMBERS, [relation(">=", (1, "x"))], relation(">=", (-1, ""))),
    "x y = 0 makes x = 0": (NUMBERS, [relation("=", (1, "x y"))], relation("=", (1, "x"))),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_no_evidence_proves_what_is_false(name):
    letters, hypotheses, conclusion = FALSE[name]
    claim = {
        "label": "false", "letters": letters, "hypotheses": hypotheses, "conclusion": conclusion
    }  # fmt: skip
    rng = random.Random(name)
    words = [[]] + [
        list(w)
        for k in (1, 2)
        for w in itertools.product(
            [x["name"] for x in letters]
            + [x["name"] + "*" for x in letters if not x["self_adjoint"]],
            repeat=k,
        )
    ]
    verdicts = {"rejected": 0, "malformed": 0}
    vectors = [polynomial((1, "")), polynomial((1, "x")), polynomial((1, "v"), codomain="n")]
    vectors += [polynomial((1, "S v"), (-1, "u"), codomain="n"), polynomial((1, "x"), (-1, "y"))]
    vectors += [polynomial((1, "v* u")), polynomial()]
    for _ in range(400):
        multiples = [
            [rng.choice(["1", "-1", "1/2"]), rng.choice(words), rng.randrange(len(hypotheses)),
             rng.random() < 0.5, rng.choice(words)]
            for _ in range(rng.randrange(4) if hypotheses else 0)
        ]  # fmt: skip
        summands = [
            [rng.choice(["1", "2", "1/2"]),
             [rng.randrange(-1, len(hypotheses)) for _ in range(rng.randrange(3))],
             rng.choice(vectors)]
            for _ in range(rng.randrange(4) if conclusion["sign"] != "=" else 0)
        ]  # fmt: skip
        evidence = {"multiples": multiples, "summands": summands}
        try:
            kernel.check_text(Certificate("consequence", claim, evidence).to_json())
        except kernel.Rejected:
            verdicts["rejected"] += 1
        except kernel.Malformed:
            verdicts["malformed"] += 1
        else:
            pytest.fail(f"proved that {name}: {evidence}")
    assert verdicts["rejected"] >= 20


def test_without_one_of_its_parts_a_proof_is_none(subjects):
    """Each multiple and each summand of a certificate is needed, unless what it adds is 0."""
    for name in ("cofactors", "positivity", "numbers", "vectors"):
        original = subjects[name]
        for part in ("multiples", "summands"):
            for k in range(len(original.evidence[part])):
                evidence = copy.deepcopy(original.evidence)
                del evidence[part][k]
                changed = Certificate("consequence", original.claim, evidence)
                assert check(changed) is Verdict.REFUTED


def test_the_oracle_tells_models_apart():
    """Random models do refute what is false; or comparing with them would prove nothing."""
    for name, (letters, hypotheses, conclusion) in FALSE.items():
        if hypotheses or conclusion["sign"] != "=":
            continue
        values = [Model(letters, seed).polynomial(conclusion["polynomial"]) for seed in range(3)]
        assert any(x for rows in values for row in rows for x in row), name


# -- random JSON ---------------------------------------------------------------------------------


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.sampled_from(["1", "-1/2"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["kind", "claim", "W", "R"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(
    json_values,
    st.sampled_from(
        ["equivalence", "cofactors", "positivity", "vectors", "bundle", "bound: shift 4"]
    ),
    st.data(),
)
@settings(max_examples=400)
def test_random_json_and_random_edits_never_crash(subjects, value, kind, data):
    document = json.loads(subjects[kind].to_json())
    paths = list(leaves(document))
    path = data.draw(st.sampled_from(paths))
    parent = document
    for key in path[:-1]:
        parent = parent[key]
    before = parent[path[-1]]
    parent[path[-1]] = value
    for text in (json.dumps(value), json.dumps(document), sealed(document)):
        try:
            kernel.check_text(text)
        except (kernel.Malformed, kernel.Rejected):
            continue
        # Accepted: only if nothing changed, or the change is no part of claim and evidence,
        # or an independent look says that it is still true.
        unchanged = value == before and type(value) is type(before)
        if not unchanged and path[0] in ("claim", "evidence"):
            assert ORACLES[document["kind"]](document["claim"], document["evidence"])
