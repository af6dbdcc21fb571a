"""Tampering: any single change to what was constructed must turn the report REFUTED.

The oracle is the definition, in plain Fractions: a change that happens to leave a true
statement (the sign of an isolated entry, say) may stay PROVED, and only such a change.
"""

from __future__ import annotations

import dataclasses
import random
from fractions import Fraction as Q

import numpy as np
import pytest
from changed import changed
from oracles import is_orthogonal

from urnn_proofs import (
    RNN,
    URNN,
    Equivalence,
    StoredNetwork,
    UnsupportedError,
    Verdict,
    equivalent_urnn,
)
from urnn_proofs.checks.exact.dilation import Dilation
from urnn_proofs.checks.exact.elimination import Elimination
from urnn_proofs.checks.exact.state_bound import BoundRule, StateBound
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.questions.families import draw_examples
from urnn_proofs.questions.layer import LayerEvidence


def subjects():
    for n in (1, 2, 3, 6):
        for example in draw_examples(n, seed=n):
            yield equivalent_urnn(example.rnn, example.input_bound, state_bound=example.state_bound)
    W = np.random.default_rng(0).standard_normal((4, 4))
    W *= 0.9 / np.linalg.norm(W, 2)
    yield equivalent_urnn(RNN(W, np.ones((4, 1)), np.zeros(4), np.ones((1, 4))), 1)


@pytest.fixture(scope="module")
def equivalences():
    return list(subjects())


def with_transition(e, U):
    urnn = e.urnn.replace(W=U)
    # The dilation is only evidence; an attacker would change it along.
    return changed(e, urnn=urnn, dilation=dataclasses.replace(e.evidence[0].dilation, U=U))


def new_value(rng, value):
    """Another value: a nudge far below rounding, a digit, a factor, zero, or plus one."""
    choices = [value + Q(1, 10**25), value * 2, value + 1, value * Q(9, 10), Q(0), -value]
    return rng.choice([c for c in choices if c != value])


def still_true(e, U):
    n = e.rnn.states
    corner = [[U.R[i, j] for j in range(n)] for i in range(n)]
    return (
        is_orthogonal(U.R.to_fractions(), U.alpha, U.beta)
        and corner == e.rnn.W.to_fractions()
        and all(x == 1 for x in (*U.alpha[:n], *U.beta[:n]))
    )


def test_the_untouched_subjects_are_proved(equivalences):
    assert all(e.verify().verdict is Verdict.PROVED for e in equivalences)


@pytest.mark.parametrize("seed", range(2))
def test_every_changed_entry_of_R_is_caught(equivalences, seed):
    rng = random.Random(seed)
    caught = truths = 0
    for e in equivalences:
        U = e.urnn.W
        size = U.shape[0]
        for _ in range(12):
            i, j = rng.randrange(size), rng.randrange(size)
            bad = Orthogonal(U.R.replace((i, j), new_value(rng, U.R[i, j])), U.alpha, U.beta)
            verdict = with_transition(e, bad).verify().verdict
            if still_true(e, bad):
                truths += 1
                assert verdict is Verdict.PROVED
            else:
                caught += 1
                assert verdict is Verdict.REFUTED, (i, j, bad)
    assert caught > 250
    assert truths < 30  # signs of isolated entries only


@pytest.mark.parametrize("name", ["alpha", "beta"])
@pytest.mark.parametrize("seed", range(2))
def test_every_changed_scale_is_caught(equivalences, name, seed):
    rng = random.Random(seed)
    for e in equivalences:
        U = e.urnn.W
        for _ in range(10):
            scale = list(getattr(U, name))
            i = rng.randrange(len(scale))
            value = new_value(rng, scale[i])
            scale[i] = value if value > 0 else Q(7, 3)
            bad = Orthogonal(U.R, **{"alpha": U.alpha, "beta": U.beta, name: tuple(scale)})
            if scale == list(getattr(U, name)):
                continue
            assert with_transition(e, bad).verify().verdict is Verdict.REFUTED


def test_scales_forced_negative_in_memory_are_caught(equivalences):
    for e in equivalences:
        U = e.urnn.W
        bad = Orthogonal(U.R, U.alpha, U.beta)
        object.__setattr__(bad, "alpha", (-U.alpha[0], *U.alpha[1:]))
        assert with_transition(e, bad).verify().verdict is Verdict.REFUTED


