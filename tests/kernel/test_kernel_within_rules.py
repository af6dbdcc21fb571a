"""Every rule of certificates within epsilon, by certificates written by hand.

Each inequality is met exactly, and then missed by a little.  As ``test_kernel_rules.py``, for
``make mutants``.
"""

from __future__ import annotations

from fractions import Fraction as Q

import pytest
from test_kernel_rules import changed, said, texts

from urnn_proofs.kernel import within
from urnn_proofs.kernel.reading import Budget

W, V = Q(3, 5), Q(4, 5)
DELTA = Q(1, 2 * 10**8)
LITTLE = Q(1, 10**20)


def claim(**parts):
    """tanh, w = 3/5, F = C = 1, b = 0, M = 1, and the smallest epsilon for delta."""
    bias = -(10 + V + DELTA)
    rnn = {"W": [[W]], "F": [[1]], "b": [0], "C": [[1]], "h_init": [0]}
    urnn = {
        "R": [[W, V], [V, -W]], "F": [[1], [0]], "b": [0, bias], "C": [[1, 0]],
        "h_init": [0, -1], "alpha": [1, 1], "beta": [1, 1], "offset": [0, -1],
    }  # fmt: skip
    base = {
        "rnn": rnn, "urnn": urnn, "activation": "tanh", "input_bound": 1, "input_error": 0,
        "epsilon": 2 * DELTA,
    }  # fmt: skip
    return base | parts


def evidence(**parts):
    base = {
        "side": "left", "terms": 60, "weights": [1], "low": [-1], "high": [1],
        "margin": 10, "delta": DELTA, "spread": DELTA, "omega": W, "gain": V, "F_norm": 1,
        "b_norm": 0, "C_norm": 1, "H": Q(5, 2) + 2 * DELTA,
    }  # fmt: skip
    return base | parts


def written(value):
    """Numbers as texts, but for the whole number of terms."""
    if isinstance(value, dict):
        return {k: v if k == "terms" else written(v) for k, v in value.items()}
    return value if isinstance(value, str) else texts(value)


def judged(claimed, shown):
    return said("within", written(claimed), written(shown))


def accepted(claimed, shown):
    answer = judged(claimed, shown)
    assert answer.startswith("the outputs of an RNN"), answer


def refused(claimed, shown, why):
    answer = judged(claimed, shown)
    assert answer.startswith(f"Rejected: {why}"), answer


def test_what_holds_exactly_is_accepted():
    assert judged(claim(), evidence()) == (
        "the outputs of an RNN with 1 states (1 inputs, 1 outputs) and a URNN with 2 states, both "
        "with the activation tanh, differ by at most 1/100000000 in norm for all k and all inputs "
        "with ||x^k|| <= 1"
    )
    more = judged(claim(input_error=DELTA, epsilon=Q(9, 2) * DELTA), evidence())
    assert more.endswith(
        "all inputs with ||x^k|| <= 1, ||x_u^k|| <= 1 and ||x_u^k - x^k|| <= 1/200000000"
    )


ERRORS = "the errors may add up to more than epsilon"


