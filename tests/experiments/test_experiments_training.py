"""Cells, gradients and constraints of the experiments, against independent implementations."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from urnn_proofs.experiments import cells, lstm_lanes, relu_lanes
from urnn_proofs.experiments.constraints import cayley, contract, newton_schulz, project
from urnn_proofs.experiments.initial import initial_weights
from urnn_proofs.experiments.lanes import outer, product
from urnn_proofs.experiments.training import Settings, chunk_for, fit, predict
from urnn_proofs.model.errors import InputError

jax = pytest.importorskip("jax", reason="extra experiments")
pytest.importorskip("optax", reason="extra experiments")
jnp = jax.numpy
pytestmark = pytest.mark.usefixtures("quickly_compiled")

T, B, K = 12, 3, 2
MODELS = ("rnn", "lstm")


def drawn(model, hidden, seed=0):
    """Weights with every entry nonzero, biases included."""
    weights = initial_weights(model, hidden, 2, 2, (seed,), "orthogonal")
    rng = np.random.default_rng(seed)
    return {
        k: (v + 0.1 * rng.standard_normal(v.shape)).astype(np.float32) for k, v in weights.items()
    }


def lanes(each):
    return {name: np.stack([w[name] for w in each], -1) for name in each[0]}


def inputs(seed=0):
    rng = np.random.default_rng(seed)
    shape = (T, B, 2, K)
    return (rng.standard_normal(shape).astype(np.float32) for _ in range(2))


def numpy_outputs(model, weights, x):
    """The definition, in float64 and with loops over time only: x (T, B, m)."""
    W, F, b, C, d = (np.asarray(weights[name], float) for name in "WFbCd")
    h = np.zeros((x.shape[1], W.shape[-1]))
    c, found = h, []

    def sigmoid(z):
        return 1 / (1 + np.exp(-z))

    for now in x.astype(float):
        if model == "lstm":
            i, f, g, o = (h @ W[q].T + now @ F[q].T + b[q] for q in range(4))
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
        else:
            h = np.maximum(h @ W.T + now @ F.T + b, 0)
        found.append(h @ C.T + d)
    return np.array(found)


@pytest.mark.parametrize("model", MODELS)
def test_outputs_agree_with_the_definition(model):
    each = [drawn(model, 3, seed) for seed in range(K)]
    x, _ = inputs()
    run = lstm_lanes.outputs if model == "lstm" else relu_lanes.outputs
    found = run(lanes(each), x)
    for k, weights in enumerate(each):
        expected = numpy_outputs(model, weights, x[..., k])
        np.testing.assert_allclose(found[..., k], expected, atol=2e-6)
        np.testing.assert_allclose(cells.outputs(model, weights, x[..., k]), expected, atol=2e-6)


def test_lstm_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="extra torch")
    weights = drawn("lstm", 5)
    x = next(iter(inputs()))[..., 0]
    theirs = torch.nn.LSTM(2, 5)
    with torch.no_grad():
        theirs.weight_hh_l0.copy_(torch.tensor(weights["W"].reshape(20, 5)))
        theirs.weight_ih_l0.copy_(torch.tensor(weights["F"].reshape(20, 2)))
        theirs.bias_ih_l0.copy_(torch.tensor(weights["b"].reshape(20)))
        theirs.bias_hh_l0.zero_()
        expected = theirs(torch.tensor(x))[0].numpy()
    np.testing.assert_allclose(cells.states("lstm", weights, x), expected, atol=2e-6)


def test_rnn_agrees_with_torch():
    torch = pytest.importorskip("torch", reason="extra torch")
    weights = drawn("rnn", 5)
    x = next(iter(inputs()))[..., 0]
    theirs = torch.nn.RNN(2, 5, nonlinearity="relu")
    with torch.no_grad():
        theirs.weight_hh_l0.copy_(torch.tensor(weights["W"]))
        theirs.weight_ih_l0.copy_(torch.tensor(weights["F"]))
        theirs.bias_ih_l0.copy_(torch.tensor(weights["b"]))
        theirs.bias_hh_l0.zero_()
        expected = theirs(torch.tensor(x))[0].numpy()
    np.testing.assert_allclose(cells.states("rnn", weights, x), expected, atol=2e-6)


@cache
def differentiated(model):
    """The mean square of one network's errors and its gradient, as JAX derives it."""

    def mean_square(weights, x, y):
        return ((cells.outputs(model, weights, x) - y) ** 2).mean()

    return jax.jit(jax.value_and_grad(mean_square))


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("chunk", [1, 4])
def test_gradients_agree_with_automatic_differentiation(model, chunk):
    each = [drawn(model, 3, seed) for seed in range(K)]
    x, y = inputs()
    if model == "lstm":
        loss, gradient = lstm_lanes.loss_and_gradient(lanes(each), x, y, chunk, 1.0)
    else:
        loss, gradient = relu_lanes.loss_and_gradient(lanes(each), x, y, chunk)
    automatic = differentiated(model)
    for k, weights in enumerate(each):
        value, expected = automatic(weights, x[..., k], y[..., k])
        assert loss[k] == pytest.approx(float(value), rel=1e-5)
        for name in expected:
            assert np.abs(expected[name]).max() > 1e-4  # a wrong sign could be seen
            np.testing.assert_allclose(gradient[name][..., k], expected[name], atol=2e-6)


