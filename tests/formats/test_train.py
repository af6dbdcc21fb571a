"""Parametrizations for training: strict in the float weights, and the results convert."""

from __future__ import annotations

import numpy as np
import pytest

from urnn_proofs import (
    InputError,
    RationalMatrix,
    UnsupportedError,
    Verdict,
    diagnose,
    equivalent_urnn,
    from_torch,
    is_contractive,
    to_torch,
)
from urnn_proofs.checks.exact.nearby import norm_interval
from urnn_proofs.questions.diagnose import Answer

torch = pytest.importorskip("torch", reason="extra torch")
import urnn_proofs.torch as training  # noqa: E402


def norm_of(weight):
    return norm_interval(RationalMatrix.parse(weight.detach().double().numpy(), "W"))


def trained(rnn, steps=30):
    """A few steps that would make W large, whatever else they do."""
    torch.manual_seed(0)
    x = torch.randn(20, 8, rnn.input_size)
    optimiser = torch.optim.Adam(rnn.parameters(), lr=0.05)
    for _ in range(steps):
        optimiser.zero_grad()
        (-(rnn(x)[0] ** 2).mean()).backward()
        optimiser.step()
    return rnn


@pytest.mark.parametrize("nonlinearity", ["relu", "tanh"])
@pytest.mark.parametrize("layers", [1, 2])
def test_what_was_trained_converts(nonlinearity, layers):
    torch.manual_seed(1)
    rnn = training.contractive(torch.nn.RNN(2, 6, layers, nonlinearity=nonlinearity))
    trained(rnn)
    network = from_torch(rnn)
    assert all(is_contractive(layer) for layer in network.layers)
    assert float(norm_of(rnn.weight_hh_l0)[0]) > 0.98  # training did press against it
    options = {} if nonlinearity == "relu" else {"epsilon": 1e-3}
    found = equivalent_urnn(network, 1, dtype="float32", **options)
    assert found.report.verdict is Verdict.PROVED
    x = torch.nn.functional.normalize(torch.randn(15, 3, 2), dim=-1) * 0.999
    with torch.no_grad():
        apart = (to_torch(found.result)(x) - rnn(x)[0]).norm(dim=-1).max()
    assert float(apart) <= float(found.error.same_engine)


def test_it_was_not_contractive_without():
    torch.manual_seed(1)
    rnn = trained(torch.nn.RNN(2, 6, nonlinearity="relu"))
    assert not is_contractive(from_torch(rnn).rnn)


def test_the_projection_is_the_nearest_and_leaves_contractive_weights_alone():
    torch.manual_seed(0)
    rnn = torch.nn.RNN(2, 16, nonlinearity="relu", dtype=torch.float64)
    with torch.no_grad():
        rnn.weight_hh_l0 *= 3
    before = rnn.weight_hh_l0.detach().clone()
    training.contractive(rnn, norm=0.5)
    after = rnn.weight_hh_l0.detach()
    values = torch.linalg.svdvals(before)
    assert np.isclose(torch.linalg.matrix_norm(after - before, 2), values[0] - 0.5)
    assert float(norm_of(after)[1]) <= 0.5 * (1 + 1e-5)
    small = torch.nn.RNN(2, 16, nonlinearity="relu")
    with torch.no_grad():
        small.weight_hh_l0 *= 0.5
    weight = small.weight_hh_l0.detach().clone()
    training.contractive(small)
    assert torch.allclose(small.weight_hh_l0, weight, atol=1e-6)


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("size", [1.0, 1e-3, 1e4])
def test_floats_are_strictly_contractive_whatever_the_parameter_is(seed, size):
    """Decided exactly, for many parameters, also where all singular values coincide."""
    torch.manual_seed(seed)
    cell = training.contractive(torch.nn.RNNCell(2, 1 + seed), norm=0.999)
    original = cell.parametrizations.weight_hh.original
    with torch.no_grad():
        original.copy_(size * torch.randn_like(original))
        if seed % 3 == 0:
            original.copy_(size * torch.linalg.qr(original)[0])
    assert float(norm_of(cell.weight_hh)[1]) < 0.9991
    cell(torch.randn(4, 2)).sum().backward()
    assert torch.isfinite(original.grad).all()


def test_orthogonal_stays_orthogonal_and_repairs():
    torch.manual_seed(1)
    rnn = trained(training.orthogonal(torch.nn.RNN(2, 6, nonlinearity="relu")))
    found = diagnose(from_torch(rnn))
    assert found.answer in (Answer.NEARBY, Answer.EXISTS)
    assert float(found.layers[0].distance) < 1e-5


def test_the_projection_to_orthogonal_matrices_is_the_nearest():
    torch.manual_seed(2)
    rnn = torch.nn.RNN(2, 6, dtype=torch.float64)
    left, _, right = torch.linalg.svd(rnn.weight_hh_l0.detach())
    training.orthogonal(rnn)
    assert torch.allclose(rnn.weight_hh_l0, left @ right, atol=1e-10)


def test_what_is_refused():
    with pytest.raises(UnsupportedError, match=r"expected a torch\.nn\.RNN or torch\.nn\.RNNCell"):
        training.contractive(torch.nn.LSTM(2, 3))
    with pytest.raises(UnsupportedError, match="two directions"):
        training.orthogonal(torch.nn.RNN(2, 3, bidirectional=True))
    for norm in (0, 1, 1.5, "0.9", True):
        with pytest.raises(InputError, match="between 0 and 1"):
            training.contractive(torch.nn.RNN(2, 3), norm=norm)
    with pytest.raises(InputError, match="parametrized weights already"):
        training.contractive(training.contractive(torch.nn.RNN(2, 3)))
    broken = torch.nn.RNN(2, 3)
    with torch.no_grad():
        broken.weight_hh_l0[0, 0] = float("nan")
    with pytest.raises(InputError, match="NaN or infinite"):
        training.contractive(broken)
    with pytest.raises(InputError, match="so near 1"):
        training.contractive(training_at_one(), norm=1 - 1e-9)


def training_at_one():
    rnn = torch.nn.RNN(2, 3)
    with torch.no_grad():
        rnn.weight_hh_l0.copy_(torch.eye(3) * 2)
    return rnn