@pytest.mark.parametrize(
    ("shown", "claimed", "why"),
    [
        ({}, {"epsilon": 2 * DELTA - LITTLE}, ERRORS),
        ({}, {"input_error": DELTA, "epsilon": Q(9, 2) * DELTA - LITTLE}, ERRORS),
        ({"C_norm": 1 + LITTLE}, {}, ERRORS),
        ({"omega": W + LITTLE, "H": 3}, {}, ERRORS),
        ({"gain": V + LITTLE, "H": 3}, {}, ERRORS),
        ({"omega": 1, "H": 10**6}, {"epsilon": 10**9}, "L omega or G omega is not below 1"),
        ({"omega": W - LITTLE}, {}, "omega is too small"),
        ({"gain": V - LITTLE}, {}, "gain is too small"),
        ({"F_norm": 1 - LITTLE}, {}, "F_norm is too small"),
        ({"C_norm": 1 - LITTLE}, {}, "C_norm is too small"),
        ({"H": Q(5, 2) + 2 * DELTA - LITTLE}, {}, "the states may leave the ball"),
        ({"b_norm": LITTLE}, {}, "the states may leave the ball"),
        ({"F_norm": 1 + LITTLE}, {}, "the states may leave the ball"),
        ({"spread": DELTA - LITTLE}, {}, "the tail of phi is not shown"),
        ({"delta": DELTA / 2}, {}, "the tail of phi is not shown"),
        ({"terms": 20}, {}, "the tail of phi is not shown"),
        ({"margin": Q(98, 10)}, {}, "the tail of phi is not shown"),
        ({"margin": 10 + LITTLE}, {}, "the bias of an added unit"),
        ({"high": [1 - LITTLE]}, {}, "state 0 may leave its box"),
        ({"low": [LITTLE - 1]}, {}, "state 0 may leave its box"),
        ({"high": [1 + LITTLE], "low": [-1 - LITTLE]}, {}, "the bias of an added unit"),
        ({"high": [-LITTLE]}, {}, "a weight is not positive"),
        ({"low": [LITTLE]}, {}, "a weight is not positive"),
        ({"weights": [0]}, {}, "a weight is not positive"),
        ({"weights": [-1]}, {}, "a weight is not positive"),
        *(
            ({name: -LITTLE}, {}, "a weight is not positive")
            for name in ("margin", "delta", "spread", "omega", "gain", "F_norm", "b_norm",
                         "C_norm", "H")
        ),
    ],
)  # fmt: skip
def test_what_misses_by_a_little_is_rejected(shown, claimed, why):
    refused(claim(**claimed), evidence(**shown), why)


NOT_IT = "the second network is not the first one with units added at their limit"
NOT_ORTHOGONAL = "U is not orthogonal, or its first scales are not 1"


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (("urnn", "b", 1), -(10 + V + DELTA) + LITTLE, "the bias of an added unit"),
        (("urnn", "b", 1), 10 + V + DELTA, "the bias of an added unit"),
        (("urnn", "b", 0), LITTLE, NOT_IT),
        (("urnn", "h_init", 0), LITTLE, NOT_IT),
        (("urnn", "h_init", 1), LITTLE - 1, NOT_IT),
        (("urnn", "offset", 0), LITTLE, NOT_IT),
        (("urnn", "offset", 1), LITTLE - 1, NOT_IT),
        (("urnn", "F", 0, 0), 1 + LITTLE, NOT_IT),
        (("urnn", "F", 1, 0), LITTLE, NOT_IT),
        (("urnn", "C", 0, 0), 1 + LITTLE, NOT_IT),
        (("urnn", "C", 0, 1), LITTLE, NOT_IT),
        (("rnn", "W", 0, 0), W + LITTLE, NOT_IT),
        (("urnn", "R", 1, 1), W, NOT_ORTHOGONAL),
        (("urnn", "R"), [[V, W], [W, -V]], NOT_IT),
        (("urnn", "alpha", 1), 2, NOT_ORTHOGONAL),
        (("urnn", "beta", 1), 2, NOT_ORTHOGONAL),
        (("input_bound",), 1 + LITTLE, "the states may leave the ball"),
        (("rnn", "b", 0), LITTLE, NOT_IT),
        (("rnn", "h_init", 0), LITTLE, NOT_IT),
    ],
)
def test_the_second_network_is_the_dilation(path, value, why):
    refused(changed(claim(), (path, value)), evidence(), why)


def test_scales_of_the_first_rows_are_1():
    """The same orthogonal matrix, written with other scales."""
    halved = [[W / 2, V / 2], [V, -W]]
    for alpha, beta, R in (([4, 1], [1, 1], halved), ([1, 1], [4, 1], [[W / 2, V], [V / 2, -W]])):
        other = changed(
            claim(),
            (("urnn", "R"), R), (("urnn", "alpha"), alpha), (("urnn", "beta"), beta),
        )  # fmt: skip
        refused(other, evidence(), NOT_ORTHOGONAL)