def test_gradients_agree_with_finite_differences_in_numpy():
    weights = drawn("rnn", 3)
    x, y = inputs()
    gradient = relu_lanes.loss_and_gradient(lanes([weights] * K), x, y, 4)[1]
    step, direction = 1e-5, np.random.default_rng(1).standard_normal((3, 3))

    def at(t):
        moved = {**weights, "W": weights["W"].astype(float) + t * direction}
        return ((numpy_outputs("rnn", moved, x[..., 0]) - y[..., 0]) ** 2).mean()

    slope = (at(step) - at(-step)) / (2 * step)
    assert slope == pytest.approx(float((gradient["W"][..., 0] * direction).sum()), rel=1e-3)


def test_lane_products_are_matrix_products():
    rng = np.random.default_rng(0)
    A, M, G = (rng.standard_normal(s) for s in ((4, 3, 5), (3, 2, 5), (4, 2, 5)))
    np.testing.assert_allclose(product(A, M), np.einsum("ajk,jbk->abk", A, M))
    np.testing.assert_allclose(outer(A, G), np.einsum("qak,qbk->abk", A, G))


def test_the_projection_is_orthogonal_and_nearest():
    rng = np.random.default_rng(0)
    W = rng.standard_normal((6, 5, 5)).astype(np.float32)
    U = np.asarray(project(jnp.asarray(W)))
    np.testing.assert_allclose(
        np.swapaxes(U, 1, 2) @ U, np.broadcast_to(np.eye(5), U.shape), atol=2e-6
    )
    for w, u in zip(W, U):
        others = [np.linalg.qr(rng.standard_normal((5, 5)))[0] for _ in range(50)]
        # Near rivals too: u turned a little.
        S = rng.standard_normal((5, 5)) * 0.01
        others.append(u @ np.linalg.solve(np.eye(5) + S - S.T, np.eye(5) - S + S.T))
        assert all(np.linalg.norm(w - u) < np.linalg.norm(w - other) for other in others)


def test_newton_schulz_is_the_same_projection_near_orthogonal_matrices():
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((4, 8, 8)))[0]
    W = jnp.asarray(Q + 0.02 * rng.standard_normal(Q.shape), jnp.float32)
    np.testing.assert_allclose(newton_schulz(W), project(W), atol=5e-6)


def test_contract_cuts_only_what_is_above_one():
    rng = np.random.default_rng(0)
    W = rng.standard_normal((5, 4, 4)).astype(np.float32)
    found = np.asarray(contract(jnp.asarray(W)))
    before, after = (np.linalg.svd(M, compute_uv=False) for M in (W, found))
    np.testing.assert_allclose(after, np.minimum(before, 1), atol=2e-6)
    small = W / 20
    np.testing.assert_allclose(contract(jnp.asarray(small)), small, atol=1e-6)


def test_cayley_is_orthogonal_everywhere_and_keeps_the_base_at_zero():
    rng = np.random.default_rng(0)
    base = jnp.asarray(np.linalg.qr(rng.standard_normal((4, 4)))[0], jnp.float32)
    np.testing.assert_allclose(cayley(base, jnp.zeros((4, 4))), base, atol=1e-6)
    U = np.asarray(cayley(base, 3 * jnp.asarray(rng.standard_normal((4, 4)), jnp.float32)))
    np.testing.assert_allclose(U.T @ U, np.eye(4), atol=2e-6)
    assert np.abs(U - base).max() > 0.1


