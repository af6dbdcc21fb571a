"""What the order of additions can do to a float network: engines as they are, and as bad as found.

Bounds hold for every order, so they are to be compared with the worst order, not with the one that
a BLAS happens to take.  Products and sums are those of the stored arithmetic, one by one; every
order here is one that an engine may take.  Nothing is proved: the differences are lower bounds of
the worst one, by example.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from urnn_proofs.checks.numeric.float_network import FloatNetwork

Array = np.ndarray[Any, np.dtype[Any]]

#: How a row of terms is put in order before they are added one by one; terms (..., K).
ORDERS: dict[str, Callable[[Array], Array]] = {
    "as stored": lambda terms: terms,
    "reversed": lambda terms: terms[..., ::-1],
    # The larger part first: partial sums as large as they can be.
    "one sign first": lambda terms: np.take_along_axis(terms, _one_sign_first(terms), -1),
}


def _one_sign_first(terms: Array) -> Array:
    """Return the indices of the larger part, largest terms first, then of the other part."""
    found: Array = np.argsort(-terms * _larger_part(terms)[..., None], axis=-1)
    return found


def _larger_part(terms: Array) -> Array:
    positive = np.maximum(terms, 0).sum(axis=-1)
    negative = np.maximum(-terms, 0).sum(axis=-1)
    return np.where(positive >= negative, 1, -1).astype(terms.dtype)


def run_in_order(net: FloatNetwork, x: Array, order: str) -> Array:
    """Return the outputs (T, batch, p) of one input (T, batch, m), sums in one of ORDERS."""
    return _run(net, x, lambda k, what, terms: _one_by_one(ORDERS[order](terms)))


def run_badly(net: FloatNetwork, x: Array, last: int, direction: Array) -> Array:
    """Return output *last* of one input (T, m), all its roundings pushed along *direction*.

    The sums of a unit are added up with the larger part first; of its terms the next one is always
    that whose addition is off by most, to the side that moves the output along *direction*.  Which
    side that is, the gradient of the output says.
    """
    pushes = _pushes(net, x, last, direction)
    signs = {("state", k): push for k, push in enumerate(pushes)}
    signs["output", last] = np.sign(direction)

    def add(k: int, what: str, terms: Array) -> Array:
        wanted = signs.get((what, k))
        return _one_by_one(terms) if wanted is None else _add_badly(terms[0], wanted)[None]

    found: Array = _run(net, x[: last + 1, None], add)[last, 0]
    return found


def worst_output(net: FloatNetwork, x: Array, directions: Array) -> float:
    """Return the largest error that bad orders make in the last output of one input (T, m).

    Parameters
    ----------
    directions
        (d, p), in which outputs are pushed, forth and back.
    """
    exact = net.astype("float64").run(x.astype(np.float64))[-1]
    last = len(x) - 1
    runs = (run_badly(net, x, last, s * v) for v in directions for s in (1, -1))
    return max(float(np.linalg.norm(y - exact)) for y in runs)


def _run(net: FloatNetwork, x: Array, add: Callable[[int, str, Array], Array]) -> Array:
    """Run in the stored arithmetic; *add* adds up products, (..., K) to (...)."""
    weights = np.hstack([net.W, net.F, net.bias[:, None]])
    one = np.ones((*x.shape[1:-1], 1), net.W.dtype)
    state = np.broadcast_to(net.h_init, (*x.shape[1:-1], net.states))
    outputs = np.empty((*x.shape[:-1], net.outputs), net.W.dtype)
    for k, x_k in enumerate(x.astype(net.W.dtype)):
        terms = np.concatenate([state, x_k, one], axis=-1)[..., None, :] * weights
        state = net.phi(add(k, "state", terms))
        outputs[k] = add(k, "output", state[..., None, :] * net.C)
    return outputs


def _one_by_one(terms: Array) -> Array:
    total = terms[..., 0]
    for j in range(1, terms.shape[-1]):
        total = total + terms[..., j]
    return total


def _pushes(net: FloatNetwork, x: Array, last: int, direction: Array) -> list[Array]:
    """Return to which side each state of each step is to be off, ``last + 1`` arrays (n,)."""
    wide = net.astype("float64")
    state, closed = wide.h_init, []
    for x_k in x[: last + 1].astype(np.float64):
        state = wide.phi(wide.W @ state + wide.F @ x_k + wide.bias)
        closed.append(state <= 0)
    carried = wide.C.T @ direction
    found = []
    for shut in reversed(closed):
        carried = np.where(shut, 0, carried)
        found.append(np.sign(carried))
        carried = wide.W.T @ carried
    return found[::-1]


def _add_badly(terms: Array, wanted: Array) -> Array:
    """Add up each row of (r, K) so that it is off by much, to the side *wanted* (r,)."""
    rows, K = terms.shape
    exact = terms.astype(np.float64)
    sign = _larger_part(terms)[:, None]
    left = terms != 0  # a zero rounds nothing
    total = np.zeros(rows, terms.dtype)
    index = np.arange(rows)
    first = np.argmax(np.where(left, exact * sign, -np.inf), axis=1)  # the largest term
    for k in range(K):
        if not left.any():
            break
        if k:
            sums = total[:, None] + terms
            off = sums.astype(np.float64) - (total.astype(np.float64)[:, None] + exact)
            same = left & (exact * sign > 0)  # while there are terms of the larger part, those
            open_ = np.where(same.any(axis=1, keepdims=True), same, left)
            next_ = np.argmax(np.where(open_, off * wanted[:, None], -np.inf), axis=1)
        else:
            next_ = first
        alive = left[index, next_]
        total = np.where(alive, total + terms[index, next_], total)
        left[index, next_] = False
    return total