def test_scales_of_added_rows_count_in_their_reach():
    """Row [2/5, -3/10] with scale 4 is row [4/5, -3/5]."""
    other = changed(
        claim(), (("urnn", "R"), [[W, V], [V / 2, -W / 2]]), (("urnn", "alpha"), [1, 4])
    )
    accepted(other, evidence())
    refused(
        changed(other, (("urnn", "b", 1), -(10 + V + DELTA) + LITTLE)),
        evidence(),
        "the bias of an added unit",
    )


def test_the_right_end_mirrors_the_left_one():
    right = changed(
        claim(),
        (("urnn", "b", 1), 10 + V + DELTA), (("urnn", "h_init", 1), 1), (("urnn", "offset", 1), 1),
    )  # fmt: skip
    accepted(right, evidence(side="right"))
    refused(right, evidence(), NOT_IT)
    refused(
        changed(right, (("urnn", "b", 1), 10 + V + DELTA - LITTLE)),
        evidence(side="right"),
        "the bias of an added unit",
    )


def test_a_small_ball_serves_instead_of_the_box():
    """M = 1/10: H = 1/4 + 2 delta bounds the reach of the gate, and the box too."""
    H = Q(1, 4) + 2 * DELTA
    small = changed(claim(input_bound=Q(1, 10)), (("urnn", "b", 1), -(10 + V * H + DELTA)))
    accepted(small, evidence(H=H))
    accepted(small, evidence(H=H, high=[H], low=[-H]))
    refused(small, evidence(H=H, high=[H - LITTLE], low=[-H]), "state 0 may leave its box")
    refused(small, evidence(H=H, high=[H], low=[LITTLE - H]), "state 0 may leave its box")
    higher = changed(small, (("urnn", "b", 1), lambda b: b + LITTLE))
    refused(higher, evidence(H=H), "the bias of an added unit")


def test_a_box_below_what_the_ball_gives():
    """h_init = 0 and a large H: only p_i = reach + ||F|| M + b + spread keeps the box."""
    high = (Q(1, 10) + DELTA) / (1 - W)
    small = claim(input_bound=Q(1, 10))
    accepted(small, evidence(high=[high], low=[-high]))
    for name, by in (("high", high - LITTLE), ("low", LITTLE - high)):
        box = {"high": [high], "low": [-high]} | {name: [by]}
        refused(small, evidence(**box), "state 0 may leave its box")


def test_biases_move_the_box_to_their_side():
    beta = Q(1, 10)
    H = (1 * Q(1, 10) + beta + V * DELTA) / (1 - W)
    for sign in (1, -1):
        moved = changed(
            claim(input_bound=Q(1, 10)),
            (("rnn", "b", 0), sign * beta), (("urnn", "b", 0), sign * beta),
        )  # fmt: skip
        # far = w far + 1/10 + beta + delta on one side; near = w near + 1/10 - beta + delta
        far, near = (Q(1, 5) + DELTA) / (1 - W), DELTA / (1 - W)
        low, high = (-near, far) if sign > 0 else (-far, near)
        shown = evidence(low=[low], high=[high], b_norm=beta, H=H + 1)
        accepted(moved, shown)
        for name, value in (("low", low + LITTLE), ("high", high - LITTLE)):
            refused(moved, shown | {name: [value]}, "state 0 may leave its box")
        refused(moved, shown | {"b_norm": beta - LITTLE}, "b_norm is too small")
        refused(moved, shown | {"H": H - LITTLE}, "the states may leave the ball")
        accepted(moved, evidence(b_norm=beta, H=H))


@pytest.mark.parametrize(("start", "why"), [(1, ""), (1 + LITTLE, "state 0"), (-1, ""),
                                            (-1 - LITTLE, "state 0")])  # fmt: skip
def test_the_first_state_is_in_the_box(start, why):
    other = changed(claim(), (("rnn", "h_init", 0), start), (("urnn", "h_init", 0), start))
    accepted(other, evidence()) if not why else refused(other, evidence(), why)


