"""What is said about the ends of activations holds for their functions, on the whole line.

Arb encloses values on intervals; beyond K = 20 the inequalities that the docstrings derive decide.
"""

from __future__ import annotations

from fractions import Fraction as Q

import flint
import numpy as np
import pytest
from flint import arb
from mpmath import mp, mpf
from smooth import LIMITS, PHI

from urnn_proofs import kernel, piecewise_linear
from urnn_proofs.model.activation import Smooth, activation
from urnn_proofs.model.saturation import SELU_ALPHA, SELU_SCALE, saturation

NAMES = ("tanh", "logistic", "softplus", "elu", "selu", "gelu", "silu", "mish")
K = 20


def ball(a, b):
    """The interval [a, b], of rationals."""
    middle, radius = (a + b) / 2, (b - a) / 2
    return arb(exact(middle), exact(radius))


def exact(q):
    return arb(q.numerator) / q.denominator


def sigma(z):
    return 1 / (1 + (-z).exp())


def density(z):
    return (-z * z / 2).exp() / (2 * arb.pi()).sqrt()


def normal(z):
    return (-z / arb(2).sqrt()).erfc() / 2


def sp(z):
    return z.exp().log1p()


#: value and slope; ELU and SELU left of 0, where they are not lines.
FUNCTIONS = {
    "tanh": (lambda z: z.tanh(), lambda z: 1 - z.tanh() ** 2),
    "logistic": (sigma, lambda z: sigma(z) * sigma(-z)),
    "softplus": (sp, sigma),
    "elu": (lambda z: z.exp() - 1, lambda z: z.exp()),
    "selu": (
        lambda z: exact(SELU_SCALE * SELU_ALPHA) * (z.exp() - 1),
        lambda z: exact(SELU_SCALE * SELU_ALPHA) * z.exp(),
    ),
    "gelu": (lambda z: z * normal(z), lambda z: normal(z) + z * density(z)),
    "silu": (lambda z: z * sigma(z), lambda z: sigma(z) * (1 + z * sigma(-z))),
    "mish": (
        lambda z: z * sp(z).tanh(),
        lambda z: sp(z).tanh() + z * sigma(z) * (1 - sp(z).tanh() ** 2),
    ),
}


def everywhere(holds, low, high, depth=24):
    """Whether *holds* can be shown on [low, high], cut into pieces as small as needed."""
    pieces = [(Q(low), Q(high), 0)]
    while pieces:
        a, b, level = pieces.pop()
        if holds(ball(a, b)):
            continue
        if level == depth:
            return False
        middle = (a + b) / 2
        pieces += [(a, middle, level + 1), (middle, b, level + 1)]
    return True


def right_end(name):
    return 0 if name in ("elu", "selu") else K


@pytest.mark.parametrize("name", ["gelu", "silu", "mish"])
def test_the_slope_is_bounded_on_the_whole_line(name):
    L = exact(activation(name).lipschitz)
    slope = FUNCTIONS[name][1]
    assert everywhere(lambda z: abs(slope(z)) <= L, -K, K)
    # Beyond: the slope of GELU is Phi + z density, at most 1 + t exp(-t^2/2) in size; that of SiLU
    # sigma (1 + z sigma(-z)), at most 1 + t exp(-t); that of Mish at most 1 + 4 t exp(-2t) on the
    # right (1 - tanh^2 <= 4 exp(-2 softplus)), and (1 + t) exp(-t) on the left.  They fall with t.
    assert 1 + 4 * arb(K) * (-arb(K)).exp() <= L


@pytest.mark.parametrize("name", ["tanh", "logistic", "softplus", "elu", "selu"])
def test_the_slopes_that_formulas_bound_are_so_bounded_in_balls_too(name):
    L = exact(activation(name).lipschitz)
    slope = FUNCTIONS[name][1]
    assert everywhere(lambda z: abs(slope(z)) <= L + exact(Q(1, 10**6)), -K, right_end(name))


@pytest.mark.parametrize("name", ["gelu", "silu", "mish"])
def test_the_least_value_is_bounded(name):
    low = exact(saturation(activation(name)).low)
    value = FUNCTIONS[name][0]
    assert everywhere(lambda z: value(z) >= low, -K, 0)  # right of 0 values are positive
    assert -arb(K) * (-arb(K)).exp() >= low  # |phi(z)| <= t exp(-t) or t exp(-t^2/2) beyond


