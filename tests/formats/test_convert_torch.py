"""PyTorch: the converted module computes what the original computes, in PyTorch itself."""

from __future__ import annotations

import copy
import os
import re
import warnings
import zipfile

import numpy as np
import pytest
from paths import ROOT
from stored_networks import network, same_weights, sequences

from urnn_proofs import (
    RNN,
    InputError,
    StoredNetwork,
    UnsupportedError,
    Verdict,
    equivalent_urnn,
    from_torch,
    load,
    save,
    to_torch,
)
from urnn_proofs.formats import limits
from urnn_proofs.formats.torch import modules as torch_format

torch = pytest.importorskip("torch", reason="extra torch")
torch.set_num_threads(1)  # the matrices are tiny
prune = pytest.importorskip("torch.nn.utils.prune")

M = 2
W_NAME = "weight_hh_l0"


def contractive(inputs=3, hidden=5, dtype="float32", norm=0.9, seed=0, **options):
    """A ReLU network whose transition matrices have that norm."""
    torch.manual_seed(seed)
    rnn = torch.nn.RNN(inputs, hidden, nonlinearity="relu", dtype=getattr(torch, dtype), **options)
    with torch.no_grad():
        for k in range(rnn.num_layers):
            W = getattr(rnn, f"weight_hh_l{k}")
            W *= norm / torch.linalg.matrix_norm(W, 2)
    return rnn


def tolerance(dtype, steps=60):
    """Rounding of sums of a few dozen terms, in states and outputs of size up to about 10."""
    return 100 * steps * float(torch.finfo(getattr(torch, dtype)).eps)


def run(module, x, batch_first, dtype):
    """Feed time-first inputs and return time-first outputs."""
    data = torch.tensor(x, dtype=getattr(torch, dtype))
    with torch.no_grad():
        found = module(data.transpose(0, 1) if batch_first else data)
    return (found.transpose(0, 1) if batch_first and found.dim() == 3 else found).numpy()


EVERY = [
    (dtype, batch_first, bias, readout, 1)
    for dtype in ("float32", "float64")
    for batch_first in (False, True)
    for bias in (False, True)
    for readout in (None, "with bias", "without bias")
]