def test_a_box_may_end_at_0():
    """b = -2: preactivations are negative, or with b = 2 positive."""
    for sign in (1, -1):
        moved = changed(claim(), (("rnn", "b", 0), 2 * sign), (("urnn", "b", 0), 2 * sign))
        box = {"low": [0], "high": [1]} if sign > 0 else {"low": [-1], "high": [0]}
        accepted(moved, evidence(b_norm=2, H=8, **box))


def test_the_first_state_is_in_the_ball():
    H = Q(1, 4) + 2 * DELTA
    small = claim(input_bound=Q(1, 10))
    for start, why in ((H, ""), (H + LITTLE, "the first state is outside the ball")):
        other = changed(small, (("rnn", "h_init", 0), start), (("urnn", "h_init", 0), start))
        accepted(other, evidence(H=H)) if not why else refused(other, evidence(H=H), why)


# -- two states, weights, other activations ----------------------------------------------------


def pair(activation="logistic", **parts):
    """W = 0, so that U swaps upper and added units; logistic: no error but that of the tail."""
    zero, one = [[0, 0], [0, 0]], [[1, 0], [0, 1]]
    rnn = {"W": zero, "F": one, "b": [0, 0], "C": [[2, 1]], "h_init": [0, 0]}
    kappa, bias = Q(0), -(25 + parts.pop("reach", 1) + 2 * Q(1, 10**9))
    urnn = {
        "R": [[0, 0, 1, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]],
        "F": [*one, [0, 0], [0, 0]], "b": [0, 0, bias, bias], "C": [[2, 1, 0, 0]],
        "h_init": [0, 0, kappa, kappa], "alpha": [1] * 4, "beta": [1] * 4,
        "offset": [0, 0, kappa, kappa],
    }  # fmt: skip
    base = {
        "rnn": rnn, "urnn": urnn, "activation": activation, "input_bound": 1, "input_error": 0,
        "epsilon": 1,
    }  # fmt: skip
    return base | parts


def shown(**parts):
    base = {
        "side": "left", "terms": 120, "weights": [2, 1], "low": [0, 0], "high": [1, 1],
        "margin": 25, "delta": Q(1, 10**9), "spread": 2 * Q(1, 10**9), "omega": 0, "gain": 2,
        "F_norm": 2, "b_norm": 0, "C_norm": Q(3, 2), "H": 10,
    }  # fmt: skip
    return base | parts


def test_weights_scale_every_norm():
    accepted(pair(), shown())
    root = Q(1414213562373095049, 10**18)  # of 2, rounded up
    for name, value in (("gain", 2), ("F_norm", 2), ("C_norm", root), ("spread", root / 10**9)):
        accepted(pair(), shown(**{name: value}))
        why = "the tail of phi" if name == "spread" else f"{name} is too small"
        refused(pair(), shown(**{name: value - Q(1, 10**15) / 10 ** (9 * (name == "spread"))}), why)
    for weights in ([1], [2, 1, 1]):
        assert judged(pair(), shown(weights=weights)).startswith("Malformed: weights, box")


def test_each_state_has_its_part_of_the_ball():
    """|g_i| <= H / D_i: for softplus only this bounds the box here."""
    # H = F_norm M + b_norm + gain spread + (7/10) |D 1|, a little more
    H = 2 + 4 * Q(1, 10**9) + Q(7, 10) * Q(22360679774997897, 10**16)
    soft = shown(low=[0, 0], high=[H / 2, H], H=H)
    reach = H  # of the second unit; that of the first is less
    accepted(pair("softplus", reach=reach), soft)
    up = Q(7, 10) + 1 + 2 * Q(1, 10**9)
    accepted(pair("softplus", reach=reach), soft | {"high": [up, up]})
    refused(pair("softplus", reach=reach), soft | {"high": [up, up - LITTLE]}, "state 1 may leave")
    refused(pair("softplus", reach=reach), soft | {"high": [up - LITTLE, up]}, "state 0 may leave")
    refused(pair("softplus"), soft | {"H": H - Q(1, 10**12)}, "the states may leave the ball")