@pytest.mark.parametrize(
    ("model", "constraint"),
    [
        ("urnn", "projection"),
        ("urnn", "cayley"),
        ("contractive", "projection"),
        ("rnn", "projection"),
        ("lstm", "projection"),
    ],
)
def test_training_learns_and_keeps_the_constraint(model, constraint):
    """A system with one state, 16 sequences: the loss must fall by a third."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((16, 20, 1, K)).astype(np.float32)
    h, y = np.zeros((16, K)), np.empty((16, 20, 1, K), np.float32)
    for t in range(20):
        h = np.maximum(0.9 * h + x[:, t, 0] - 0.3, 0)
        y[:, t, 0] = h
    weights = lanes([initial_weights(model, 3, 1, 1, (s,)) for s in range(K)])
    settings = Settings(epochs=25, batch=8, constraint=constraint)
    found = fit(model, weights, x, y, settings)
    assert found.losses.shape == (25, K)
    assert (found.losses.min(0) < 0.67 * found.losses[0]).all()
    assert (found.kept == found.losses.argmin(0) + 1).all()
    W = np.moveaxis(found.weights["W"], -1, 0)
    values = np.linalg.svd(W, compute_uv=False)
    if model == "urnn":
        np.testing.assert_allclose(values, 1, atol=5e-6)
        assert np.abs(W - np.moveaxis(weights["W"], -1, 0)).max() > 0.05  # it did move
    if model == "contractive":
        assert values.max() < 1 + 5e-6
    predicted = predict(model, found.weights, x, rows=5)
    assert predicted.shape == y.shape
    assert (((predicted - y) ** 2).mean((0, 1, 2)) < 2 * found.losses.min(0) + 1e-3).all()


def test_lanes_do_not_influence_each_other():
    x, y = (np.moveaxis(a, 0, 1) for a in inputs())
    settings = Settings(epochs=3, batch=3)
    one, two = (drawn("rnn", 3, seed) for seed in (0, 1))
    pair = fit("rnn", lanes([one, two]), x, y, settings)
    x[..., 1] *= 100
    changed = fit("rnn", lanes([one, drawn("rnn", 3, 7)]), x, y, settings)
    np.testing.assert_array_equal(pair.weights["W"][..., 0], changed.weights["W"][..., 0])
    assert np.abs(pair.weights["W"][..., 1] - changed.weights["W"][..., 1]).max() > 1e-3


def test_a_network_that_overflows_recovers():
    """W = 40 I over 200 steps is beyond float32: no step is taken until W has shrunk."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 200, 2, K)).astype(np.float32)
    weights = drawn("rnn", 3)
    weights["W"] = 40 * np.eye(3, dtype=np.float32)
    found = fit("rnn", lanes([weights] * K), x, x, Settings(epochs=60, batch=4))
    assert not np.isfinite(found.losses[0]).any()
    assert np.isfinite(found.losses[-1]).all()
    assert np.isfinite(found.weights["W"]).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epochs": 0}, "epochs is 0"),
        ({"batch": -3}, "batch is -3"),
        ({"learning_rate": 0.0}, "learning rate is 0.0"),
        ({"learning_rate": float("nan")}, "learning rate is nan"),
        ({"constraint": "hope"}, "constraint is 'hope'; expected one of projection"),
        ({"clip": -1.0}, "clip is -1.0"),
        ({"start": "zero"}, "start is 'zero'; expected one of identity, orthogonal"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change, message):
    with pytest.raises(InputError, match=message):
        Settings(**change)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("gru", 2, 1, 1, (0,)), "model is 'gru'"),
        (("rnn", 0, 1, 1, (0,)), "hidden units is 0"),
        (("rnn", 2, 1, 1, (0,), "zero"), "start is 'zero'"),
    ],
)
def test_initial_weights_that_make_no_sense_are_refused(arguments, message):
    with pytest.raises(InputError, match=message):
        initial_weights(*arguments)


def test_initial_weights_depend_on_model_size_and_seed():
    first = initial_weights("rnn", 4, 2, 2, (0, 0))
    np.testing.assert_array_equal(first["W"], np.eye(4))
    for other in (("urnn", 4, 2, 2, (0, 0)), ("rnn", 4, 2, 2, (0, 1)), ("rnn", 4, 2, 2, (1, 0))):
        assert np.abs(first["F"] - initial_weights(*other)["F"]).max() > 1e-3
    assert (initial_weights("lstm", 4, 2, 2, (0,))["b"][1] == 1).all()


def test_chunks_divide_the_steps():
    assert all(steps % chunk_for(steps) == 0 for steps in range(1, 50))