@pytest.mark.parametrize(
    ("dtype", "batch_first", "bias", "readout", "layers"),
    [*EVERY, ("float32", True, True, "with bias", 2), ("float64", False, False, None, 2)],
)
def test_the_urnn_computes_the_same_in_pytorch(dtype, batch_first, bias, readout, layers):
    rnn = contractive(dtype=dtype, batch_first=batch_first, bias=bias, num_layers=layers)
    head = None
    if readout is not None:
        head = torch.nn.Linear(5, 2, bias=readout == "with bias", dtype=rnn.weight_hh_l0.dtype)
    source = from_torch(rnn, head)
    found = equivalent_urnn(source, M)
    assert found.report.verdict is Verdict.PROVED
    module = to_torch(found.result)
    assert type(module.rnn) is torch.nn.RNN
    assert (module.rnn.hidden_size, module.rnn.batch_first) == (10, batch_first)
    assert module.rnn.weight_hh_l0.dtype == getattr(torch, dtype)
    x = sequences(60, 4, 3, M)

    def original(data):
        states = rnn(data)[0]
        return states if head is None else head(states)

    before = run(original, x, batch_first, dtype)
    after = run(module, x, batch_first, dtype)
    assert np.abs(before).max() > 0.1
    assert np.abs(before - after).max() <= tolerance(dtype)
    # Both also agree with the simulation of the exact network.
    assert np.abs(source.run(x) - after).max() <= tolerance(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_added_units_stay_exactly_zero_in_floating_point(dtype):
    rnn = contractive(hidden=8, dtype=dtype, norm=0.999)
    module = to_torch(equivalent_urnn(from_torch(rnn), M).result)
    x = torch.tensor(sequences(500, 16, 3, M), dtype=getattr(torch, dtype))
    with torch.no_grad():
        states = module.rnn(x)[0]
        assert (states[..., 8:] == 0).all()
        # So the outputs differ only by the order in which zeros are added.
        assert (rnn(x)[0] - module(x)).abs().max() <= tolerance(dtype)


def test_weights_of_the_original_are_kept_bit_for_bit():
    rnn = contractive()
    head = torch.nn.Linear(5, 2)
    module = to_torch(equivalent_urnn(from_torch(rnn, head), M).result)
    assert torch.equal(module.rnn.weight_hh_l0[:5, :5], rnn.weight_hh_l0)
    assert torch.equal(module.rnn.weight_ih_l0[:5], rnn.weight_ih_l0)
    assert torch.equal(module.readout.weight[:, :5], head.weight)
    assert torch.equal(module.readout.bias, head.bias)
    assert torch.equal(module.rnn.bias_ih_l0[:5], rnn.bias_ih_l0)
    assert torch.equal(module.rnn.bias_hh_l0[:5], rnn.bias_hh_l0)
    U = module.rnn.weight_hh_l0.detach().double()
    assert (U.T @ U - torch.eye(10)).abs().max() < 1e-6
    assert not module.rnn.weight_ih_l0[5:].any()
    assert not module.readout.weight[:, 5:].any()


def test_an_initial_state_is_carried_over():
    rnn = contractive(batch_first=True)
    start = torch.rand(1, 5)
    module = to_torch(equivalent_urnn(from_torch(rnn, h_init=start), M).result)
    x = torch.tensor(sequences(20, 4, 3, M), dtype=torch.float32).transpose(0, 1)
    with torch.no_grad():
        expected = rnn(x, start.unsqueeze(1).expand(-1, 4, -1).contiguous())[0]
        assert (module(x) - expected).abs().max() < 1e-5
        assert (module(x[0]) - expected[0]).abs().max() < 1e-5  # unbatched, (time, m)
        assert (rnn(x)[0] - expected).abs().max() > 1e-3
    back = from_torch(module)
    assert same_weights(back, from_torch(to_torch(back)))


def test_layers_of_different_size_are_padded():
    # W of the second layer is orthogonal already, so that no unit is added to it.
    flip = RNN([[0, -1], [-1, 0]], [[1, 2], [0, 1]], [0, 0], np.eye(2))
    half = RNN([[0.5, 0], [0.25, 0.5]], [[1], [1]], [0, 0.5], np.eye(2))
    net = StoredNetwork.of(half, flip)
    found = equivalent_urnn(net, 1)
    assert [layer.states for layer in found.result.layers] == [4, 2]
    module = to_torch(found.result, dtype="float64", orthogonal=True)
    assert module.rnn.hidden_size == 4
    x = sequences(50, 3, 1, 1)
    assert np.abs(run(module, x, False, "float64") - net.run(x)).max() < 1e-12


def test_training_on_keeps_it_orthogonal():
    rnn = contractive()
    plain = equivalent_urnn(from_torch(rnn), M).result
    module = to_torch(plain, orthogonal=True)
    assert isinstance(module.rnn, torch.nn.RNN)
    x = torch.tensor(sequences(10, 8, 3, M), dtype=torch.float32)
    before = module.rnn.weight_hh_l0.detach().clone()
    with torch.no_grad():
        assert (module(x) - to_torch(plain)(x)).abs().max() < 1e-6
    target = torch.rand(10, 8, 5)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.01)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = ((module(x) - target) ** 2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    U = module.rnn.weight_hh_l0.detach()
    assert losses[-1] < losses[0]
    assert (U - before).abs().max() > 1e-2  # it did learn ...
    assert (U.T @ U - torch.eye(10)).abs().max() < 1e-5  # ... and stayed orthogonal
    free = to_torch(plain)
    optimiser = torch.optim.Adam(free.parameters(), lr=0.01)
    for _ in range(30):
        optimiser.zero_grad()
        ((free(x) - target) ** 2).mean().backward()
        optimiser.step()
    U = free.rnn.weight_hh_l0.detach()
    assert (U.T @ U - torch.eye(10)).abs().max() > 1e-3  # control: nothing else keeps it so
    # The trained module is read through its parametrization.
    again = from_torch(module)
    assert np.array_equal(again.layers[0].W.to_numpy(), module.rnn.weight_hh_l0.detach().numpy())


def test_the_learned_matrix_is_the_one_that_is_used():
    """The recurrent layer must not go on with a stale copy of a parametrized weight."""
    module = to_torch(equivalent_urnn(from_torch(contractive()), M).result, orthogonal=True)
    x = torch.tensor(sequences(5, 2, 3, M), dtype=torch.float32)
    with torch.no_grad():
        module(x)
        module.rnn.parametrizations.weight_hh_l0.original.add_(0.3 * torch.randn(10, 10))
        U, F = module.rnn.weight_hh_l0, module.rnn.weight_ih_l0
        b = module.rnn.bias_ih_l0 + module.rnn.bias_hh_l0
        h, states = torch.zeros(2, 10), []
        for step in x:
            h = torch.relu(h @ U.T + step @ F.T + b)
            states.append(h[:, :5])
        assert (module(x) - torch.stack(states)).abs().max() < 1e-5


def test_only_an_orthogonal_matrix_can_be_kept_orthogonal():
    with pytest.raises(InputError, match="weight_hh_l0 is not orthogonal"):
        to_torch(network(), orthogonal=True)


def test_a_copy_is_a_copy():
    module = to_torch(network(start=True))
    twin = copy.deepcopy(module)
    x = torch.zeros(3, 1, 3)
    assert torch.equal(module(x), twin(x))
    assert not module.training


def test_the_last_step_only():
    layout = torch_format.Layout(input_axes="BTF", output_axes="BF")
    net = network(layout=layout)
    module = to_torch(net)
    x = sequences(7, 4, 3, M)
    found = run(module, x, True, "float32")
    assert found.shape == (4, 2)
    np.testing.assert_allclose(found, net.run(x)[-1], atol=1e-5)
    assert from_torch(module).layout.last_only


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("layers", [1, 2])
def test_saved_state_dicts_load_into_pytorch_and_back(tmp_path, suffix, layers):
    rnn = contractive(num_layers=layers)
    path = tmp_path / f"net{suffix}"
    if suffix == ".pt":
        torch.save(rnn.state_dict(), path)
    else:
        from safetensors.torch import save_file

        save_file(rnn.state_dict(), path)
    source = load(path, activation="relu")
    assert same_weights(source, from_torch(rnn))
    found = equivalent_urnn(source, M).result
    out = tmp_path / f"urnn{suffix}"
    save(found, out, dtype="float32")
    if suffix == ".pt":
        state = torch.load(out, weights_only=True)
    else:
        from safetensors.torch import load_file

        state = load_file(out)
    new = torch.nn.RNN(3, 10, layers, nonlinearity="relu")
    head = torch.nn.Linear(10, 5, bias=False)
    head.load_state_dict({"weight": state.pop("readout.weight")})
    new.load_state_dict(state)  # strict: the names are those of PyTorch
    x = torch.tensor(sequences(30, 4, 3, M), dtype=torch.float32)
    with torch.no_grad():
        assert (head(new(x)[0]) - rnn(x)[0]).abs().max() < 1e-4


def test_a_module_goes_through_a_file_unchanged(tmp_path):
    rnn, head = contractive(), torch.nn.Linear(5, 2)
    net = from_torch(rnn, head)
    save(net, tmp_path / "net.pt")
    module = to_torch(net)
    module.load_state_dict(torch.load(tmp_path / "net.pt", weights_only=True))
    recurrent = ["weight_hh_l0", "weight_ih_l0", "bias_ih_l0", "bias_hh_l0"]
    pairs = [(module.rnn, rnn, recurrent)]
    for mine, theirs, names in [*pairs, (module.readout, head, ["weight", "bias"])]:
        for name in names:
            assert torch.equal(getattr(mine, name), getattr(theirs, name))


BAD_MODULES = {
    "LSTM": (lambda: torch.nn.LSTM(3, 4), UnsupportedError, "holds an LSTM: its gates"),
    "GRU": (lambda: torch.nn.GRU(3, 4), UnsupportedError, "holds a GRU: its gates"),
    "cell": (lambda: torch.nn.RNNCell(3, 4), UnsupportedError, "rnn is a RNNCell"),
    "not a module": (lambda: [[1.0]], UnsupportedError, "rnn is a list"),
    "bidirectional": (
        lambda: torch.nn.RNN(3, 4, nonlinearity="relu", bidirectional=True),
        UnsupportedError,
        "bidirectional",
    ),
    "dropout": (
        lambda: torch.nn.RNN(3, 4, 2, nonlinearity="relu", dropout=0.5),
        UnsupportedError,
        r"training mode with dropout 0\.5",
    ),
    "half": (
        lambda: torch.nn.RNN(3, 4, nonlinearity="relu").half(),
        UnsupportedError,
        r"torch\.float16; expected float32 or float64",
    ),
    "bfloat16": (
        lambda: torch.nn.RNN(3, 4, nonlinearity="relu").bfloat16(),
        UnsupportedError,
        r"torch\.bfloat16",
    ),
    "meta": (
        lambda: torch.nn.RNN(3, 4, nonlinearity="relu", device="meta"),
        UnsupportedError,
        "has no data",
    ),
}


@pytest.mark.parametrize("name", BAD_MODULES)
def test_other_modules_are_refused(name):
    make, error, part = BAD_MODULES[name]
    with pytest.raises(error, match=part) as caught:
        from_torch(make())
    assert "\n" not in str(caught.value)


class Twice(torch.nn.RNN):
    def forward(self, x, start=None):
        states, last = super().forward(x, start)
        return 2 * states, last


class TwiceLinear(torch.nn.Linear):
    def forward(self, x):
        return 2 * super().forward(x)


class Dropped(torch.nn.Module):
    def forward(self, weight):
        return torch.nn.functional.dropout(weight, 0.5, self.training)


def changed(module, **attributes):
    for name, value in attributes.items():
        setattr(module, name, value)
    return module


def hooked(module, register, hook):
    getattr(module, register)(hook)
    return module


def compiled(module):
    module.compile()
    return module


def stale(rnn):
    """A module whose own list of weights is not that of its attributes."""
    rnn._flat_weights = [2 * weight for weight in rnn._flat_weights]
    rnn._flat_weight_refs = [None] * len(rnn._flat_weights)
    return rnn


def head():
    return torch.nn.Linear(5, 2)


utils = torch.nn.utils
# What a module shows is not what it computes with: each is refused, with what to call.
NOT_AS_SHOWN = {
    "weight_norm": (
        lambda: utils.weight_norm(contractive(), W_NAME),
        r"remove_weight_norm\(module",
    ),
    "spectral_norm": (
        lambda: utils.spectral_norm(contractive(), W_NAME),
        r"remove_spectral_norm\(",
    ),
    "prune": (lambda: prune.l1_unstructured(contractive(), W_NAME, amount=0.5), r"prune\.remove\("),
    "spectral_norm in training": (
        lambda: utils.parametrizations.spectral_norm(contractive(), W_NAME),
        r"changes whenever it is read; call the module's eval\(\)",
    ),
    "dropped weights": (
        lambda: parametrized(contractive(), Dropped()),
        r"eval\(\)",
    ),
    "subclass": (lambda: Twice(3, 5, nonlinearity="relu"), "rnn is a Twice; .* not a subclass"),
    "parametrized subclass": (
        lambda: utils.parametrizations.orthogonal(Twice(3, 5, nonlinearity="relu"), W_NAME),
        "rnn is a Twice",
    ),
    "forward hook": (
        lambda: hooked(contractive(), "register_forward_hook", lambda m, x, y: (2 * y[0], y[1])),
        r"forward hook.*remove\(\) of the handle",
    ),
    "forward pre-hook": (
        lambda: hooked(contractive(), "register_forward_pre_hook", lambda m, x: (2 * x[0],)),
        r"forward pre-hook.*remove\(\) of the handle",
    ),
    "mode by hand": (
        lambda: changed(contractive(), mode="RNN_TANH"),
        "runs in the mode 'RNN_TANH'",
    ),
    "nonlinearity by hand": (
        lambda: changed(torch.nn.RNN(3, 5), nonlinearity="relu"),
        "runs in the mode 'RNN_TANH'",
    ),
    "forward by hand": (
        lambda: changed(contractive(), forward=lambda x, start=None: (x, start)),
        "has a forward of its own",
    ),
    "compiled": (lambda: torch.compile(contractive()), "which is its _orig_mod"),
    "compiled in place": (lambda: compiled(contractive()), r"before its compile\(\)"),
    "DataParallel": (lambda: torch.nn.DataParallel(contractive()), "such as its module"),
    "script": (lambda: torch.jit.script(contractive()), "rnn is a RecursiveScriptModule"),
    "weights of its own": (lambda: stale(contractive()), "does not compute what its weights say"),
    "fewer layers by hand": (
        lambda: changed(contractive(num_layers=2), num_layers=1),
        "does not run on an input",
    ),
    "no bias by hand": (lambda: changed(contractive(), bias=False), "does not run on an input"),
    "projection by hand": (lambda: changed(contractive(), proj_size=2), "projection"),
    "layers by hand": (lambda: changed(contractive(), num_layers="2"), "num_layers is '2'"),
    "no weight": (lambda: changed(contractive(), weight_hh_l0=None), "weight_hh_l0 is a NoneType"),
    "weights too large to run": (lambda: contractive(norm=1e38), "not finite"),
}
BAD_READOUTS = {
    "lazy": (lambda: torch.nn.LazyLinear(2), "LazyLinear.*run once on an input"),
    "subclass": (lambda: TwiceLinear(5, 2), "readout is a TwiceLinear"),
    "sequence": (lambda: torch.nn.Sequential(head()), "readout is a Sequential"),
    "weight_norm": (lambda: utils.weight_norm(head()), r"remove_weight_norm\(module, 'weight'\)"),
    "hook": (lambda: hooked(head(), "register_forward_hook", lambda m, x, y: -y), "forward hook"),
    "other type": (lambda: head().double(), "does not run"),
}


def parametrized(rnn, part):
    utils.parametrize.register_parametrization(rnn, W_NAME, part)
    return rnn


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NOT_AS_SHOWN)
def test_modules_that_compute_with_other_weights_are_refused(name):
    make, part = NOT_AS_SHOWN[name]
    with pytest.raises((InputError, UnsupportedError), match=part) as caught:
        from_torch(make())
    assert "\n" not in str(caught.value)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BAD_READOUTS)