def test_each_state_has_its_part_of_the_ball_below_too():
    """tanh, W = 0, M = 1/10, weights 2 and 1: H = 2/10 + gain spread, H / 2 and H."""
    tiny = Q(1, 10**9)
    H = Q(2, 10) + 4 * tiny
    small = pair("tanh", reach=1, input_bound=Q(1, 10))
    for i in (2, 3):
        small = changed(small, (("urnn", "h_init", i), -1), (("urnn", "offset", i), -1))
    first, second = H / 2, Q(1, 10) + 2 * tiny  # p_i = 1/10 + spread, below H
    box = shown(H=H, low=[-first, -second], high=[first, second])
    accepted(small, box)
    for name, sign in (("low", 1), ("high", -1)):
        for i, why in ((0, "state 0 may leave"), (1, "state 1 may leave")):
            refused(small, changed(box, ((name, i), lambda x, s=sign: x + s * LITTLE)), why)


@pytest.mark.parametrize("weight", [2, Q(1, 2)])
def test_the_ball_bounds_a_state_by_its_weight(weight):
    """|g| <= H / D: a little less than what p gives, as the gain is below the weight."""
    H = weight * (Q(1, 10) + V * DELTA) / (1 - W)
    small = claim(input_bound=Q(1, 10), epsilon=1)
    norms = {"gain": weight * V, "F_norm": weight, "C_norm": 1 / Q(weight), "weights": [weight]}
    high = H / weight
    accepted(small, evidence(H=H, high=[high], low=[-high], **norms))
    for ends in ((-high, high - LITTLE), (LITTLE - high, high)):
        box = {"low": [ends[0]], "high": [ends[1]]}
        refused(small, evidence(H=H, **box, **norms), "state 0 may leave its box")
    gated = changed(small, (("urnn", "b", 1), -(10 + V * high + DELTA)))
    accepted(gated, evidence(H=H, **norms))
    higher = changed(gated, (("urnn", "b", 1), lambda b: b + LITTLE))
    refused(higher, evidence(H=H, **norms), "the bias of an added unit")


def test_entries_of_1_reach_the_upper_end_of_the_box():
    accepted(pair(), shown())
    refused(pair(reach=1 - LITTLE), shown(), "the bias of an added unit")


def test_slopes_above_1_count():
    """gelu: 113/100 * 9/10 is above 1, though |phi(z)| <= |z|."""
    why = "L omega or G omega is not below 1"
    refused(pair("gelu", reach=5), shown(low=[-1, -1], high=[5, 5], H=100, omega=Q(9, 10)), why)


def test_every_entry_of_a_box_and_every_weight_counts():
    for name, bad in (("low", Q(1, 2)), ("high", Q(-1, 2)), ("weights", -1)):
        for i in (0, 1):
            other = changed(shown(low=[-1, -1]), ((name, i), bad))
            refused(pair(), other, "a weight is not positive")


def test_the_box_is_as_wide_as_the_range():
    """Values of the logistic function are in [0, 1], and nothing else is needed of the box."""
    accepted(pair(), shown())
    refused(pair(), shown(high=[1, Q(3, 4)]), "state 1 may leave its box")
    accepted(pair(), shown(high=[1, Q(3, 4) + Q(1, 2) * Q(1, 10**9)]))  # 1/2 + (1 + spread) / 4
    for name in ("elu", "selu", "gelu", "silu", "mish"):
        low = within.KINDS[name].low
        wide = shown(low=[low, low], high=[5, 5], margin=25, H=20)
        answer = judged(pair(name, reach=5), wide)
        if name in ("elu", "selu"):  # their limit is not 0
            assert answer.startswith("Rejected: the second network"), answer
        else:
            assert answer.startswith("the outputs"), answer
            refused(pair(name, reach=5), wide | {"low": [low, low + LITTLE]}, "state 1 may leave")
            refused(pair(name, reach=5), wide | {"low": [low + LITTLE, low]}, "state 0 may leave")


