"""The synthetic systems are what the paper describes; the exact URNN reaches the noise floor."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from urnn_proofs import equivalent_urnn, is_contractive
from urnn_proofs.experiments.reference import reference
from urnn_proofs.experiments.systems import (
    Dataset,
    System,
    draw_system,
    make_dataset,
    simulate,
    squared_errors,
)
from urnn_proofs.model.errors import InputError, NotContractiveError

SEEDS = [0, 1, 2, 3]
SIZES = {"training": 40, "test": 20, "steps": 200}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_normalised_system_is_what_the_text_of_the_paper_describes(seed):
    system = draw_system(seed, steps=300, normalise=True)
    assert (system.W.shape, system.F.shape) == ((4, 4), (4, 2))
    assert (system.b.shape, system.C.shape) == ((4,), (2, 4))
    values = np.linalg.eigvalsh(system.W)
    np.testing.assert_allclose(system.W, system.W.T, atol=1e-15)
    # W = I - 0.01 A^T A / ||A||^2: the smallest eigenvalue is 0.99, none reaches 1.
    assert values[0] == pytest.approx(0.99, abs=1e-12)
    assert 0.99 < values[-1] < 1
    assert is_contractive(system.network())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_system_as_it_is_programmed_forgets_faster(seed):
    """W = I - 0.01 A^T A: the same A, F and C as the normalised system, and contractive."""
    system, text = (draw_system(seed, steps=300, normalise=n) for n in (False, True))
    np.testing.assert_array_equal(system.C, text.C)
    change, other = np.eye(4) - system.W, np.eye(4) - text.W
    ratio = change / other
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-9)  # ||A||^2
    assert 2 < ratio[0, 0] < 30
    np.testing.assert_allclose(system.W, system.W.T, atol=1e-15)
    assert np.linalg.norm(change, 2) == pytest.approx(0.01 * ratio[0, 0])
    assert is_contractive(system.network())


@pytest.mark.parametrize("seed", SEEDS)
def test_a_diagonal_system_has_the_diagonal_of_the_other(seed):
    system, other = (draw_system(seed, steps=300, diagonal=d) for d in (True, False))
    np.testing.assert_array_equal(system.W, np.diag(np.diag(other.W)))
    np.testing.assert_array_equal(system.F, other.F)
    assert is_contractive(system.network())


def test_an_epsilon_with_which_the_norm_would_reach_one_is_refused():
    with pytest.raises(InputError, match="expected a product below 1"):
        draw_system(0, epsilon=0.3)
    draw_system(0, epsilon=0.3, normalise=True, steps=50)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_unit_is_on_for_60_percent_of_the_time_on_fresh_inputs(seed):
    system = draw_system(seed, steps=300)
    x = np.random.default_rng(99).standard_normal((300, 300, 2))
    # Calibrated on 100 other sequences, in which neighbouring steps are strongly correlated.
    assert np.abs(simulate(system, x)[1] - 0.6).max() < 0.02


def test_the_biases_do_matter():
    system = draw_system(0, steps=300)
    x = np.random.default_rng(99).standard_normal((100, 300, 2))
    moved = System(system.W, system.F, system.b + 0.5, system.C, system.activity, 0)
    assert np.abs(simulate(moved, x)[1] - 0.6).max() > 0.05


@pytest.mark.parametrize("snr", [15.0, 20.0, 0.0])
def test_the_noise_has_the_stated_size_in_each_output(snr):
    data = make_dataset(draw_system(1, steps=200), snr, **SIZES)
    signal, noise = data.clean.var((0, 1)), (data.noisy - data.clean).var((0, 1))
    np.testing.assert_allclose(10 * np.log10(signal / noise), snr, atol=0.25)
    assert (
        abs(
            np.corrcoef((data.noisy - data.clean)[..., 0].ravel(), data.clean[..., 0].ravel())[0, 1]
        )
        < 0.05
    )


def test_the_inputs_are_standard_normal_and_independent():
    x = make_dataset(draw_system(2, steps=200), 20.0, **SIZES).x
    assert abs(x.mean()) < 0.02
    assert x.var() == pytest.approx(1, abs=0.03)
    assert abs((x[:, 1:] * x[:, :-1]).mean()) < 0.02


def test_the_same_seed_gives_the_same_data_and_another_one_other_data():
    one, again, other = (make_dataset(draw_system(s, steps=200), 15.0, **SIZES) for s in (5, 5, 6))
    np.testing.assert_array_equal(one.noisy, again.noisy)
    assert np.abs(one.x - other.x).max() > 1
    louder = make_dataset(draw_system(5, steps=200), 10.0, **SIZES)
    np.testing.assert_array_equal(one.clean, louder.clean)


def test_simulation_agrees_with_the_network_class():
    system = draw_system(3, steps=50)
    x = np.random.default_rng(0).standard_normal((3, 50, 2))
    theirs = system.network().run(np.swapaxes(x, 0, 1)).swapaxes(0, 1)
    np.testing.assert_allclose(simulate(system, x)[0], theirs, atol=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_exact_urnn_reaches_the_noise_floor(seed):
    data = make_dataset(draw_system(seed, steps=200), 15.0, **SIZES)
    found = reference(draw_system(seed, steps=200), data)
    assert found.states == 8
    assert np.linalg.norm(data.x, axis=-1).max() <= found.input_bound
    assert found.exact_urnn == pytest.approx(found.optimum, abs=1e-9)
    # Four states with the nearest orthogonal W lose something: the gap is not an artefact.
    assert found.nearest < found.optimum - 1e-4
    # An SNR of 15 dB leaves 1 - 1/(1 + 10^1.5) of the variance.
    assert found.optimum == pytest.approx(0.9693, abs=0.02)  # 20 short sequences


def test_beyond_the_input_bound_the_exact_urnn_may_be_wrong():
    """Why M is taken from the data: with a bound that the inputs break, the gate opens."""
    system = draw_system(0, steps=200)
    data = make_dataset(system, 15.0, **SIZES)
    small = equivalent_urnn(
        System(0.5 * system.W, system.F, system.b, system.C, system.activity, 0).network(),
        input_bound=Fraction(1, 100),
    )
    x = np.swapaxes(10 * data.x, 0, 1)
    assert np.abs(small.urnn.run(x) - small.rnn.run(x)).max() > 1e-3


def test_a_system_that_is_not_contractive_is_refused():
    system = draw_system(0, steps=50)
    grown = System(1.02 * system.W, system.F, system.b, system.C, system.activity, 0)
    data = make_dataset(grown, 15.0, training=2, test=2, steps=10)
    with pytest.raises(NotContractiveError):
        reference(grown, data)


def test_r2_is_one_for_the_truth_zero_for_the_mean_and_averages_outputs():
    y = np.random.default_rng(0).standard_normal((5, 7, 2)) * [1, 100] + 3
    data = Dataset(np.zeros((5, 7, 1)), y, y, training=0)
    assert data.r2(y) == 1
    assert data.r2(np.broadcast_to(y.mean((0, 1)), y.shape)) == pytest.approx(0)
    half = y.copy()
    half[..., 1] = y[..., 1].mean()
    assert data.r2(half) == pytest.approx(0.5)


def test_uncentred_r2_is_zero_for_zero_and_higher_where_the_mean_is_not_zero():
    y = np.random.default_rng(0).standard_normal((5, 7, 2)) + 3
    yardstick = Dataset(np.zeros((5, 7, 1)), y, y, training=0).yardstick()
    assert yardstick.r2_uncentred(squared_errors(y, 0 * y)) == pytest.approx(0)
    assert yardstick.r2_uncentred(squared_errors(y, y)) == 1
    squares = squared_errors(y, y + 0.1)
    # 1 - 70 * 0.01 / 2 over the sum of squares, about 35 * (9 + 1) for each output
    assert yardstick.r2(squares) < 0.995 < yardstick.r2_uncentred(squares)


def test_best_r2_is_about_the_test_set_only():
    y = np.array([[[0.0], [9.0]], [[0.0], [2.0]]])
    clean = np.array([[[5.0], [5.0]], [[0.0], [2.0]]])
    assert Dataset(np.zeros((2, 2, 1)), clean, y, training=1).best_r2 == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"states": 0}, "states is 0"),
        ({"outputs": -1}, "outputs is -1"),
        ({"steps": 0}, "steps is 0"),
        ({"epsilon": 0.0}, "epsilon is 0.0"),
        ({"epsilon": 1.5}, "epsilon is 1.5"),
        ({"epsilon": float("nan")}, "epsilon is nan"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        draw_system(0, **change)


@pytest.mark.parametrize("snr", [float("nan"), float("inf"), -float("inf")])
def test_an_snr_that_is_not_finite_is_refused(snr):
    with pytest.raises(InputError, match="dB; expected a finite number"):
        make_dataset(draw_system(0, steps=20), snr, training=2, test=2, steps=20)


@pytest.mark.parametrize("name", ["training", "test", "steps"])
def test_a_data_set_without_sequences_is_refused(name):
    with pytest.raises(InputError, match=f"{name} is 0"):
        make_dataset(draw_system(0, steps=20), 15.0, **{**SIZES, name: 0})