@pytest.mark.parametrize("seed", range(3))
def test_every_changed_H_is_caught(equivalences, seed):
    rng = random.Random(seed)
    for e in equivalences:
        if e.evidence[0].dilation.right.rank == 0:
            continue  # no gate: H appears nowhere in the URNN and need not be tight
        factor = rng.choice([1 - Q(1, 10**12), 1 + Q(1, 10**12), Q(1, 2), 2, -1])
        H = e.bound.H * factor if e.bound.H else Q(1)
        bad = changed(e, bound=dataclasses.replace(e.bound, H=H))
        assert bad.verify().verdict is Verdict.REFUTED


@pytest.mark.parametrize("seed", range(3))
def test_every_changed_weight_of_the_urnn_is_caught(equivalences, seed):
    rng = random.Random(seed)
    for e in equivalences:
        for name in ("F", "b", "C", "h_init", "offset"):
            part = getattr(e.urnn, name)
            where = rng.randrange(part.shape[0]), rng.randrange(part.shape[1])
            bad = e.urnn.replace(**{name: part.replace(where, new_value(rng, part[where]))})
            assert changed(e, urnn=bad).verify().verdict is Verdict.REFUTED


def test_a_lowered_bias_with_a_lowered_H_is_caught(equivalences):
    """Consistent tampering: H and the lower bias changed together, below what S4 allows."""
    for e in equivalences:
        r, n = e.evidence[0].dilation.right.rank, e.rnn.states
        if r == 0 or e.bound.H == 0:
            continue
        H = e.bound.H * (1 - Q(1, 10**6))
        b = [row[0] for row in e.urnn.b.to_fractions()[:n]] + [-H] * r
        urnn = e.urnn.replace(b=b)
        bad = changed(e, urnn=urnn, bound=dataclasses.replace(e.bound, H=H))
        # Where the bound had slack (it is rounded up, or supplied), a lower H can be true.
        verdict = bad.verify().verdict
        if e.bound.rule.value == "norm rule":
            assert verdict is Verdict.REFUTED


def test_the_rnn_swapped_for_another_is_caught(equivalences):
    for e in equivalences:
        W = e.rnn.W.replace((0, 0), e.rnn.W[0, 0] / 2 - Q(1, 16))
        other = e.rnn.replace(W=W)
        if other.W == e.rnn.W:
            continue
        assert changed(e, rnn=other).verify().verdict is Verdict.REFUTED


def test_tanh_in_place_of_relu_is_caught(equivalences):
    """Wherever units were added; without any, the claim holds for every activation."""
    with_gates = [e for e in equivalences if e.urnn.states > e.rnn.states]
    assert len(with_gates) >= 6
    for e in with_gates[:6]:
        parts = [x.replace(activation="tanh") for x in (e.rnn, e.urnn)]
        both = changed(e, rnn=parts[0], urnn=parts[1])
        assert both.verify().verdict is Verdict.REFUTED
        assert changed(e, urnn=parts[1]).verify().verdict is Verdict.REFUTED


def test_forged_evidence_cannot_carry_a_matrix_that_is_not_orthogonal(equivalences):
    """Evidence that belongs to another network, or that is all zero, never yields PROVED."""
    for e, other in zip(equivalences, equivalences[1:]):
        U = e.urnn.W
        bad = Orthogonal(U.R.replace((0, 0), U.R[0, 0] + 1), U.alpha, U.beta)
        zero = Elimination(
            e.evidence[0].dilation.right.Y * 0,
            e.evidence[0].dilation.right.U * 0,
            e.evidence[0].dilation.right.support,
        )
        for evidence in (other.evidence[0].dilation, Dilation(bad, zero, zero)):
            forged = changed(with_transition(e, bad), dilation=evidence)
            assert forged.verify().verdict is Verdict.REFUTED


@pytest.mark.parametrize("rule", BoundRule)
def test_a_forged_bound_beside_copies_keeps_no_layer_small(rule):
    """No gate of a layer made of copies needs a bound, but the layer above it needs one."""
    sums = RNN([[1]], [[1]], [0], [[1]])
    above = equivalent_urnn(RNN([[Q(1, 2)]], [[1]], [0], [[1]]), 1)
    one, none = Q(1), Q(0)
    below = LayerEvidence(one, copies=(0,), bound=StateBound(none, rule, one, none, none, none))
    forged = Equivalence(
        StoredNetwork.of(sums, above.rnn),
        StoredNetwork.of(URNN([[1]], [[1]], [0], [[1]]), above.urnn),
        one,
        (below, above.evidence[0]),
    )
    x = np.concatenate([np.ones((20, 1)), -np.ones((20, 1))])
    apart = above.rnn.run(sums.run(x)) - above.urnn.run(sums.run(x))
    assert np.abs(apart).max() > 100, "the states of the first layer grow, and gates open"
    with pytest.raises(UnsupportedError, match="no rule here bounds the states"):
        forged.verify()