def test_no_added_unit_needs_no_margin():
    still = claim(activation="logistic", epsilon=0)
    still["rnn"] = still["rnn"] | {"W": [[1]]}
    still["urnn"] = {
        "R": [[1]], "F": [[1]], "b": [0], "C": [[1]], "h_init": [0], "alpha": [1], "beta": [1],
        "offset": [0],
    }  # fmt: skip
    accepted(still, evidence(omega=1, gain=0, delta=0, spread=0, margin=0, terms=0, low=[0]))
    smaller = still | {"rnn": pair()["rnn"]}
    assert judged(smaller, shown()).startswith("Malformed: weights, box or offset do not fit")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("terms",), True), (("terms",), "60"), (("terms",), -1), (("terms",), 4001),
        (("side",), "middle"), (("side",), ["left"]), (("low",), ["-1", "-1"]), (("high",), []),
    ],
)  # fmt: skip
def test_evidence_that_makes_no_sense_is_malformed(path, value):
    data = changed(written(evidence()), (path, value))
    assert said("within", written(claim()), data).startswith("Malformed")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("activation",), "sin"), (("activation",), ["tanh"]), (("epsilon",), "-1"),
        (("input_error",), "-1"), (("input_bound",), "-1"), (("urnn", "offset"), ["0"]),
    ],
)  # fmt: skip
def test_a_claim_that_makes_no_sense_is_malformed(path, value):
    data = changed(written(claim()), (path, value))
    assert said("within", data, written(evidence())).startswith("Malformed")


def test_a_side_without_a_limit_is_malformed():
    assert judged(pair("softplus"), shown(side="right")).startswith("Malformed: terms must be")


def test_4000_terms_are_summed_and_no_more():
    accepted(claim(), evidence(terms=4000))
    assert within.TERMS == 4000


def test_a_margin_of_many_digits_is_refused_before_the_work():
    long = evidence(terms=4000, margin=Q(10**499 + 1, 10**490))
    assert judged(claim(), long).startswith("Malformed: checking it would take too long")


# -- tails: how near the limits they come ------------------------------------------------------


def tail(name, margin, delta, terms=400):
    shown_ = within.Evidence(*map(Q, (margin, delta, *[0] * 7)))
    return within._tail(within.KINDS[name], shown_, terms, Budget())


@pytest.mark.parametrize(
    ("name", "margin", "delta"),
    [
        # with exp(10) = 22026.4657948..., exp(5) = 148.413159102...
        ("tanh", 5, 2 / (1 + Q("22026.465794806716"))),
        ("logistic", 5, 1 / (1 + Q("148.413159102576603"))),
        ("softplus", 5, 1 / Q("148.413159102576603")),
        ("elu", 5, 1 / Q("148.413159102576603")),
        ("selu", 5, Q("1.758099340847376624") / Q("148.413159102576603")),
        ("gelu", 3, Q(2, 5) / Q("90.0171313005218135")),
        ("silu", 5, 5 / Q("148.413159102576603")),
        ("mish", 5, 5 / Q("148.413159102576603")),
    ],
)
def test_tails_are_those_of_the_formula(name, margin, delta):
    assert tail(name, margin, delta * (1 + Q(1, 10**14)))
    assert not tail(name, margin, delta * (1 - Q(1, 10**14)))


def test_taylor_polynomials_by_hand():
    """softplus, B = 1: 1 + 1 + 1/2 + 1/6 = 8/3 with 3 terms."""
    assert tail("softplus", 1, Q(3, 8), 3)
    assert not tail("softplus", 1, Q(3, 8) - LITTLE, 3)
    assert tail("softplus", 3, 1, 0)
    assert not tail("softplus", 3, 1 - LITTLE, 0)
    # tanh, B = 1/3: t = 2/3, 1 + 2/3 + 2/9, and 2 / (1 + 17/9)
    assert tail("tanh", Q(1, 3), Q(18, 26), 2)
    assert not tail("tanh", Q(1, 3), Q(18, 26) - LITTLE, 2)