def test_softplus_of_0_is_below_seven_tenths():
    assert arb(2).log() < exact(saturation(activation("softplus")).at_zero)


def test_the_normal_density_at_0_is_below_two_fifths():
    assert density(arb(0)) < exact(saturation(activation("gelu")).limits[0].factor)


@pytest.mark.parametrize("name", NAMES)
def test_the_data_agree_with_the_functions(name):
    """At 2,000 points, with 60 digits: range, growth, signs, limits and tails."""
    about = saturation(activation(name))
    with mp.workdps(60):
        phi = PHI[name]
        tiny = mpf(10) ** -50
        number = lambda q: mpf(q.numerator) / q.denominator  # noqa: E731
        zero, growth = number(about.at_zero), number(about.growth)
        points = [mpf(k) / 40 for k in range(-1000, 1001)]
        for z in points:
            y = phi(z)
            assert about.low is None or y >= number(about.low) - tiny
            assert about.high is None or y <= number(about.high) + tiny
            assert abs(y) <= zero + growth * abs(z) + tiny
            assert z > 0 or y <= zero
            assert z < 0 or y >= -zero
        for limit in about.limits:
            sign = -1 if limit.side == "left" else 1
            worst = mpf(0)
            for k in range(1000, -1, -1):  # inwards: the largest distance beyond each B
                B = mpf(k) / 40
                worst = max(worst, abs(phi(sign * B) - number(limit.value)))
                if number(limit.least) > B:
                    continue
                grown = mpf(limit.shift) + mp.exp(number(limit.rate) * B**limit.power)
                tail = number(limit.factor) * B**limit.degree / grown
                assert worst <= tail * (1 + mpf(10) ** -40)
        assert name == "selu" or {x.side: x.value for x in about.limits} == LIMITS[name]


@pytest.mark.parametrize("name", NAMES)
def test_float64_evaluation_follows_the_function(name):
    z = np.linspace(-30, 30, 601)
    found = activation(name).numpy(z)
    with mp.workdps(30):
        wanted = np.array([float(PHI[name](mpf(float(v)))) for v in z])
    assert np.allclose(found, wanted, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", NAMES)
def test_the_kernel_knows_the_same_numbers(name):
    about, kind = saturation(activation(name)), kernel.within.KINDS[name]
    assert (kind.low, kind.high, kind.zero) == (about.low, about.high, about.at_zero)
    assert kind.G <= about.growth
    assert kind.L <= about.lipschitz
    assert kind.limits == {limit.side: limit.value for limit in about.limits}
    for x in about.limits:
        assert kind.tail == (x.factor, x.degree, x.shift, x.rate, x.power, x.least)


def test_the_kernel_knows_no_other():
    assert set(kernel.within.KINDS) == set(NAMES)


def test_nothing_is_known_about_the_ends_of_a_declared_function():
    """Its limit would be an assumption; only the data of a piecewise linear one say it."""
    assert saturation(Smooth("mine", np.tanh, Q(1))) is None
    assert saturation(activation("sin")) is None
    assert saturation(activation("leaky_relu")) is None


def test_a_piecewise_linear_one_is_read_from_its_data():
    ramp = piecewise_linear("ramp", knots=[-2, 1], slopes=[0, Q(1, 2), 0], value=-1)
    about = saturation(ramp)
    assert [(x.side, x.value, x.factor, x.least) for x in about.limits] == [
        ("left", -1, 0, 2),
        ("right", Q(1, 2), 0, 1),
    ]
    assert (about.low, about.high, about.growth) == (-1, Q(1, 2), Q(1, 2))
    falling = piecewise_linear("falling", knots=[0], slopes=[0, -1], value=0)
    assert saturation(falling) is None


def test_arb_rounds_outwards():
    """The balls above enclose: a wrong radius would show nothing."""
    z = ball(Q(-1, 3), Q(1, 7))
    assert z.contains(exact(Q(-1, 3)))
    assert z.contains(exact(Q(1, 7)))
    assert not everywhere(lambda z: z * z <= exact(Q(99, 100)), -1, 0)
    assert flint.ctx.prec >= 53