def test_readouts_that_compute_something_else_are_refused(name):
    make, part = BAD_READOUTS[name]
    with pytest.raises(UnsupportedError, match=part):
        from_torch(contractive(), make())


def test_hooks_on_every_module_are_refused():
    handle = torch.nn.modules.module.register_module_forward_hook(lambda m, x, y: None)
    try:
        with pytest.raises(UnsupportedError, match="forward hook"):
            from_torch(contractive())
    finally:
        handle.remove()


def test_code_that_was_put_into_pytorch_itself_is_noticed(monkeypatch):
    forward = torch.nn.RNN.forward
    monkeypatch.setattr(
        torch.nn.RNN, "forward", lambda rnn, x, h=None: tuple(2 * y for y in forward(rnn, x, h))
    )
    with pytest.raises(UnsupportedError, match="does not compute what its weights say"):
        from_torch(contractive())


def test_what_the_refusal_says_makes_the_weights_right():
    """A state loaded into a module with an old weight_norm reaches its weight only when it runs."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rnn = utils.weight_norm(contractive(), W_NAME)
        state = {name: 0.5 * value for name, value in rnn.state_dict().items()}
        rnn.load_state_dict(state)
        shown = rnn.weight_hh_l0.detach().clone()
        with pytest.raises(UnsupportedError, match="remove_weight_norm"):
            from_torch(rnn)
        utils.remove_weight_norm(rnn, W_NAME)
    net = from_torch(rnn)
    assert not np.allclose(net.rnn.W.to_numpy(), shown.numpy())
    x = sequences(20, 3, 3, M)
    with torch.no_grad():
        outputs = rnn(torch.tensor(x, dtype=torch.float32))[0].numpy()
    assert np.abs(net.run(x) - outputs).max() <= tolerance("float32")


@pytest.mark.parametrize(
    "make",
    [
        lambda rnn: utils.parametrizations.spectral_norm(rnn, W_NAME).eval(),
        lambda rnn: utils.parametrizations.weight_norm(rnn, W_NAME),
        lambda rnn: utils.parametrizations.orthogonal(rnn, W_NAME),
        lambda rnn: prune.remove(prune.l1_unstructured(rnn, W_NAME, amount=0.5), W_NAME),
    ],
)
def test_parametrizations_that_stay_are_read_as_the_module_reads_them(make):
    rnn = make(contractive())
    assert np.array_equal(from_torch(rnn).rnn.W.to_numpy(), rnn.weight_hh_l0.detach().numpy())


def test_reading_leaves_no_trace_in_the_module():
    rnn = utils.parametrizations.spectral_norm(contractive(), W_NAME)
    before = {name: held.clone() for name, held in rnn.state_dict().items()}
    with pytest.raises(UnsupportedError):
        from_torch(rnn)
    assert all(torch.equal(held, before[name]) for name, held in rnn.state_dict().items())
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    from_torch(rnn.eval())
    assert torch.equal(torch.rand(3), expected)


def test_other_precision_around_it_does_not_matter():
    with torch.autocast("cpu", dtype=torch.bfloat16), torch.inference_mode():
        assert same_weights(from_torch(contractive()), from_torch(contractive()))


def test_dropout_in_evaluation_mode_is_no_dropout():
    rnn = contractive(num_layers=2, dropout=0.5).train(False)
    assert len(from_torch(rnn).layers) == 2


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"readout": torch.nn.Conv1d(1, 1, 1)}, "readout is a Conv1d"),
        ({"readout": torch.nn.Linear(7, 2)}, r"readout\.weight has shape \(2, 7\)"),
        ({"h_init": [0.0]}, "h_init is a list; expected a tensor"),
        ({"h_init": torch.zeros(2, 5)}, r"h_init has shape \(2, 5\)"),
        ({"h_init": torch.zeros(1, 1, 5)}, r"h_init has shape \(1, 1, 5\)"),
        ({"h_init": torch.full((1, 5), float("nan"))}, r"h_init\[0, 0\] is nan"),
    ],
)
def test_bad_arguments(arguments, part):
    with pytest.raises((InputError, UnsupportedError), match=part):
        from_torch(contractive(), **arguments)
    with pytest.raises(InputError, match="brings its own"):
        from_torch(to_torch(network()), **arguments)


class Boom:
    def __reduce__(self):
        return (os.mkdir, ("pickle_was_executed",))


BAD_FILES = {
    "executable": lambda path: torch.save({"weight_hh_l0": Boom()}, path),
    "whole module": lambda path: torch.save(contractive(), path),
    "list": lambda path: torch.save([torch.zeros(1)], path),
    "checkpoint": lambda path: torch.save({"epoch": 3, "state": torch.zeros(1)}, path),
    "nested twice": lambda path: torch.save(
        {"state_dict": {"state_dict": contractive().state_dict()}}, path
    ),
    "two state dicts": lambda path: torch.save(
        {name: contractive().state_dict() for name in ("state_dict", "model_state_dict")}, path
    ),
    "executable beside": lambda path: torch.save(
        {"state_dict": contractive().state_dict(), "hyper_parameters": Boom()}, path
    ),
    "numbers": lambda path: torch.save({1: torch.zeros(1)}, path),
    "text": lambda path: path.write_text("weights"),
    "old pickle": lambda path: torch.save(
        {"weight_hh_l0": Boom()}, path, _use_new_zipfile_serialization=False
    ),
    "script": lambda path: torch.jit.save(torch.jit.script(torch.nn.Linear(1, 1)), path),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", BAD_FILES)
def test_files_that_are_no_state_dict(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "net.pt"
    BAD_FILES[name](path)
    with pytest.raises(InputError, match=r"net\.pt .*state_dict") as caught:
        load(path, activation="relu")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "pickle_was_executed").exists()


def test_the_old_file_format_is_refused_since_it_does_not_say_how_large_it_becomes(tmp_path):
    path = tmp_path / "net.pt"
    torch.save(contractive().state_dict(), path, _use_new_zipfile_serialization=False)
    with pytest.raises(InputError, match=r"PyTorch 1\.6 or newer.*save it once with PyTorch"):
        load(path, activation="relu")
    torch.save(torch.load(path, weights_only=True), path)  # what the message says
    assert same_weights(load(path, activation="relu"), from_torch(contractive()))


def test_sparse_and_expanded_tensors(tmp_path):
    state = contractive().state_dict()
    torch.save({**state, "weight_hh_l0": torch.eye(5).to_sparse()}, tmp_path / "sparse.pt")
    with pytest.raises(UnsupportedError, match="sparse"):
        load(tmp_path / "sparse.pt", activation="relu")
    torch.save({"weight_hh_l0": torch.zeros(1).expand(10**5, 10**5)}, tmp_path / "huge.pt")
    with pytest.raises(UnsupportedError, match="10000000000 weights"):
        load(tmp_path / "huge.pt", activation="relu")


def test_versions_of_pytorch_that_read_unsafely_are_refused(tmp_path, monkeypatch):
    torch.save(contractive().state_dict(), tmp_path / "net.pt")
    monkeypatch.setattr(torch, "__version__", "2.9.1+cpu")
    with pytest.raises(UnsupportedError, match=r"2\.9\.1\+cpu does not read \.pt files safely"):
        load(tmp_path / "net.pt", activation="relu")


def test_an_archive_that_unpacks_to_too_much(tmp_path, monkeypatch):
    rnn = contractive()
    torch.save(rnn.state_dict(), tmp_path / "net.pt")
    monkeypatch.setattr(limits, "MAX_BYTES", 2000)
    with pytest.raises(InputError, match="expected at most 2000"):
        load(tmp_path / "net.pt", activation="relu")


def test_the_readme_block_runs():
    readme = (ROOT / "README.md").read_text()
    blocks = [b for b in re.findall(r"```python\n(.*?)```", readme, re.S) if "import torch" in b]
    assert len(blocks) == 1
    names: dict = {}
    torch.manual_seed(0)
    exec(compile(blocks[0], "README.md", "exec"), names)
    assert names["found"].report.verdict is Verdict.PROVED
    x = torch.tensor(sequences(30, 4, 8, 3), dtype=torch.float32).transpose(0, 1)
    with torch.no_grad():
        expected = names["readout"](names["rnn"](x)[0])
        assert (names["urnn"](x) - expected).abs().max() < 1e-4


def test_a_storage_that_is_shorter_than_its_table_says(tmp_path):
    """PyTorch would read on, into memory of others."""
    path = tmp_path / "net.pt"
    torch.save(contractive().state_dict(), tmp_path / "good.pt")
    with zipfile.ZipFile(tmp_path / "good.pt") as source:
        members = {item.filename: source.read(item) for item in source.infolist()}
    name = next(name for name in members if name.endswith("data/1"))

    def write():
        with zipfile.ZipFile(path, "w") as target:
            for key, data in members.items():
                target.writestr(key, data)

    write()
    assert same_weights(load(path, activation="relu"), from_torch(contractive()))
    members[name] = members[name][:-4]
    write()
    with pytest.raises(InputError, match=r"storage '1' has 25 entries .*but 96 bytes are there"):
        load(path, activation="relu")
    del members[name]
    write()
    with pytest.raises(InputError, match="but 0 bytes are there"):
        load(path, activation="relu")


def test_an_archive_whose_table_of_contents_is_damaged(tmp_path):
    """One bit of a size: PyTorch's own reader returns what happens to be in memory."""
    path = tmp_path / "net.pt"
    torch.save(contractive().state_dict(), path)
    data, expected = path.read_bytes(), from_torch(contractive())
    at = data.index(b"PK\x01\x02")  # the first entry of the table at the end
    for bit in range(8 * at, 8 * (at + 400), 3):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bytes(damaged))
        try:
            found = load(path, activation="relu")
        except InputError:
            continue
        assert same_weights(found, expected)