def test_silu_falls_from_1_on():
    assert tail("silu", 1, Q(1, 2))
    assert not tail("silu", 1 - LITTLE, Q(1, 2))
    assert not tail("mish", 1 - LITTLE, Q(1, 2))


def test_what_a_tail_costs_is_counted():
    budget = Budget()
    before = budget.left
    within._tail(within.KINDS["tanh"], within.Evidence(*map(Q, (10, 1, *[0] * 7))), 60, budget)
    # t = 20 has 5 + 1 bits, 4000 has 12: one word
    assert before - budget.left == 60**2
    long = within.Evidence(*map(Q, (2**29, 1, *[0] * 7)))  # t = 2^30: 31 + 1 + 12 bits
    left = budget.left
    within._tail(within.KINDS["tanh"], long, 3, budget)
    assert left - budget.left == 9 * 4
    exact = within.Evidence(*map(Q, (2**15, 1, *[0] * 7)))  # t = 2^16: 17 + 1 + 12 = 30 bits
    left = budget.left
    within._tail(within.KINDS["tanh"], exact, 3, budget)
    assert left - budget.left == 9 * 4


# -- the table, each number as the head of the module says it ----------------------------------


def test_the_table_of_activations():
    selu = Q("1.0507009873554804934193349852946") * Q("1.6732632423543772848170429916717")
    table = {
        "tanh": (-1, 1, 0, 1, 1, {"left": -1, "right": 1}, (2, 0, 1, 2, 1, 0)),
        "logistic": (
            0, 1, Q(1, 2), Q(1, 4), Q(1, 4), {"left": 0, "right": 1}, (1, 0, 1, 1, 1, 0)
        ),
        "softplus": (0, None, Q(7, 10), 1, 1, {"left": 0}, (1, 0, 0, 1, 1, 0)),
        "elu": (-1, None, 0, 1, 1, {"left": -1}, (1, 0, 0, 1, 1, 0)),
        "selu": (-selu, None, 0, selu, selu, {"left": -selu}, (selu, 0, 0, 1, 1, 0)),
        "gelu": (Q(-17, 100), None, 0, 1, Q(113, 100), {"left": 0}, (Q(2, 5), 0, 0, Q(1, 2), 2, 0)),
        "silu": (Q(-279, 1000), None, 0, 1, Q(11, 10), {"left": 0}, (1, 1, 0, 1, 1, 1)),
        "mish": (Q(-309, 1000), None, 0, 1, Q(11, 10), {"left": 0}, (1, 1, 0, 1, 1, 1)),
    }  # fmt: skip
    assert within.KINDS == table


def test_roots_are_rounded_up_and_exact_where_they_can_be():
    for x in (Q(0), Q(1, 4), Q(9, 16), Q(10**40)):
        assert within.root(x) ** 2 == x
    for x in (Q(2), Q(1, 3), Q(10**30 + 1, 7)):
        r = within.root(x)
        assert x < r**2
        assert (r * (1 - Q(1, 2**63))) ** 2 < x


def test_what_the_reaches_cost_is_counted(monkeypatch):
    """Before any is computed: six products for each entry of the two matrices."""
    spent = []
    monkeypatch.setattr(Budget, "spend", lambda self, steps: spent.append(steps))
    accepted(claim(), evidence())
    assert 6 * 2 * 1 * 1 in spent
    # entries of 41 bits: two words
    fine = claim()
    one = Q(2**40, 2**40 + 1)  # cos and sin of a small angle: (1 - t^2, 2 t) / (1 + t^2)
    cos, sin = (1 - one**2) / (1 + one**2), 2 * one / (1 + one**2)
    fine["rnn"] = fine["rnn"] | {"W": [[cos]]}
    fine["urnn"] = fine["urnn"] | {"R": [[cos, sin], [sin, -cos]]}
    spent.clear()
    judged(fine, evidence(omega=cos, gain=sin, H=3))
    words = max(within.bits(within.whole(M)[0]) for M in ([[cos]], [[cos, sin], [sin, -cos]])) // 30
    assert 6 * 2 * 1 * (words + 1) ** 2 in spent
    assert words == 2
