"""Training many tiny networks: networks in vector lanes against one network after the other.

The peer is a plain training loop in the same framework, as one would write it first: an Equinox
module, ``jax.lax.scan`` over time, ``equinox.filter_jit`` around gradient, Adam and projection.
"""

from __future__ import annotations

import numpy as np
import pytest

from urnn_proofs.experiments.constraints import newton_schulz, project
from urnn_proofs.experiments.initial import initial_weights
from urnn_proofs.experiments.on_cpu import LANES
from urnn_proofs.experiments.training import Settings, compiled

jax = pytest.importorskip("jax", reason="extra experiments")
eqx = pytest.importorskip("equinox", reason="extra experiments")
optax = pytest.importorskip("optax", reason="extra experiments")
jnp = jax.numpy

T, B = 1000, 10
SETTINGS = Settings()


class Plain(eqx.Module):
    """A ReLU network as in the paper."""

    W: jax.Array
    F: jax.Array
    b: jax.Array
    C: jax.Array

    def __call__(self, x):  # (T, m)
        def step(h, x_now):
            h = jax.nn.relu(self.W @ h + self.F @ x_now + self.b)
            return h, self.C @ h

        return jax.lax.scan(step, jnp.zeros(len(self.b)), x)[1]


class PlainLSTM(eqx.Module):
    """Equinox's own cell and a linear readout."""

    cell: eqx.nn.LSTMCell
    C: eqx.nn.Linear

    def __call__(self, x):
        def step(state, x_now):
            state = self.cell(x_now, state)
            return state, self.C(state[0])

        zero = jnp.zeros(self.cell.hidden_size)
        return jax.lax.scan(step, (zero, zero), x)[1]


def one_network_at_a_time(model, n):
    """Return a function that takes one gradient step of one network."""
    if model == "lstm":
        one, two = jax.random.split(jax.random.key(0))
        network = PlainLSTM(
            eqx.nn.LSTMCell(2, n, key=one), eqx.nn.Linear(n, 2, use_bias=False, key=two)
        )
    else:
        weights = initial_weights(model, n, 2, 2, (0,), "orthogonal")
        network = Plain(**{name: jnp.asarray(value) for name, value in weights.items()})
    optimiser = optax.adam(0.01)
    state = optimiser.init(eqx.filter(network, eqx.is_array))

    @eqx.filter_jit
    def step(network, state, x, y):
        def loss(network):
            return ((jax.vmap(network)(x) - y) ** 2).mean()

        value, gradient = eqx.filter_value_and_grad(loss)(network)
        updates, state = optimiser.update(gradient, state)
        network = eqx.apply_updates(network, updates)
        if model == "urnn":
            network = eqx.tree_at(lambda net: net.W, network, project(network.W))
        return network, state, value

    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.standard_normal((B, T, 2)), jnp.float32)
    return lambda: jax.block_until_ready(step(network, state, x, x))


def lanes(model, n):
    """Return a function that takes one gradient step of LANES networks."""
    weights = initial_weights(model, n, 2, 2, (0,), "orthogonal")
    parameters = {k: jnp.asarray(np.stack([v] * LANES, -1)) for k, v in weights.items()}
    optimiser, step = compiled(model, SETTINGS, T)
    state = optimiser.init(parameters)
    rng = np.random.default_rng(0)
    x = jnp.asarray(rng.standard_normal((B, T, 2, LANES)), jnp.float32)
    rows, base = np.arange(B), jnp.zeros(())
    return lambda: jax.block_until_ready(step(parameters, base, state, x, x, rows, 1.0))


@pytest.mark.parametrize("n", [2, 4, 8, 14])
@pytest.mark.parametrize("model", ["rnn", "urnn", "lstm"])
def test_p_network_steps_per_second(model, n, side_by_side, benchmark):
    ours, theirs = lanes(model, n), one_network_at_a_time(model, n)
    ours()
    theirs()
    benchmark.pedantic(ours, rounds=20)
    name = f"(u) {model.upper()}: network-steps per second, lanes"
    speed = LANES * T / benchmark.stats.stats.min
    side_by_side.record(name, f"n = {n}", speed)
    name = f"(u) {model.upper()}: time of one network in a loop / in lanes"
    name_step = f"(u) {model.upper()}: one step of one network / of eight in lanes"
    ratio = side_by_side(name_step, f"n = {n}", theirs, ours, rounds=20)
    side_by_side.record(name, f"n = {n}", LANES * ratio, ">= 10")


@pytest.mark.parametrize("n", [4, 14])
def test_q_the_projection_is_a_small_part(n, side_by_side, benchmark):
    W = np.random.default_rng(0).standard_normal((LANES, n, n)).astype(np.float32)
    U = project(jnp.asarray(W)) + 0.01
    by_svd, by_products = jax.jit(project), jax.jit(newton_schulz)
    by_svd(U), by_products(U)
    benchmark.pedantic(lambda: jax.block_until_ready(by_svd(U)), rounds=20)
    step = lanes("urnn", n)
    step()
    side_by_side(
        "(v) SVD projection of 8 networks / their gradient step",
        f"n = {n}",
        lambda: jax.block_until_ready(by_svd(U)),
        step,
        rounds=10,
    )
    side_by_side(
        "(v) SVD projection / Newton-Schulz",
        f"n = {n}",
        lambda: jax.block_until_ready(by_svd(U)),
        lambda: jax.block_until_ready(by_products(U)),
        rounds=10,
    )
