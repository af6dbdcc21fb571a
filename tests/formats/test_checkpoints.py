"""Checkpoints as people have them: nested, under other names, in 16 bits."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from stored_networks import same_weights, sequences

from urnn_proofs import InputError, UnsupportedError, load
from urnn_proofs.cli import app

torch = pytest.importorskip("torch", reason="extra torch")


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.rnn = torch.nn.RNN(3, 4, nonlinearity="relu")
        self.fc = torch.nn.Linear(4, 2)
        with torch.no_grad():
            self.rnn.weight_hh_l0 *= 0.9 / torch.linalg.matrix_norm(self.rnn.weight_hh_l0, 2)

    def forward(self, x):
        return self.fc(self.rnn(x)[0])


def lightning(state):
    """What a Lightning checkpoint holds."""
    return {
        "epoch": 3,
        "global_step": 120,
        "pytorch-lightning_version": "2.5.0",
        "state_dict": {f"model.{name}": tensor for name, tensor in state.items()},
        "loops": {"fit_loop": {"state_dict": {}}},
        "callbacks": {"ModelCheckpoint": {"best_model_score": torch.tensor(0.25)}},
        "optimizer_states": [{"state": {0: {"exp_avg": torch.zeros(4, 4)}}}],
        "lr_schedulers": [],
        "hparams_name": "kwargs",
        "hyper_parameters": {"hidden": 4, "lr": 1e-3},
    }


CHECKPOINTS = {
    "net.ckpt": lightning,
    "net.pth.tar": lambda state: {"epoch": 9, "arch": "rnn", "state_dict": state, "best": 0.5},
    "NET.PTH.TAR": lambda state: {"state_dict": state},
    "net.pt": lambda state: {"model_state_dict": state, "optimizer_state_dict": {"lr": 0.1}},
    "pytorch_model.bin": lambda state: dict(state),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_checkpoints_hold_the_network_of_their_module(tmp_path, name):
    net = Net()
    torch.save(net.state_dict(), tmp_path / "plain.pt")
    torch.save(CHECKPOINTS[name](net.state_dict()), tmp_path / name)
    found = load(tmp_path / name, activation="relu")
    assert same_weights(found, load(tmp_path / "plain.pt", activation="relu"))
    x = sequences(9, 2, 3, 2)
    with torch.no_grad():
        expected = net(torch.tensor(x, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(found.run(x), expected, atol=1e-5)


def test_cells_are_layers(tmp_path):
    cell = torch.nn.RNNCell(3, 4, nonlinearity="tanh")
    torch.save({f"net.cell.{k}": v for k, v in cell.state_dict().items()}, tmp_path / "net.pt")
    found = load(tmp_path / "net.pt", activation="tanh")
    x, state = sequences(7, 1, 3, 2), torch.zeros(1, 4)
    with torch.no_grad():
        for row in torch.tensor(x, dtype=torch.float32):
            state = cell(row, state)
    np.testing.assert_allclose(found.run(x)[-1], state.numpy(), atol=1e-6)
    torch.save(torch.nn.LSTMCell(3, 4).state_dict(), tmp_path / "lstm.pt")
    with pytest.raises(UnsupportedError, match="holds an LSTM"):
        load(tmp_path / "lstm.pt", activation="tanh")


class Pair(torch.nn.Module):
    """The recurrence written with two Linear layers."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(1)
        self.i2h, self.h2h, self.h2o = (torch.nn.Linear(*s) for s in ((3, 4), (4, 4), (4, 2)))
        with torch.no_grad():
            self.h2h.weight *= 0.9 / torch.linalg.matrix_norm(self.h2h.weight, 2)

    def forward(self, x):
        state, outputs = torch.zeros(x.shape[1], 4), []
        for row in x:
            state = torch.relu(self.i2h(row) + self.h2h(state))
            outputs.append(self.h2o(state))
        return torch.stack(outputs)


PAIR = {
    "W": "h2h.weight",
    "F": "i2h.weight",
    "b": "i2h.bias+h2h.bias",
    "C": "h2o.weight",
    "d": "h2o.bias",
}
SUFFIXES = [".pt", ".ckpt", ".safetensors", ".npz"]


def saved(folder, suffix, state):
    path = folder / f"pair{suffix}"
    if suffix == ".npz":
        np.savez(path, **{name: tensor.numpy() for name, tensor in state.items()})
    elif suffix == ".safetensors":
        pytest.importorskip("safetensors", reason="extra safetensors")
        from safetensors.torch import save_file

        save_file(dict(state), path)
    else:
        torch.save({"state_dict": dict(state)} if suffix == ".ckpt" else dict(state), path)
    return path


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_pairs_of_linear_layers_by_a_map(tmp_path, suffix):
    pair = Pair()
    path = saved(tmp_path, suffix, pair.state_dict())
    net = load(path, activation="relu", names=PAIR)
    one, other = (pair.state_dict()[f"{k}.bias"].numpy() for k in ("i2h", "h2h"))
    exact = [Fraction(float(a)) + Fraction(float(b)) for a, b in zip(one, other)]
    assert net.layers[0].b.entries() == exact
    x = sequences(9, 2, 3, 2)
    with torch.no_grad():
        expected = pair(torch.tensor(x, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(net.run(x), expected, atol=1e-5)


def test_the_map_on_the_command_line(tmp_path):
    from typer.testing import CliRunner

    path = saved(tmp_path, ".ckpt", Pair().state_dict())
    options = [x for part, name in PAIR.items() for x in ("--map", f"{part}={name}")]
    out = tmp_path / "urnn.json"
    line = ["convert", str(path), str(out), "--input-bound", "4", "--activation", "relu", *options]
    result = CliRunner().invoke(app, line)
    assert result.exit_code == 0, result.stderr
    x = sequences(9, 2, 3, 2)
    before = load(path, activation="relu", names=PAIR).run(x)
    np.testing.assert_allclose(load(out).run(x), before, atol=1e-9)


def test_transposed_arrays_and_arrays_that_are_no_part(tmp_path):
    rng = np.random.default_rng(0)
    arrays = {
        "recurrent_kernel": rng.standard_normal((4, 4)),
        "kernel": rng.standard_normal((3, 4)),
        "bias": rng.standard_normal((1, 4)),
        "epoch": np.array(3),
        "loss": np.ones(5),
    }
    np.savez(tmp_path / "net.npz", **arrays)
    names = {"W": "recurrent_kernel.T", "F": "kernel.T", "b": "bias"}
    for unused in ("epoch+loss", "*"):
        net = load(tmp_path / "net.npz", activation="tanh", names={**names, "unused": unused})
        np.testing.assert_array_equal(net.layers[0].W.to_numpy(), arrays["recurrent_kernel"].T)
        np.testing.assert_array_equal(net.layers[0].F.to_numpy(), arrays["kernel"].T)
        np.testing.assert_array_equal(net.layers[0].b.to_numpy()[:, 0], arrays["bias"][0])
    with pytest.raises(InputError, match=r"also holds epoch \(\), loss \(5,\); name them, or say"):
        load(tmp_path / "net.npz", activation="tanh", names=names)


BAD_MAPS = {
    "another part": ({**PAIR, "Z": "h2h.weight"}, "names the part 'Z'"),
    "no W": ({k: v for k, v in PAIR.items() if k != "W"}, "does not name W"),
    "a name that is not there": ({**PAIR, "W": "hh.weight"}, "named 'hh.weight'; expected one of"),
    "a forgotten bias": ({**PAIR, "b": "i2h.bias"}, r"also holds h2h.bias \(4,\)"),
    "a bias twice": ({**PAIR, "b": "i2h.bias+i2h.bias"}, "each once"),
    "a bias of another size": ({**PAIR, "b": "i2h.bias+h2o.bias"}, "has 2 entries; expected 4"),
    "a matrix as a bias": ({**PAIR, "b": "h2h.weight"}, "expected one row of numbers"),
    "a bias as a matrix": ({**PAIR, "W": "h2h.bias"}, "1 dimensions"),
    "another shape": ({**PAIR, "W": "i2h.weight", "unused": "h2h.weight"}, r"W has shape \(4, 3\)"),
    "unused and used": ({**PAIR, "unused": "h2h.bias"}, "'h2h.bias' is unused; expected"),
    "unused and not there": ({**PAIR, "unused": "epoch"}, "'epoch' is unused; expected"),
}


@pytest.mark.parametrize("name", BAD_MAPS)
def test_maps_that_do_not_fit_are_refused(tmp_path, name):
    names, part = BAD_MAPS[name]
    with pytest.raises(InputError, match=part) as caught:
        load(saved(tmp_path, ".pt", Pair().state_dict()), activation="relu", names=names)
    assert "\n" not in str(caught.value)


def test_a_map_needs_the_nonlinearity_and_a_file_of_arrays(tmp_path):
    path = saved(tmp_path, ".npz", Pair().state_dict())
    with pytest.raises(InputError, match="does not say which nonlinearity"):
        load(path, names=PAIR)
    with pytest.raises(InputError, match="expected a file of arrays"):
        load(tmp_path / "net.json", activation="relu", names=PAIR)
    with pytest.raises(InputError, match="no readout"):
        load(path, activation="relu", names=PAIR, readout="h2o")


@pytest.mark.parametrize("kind", ["float16", "bfloat16"])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_sixteen_bits_are_widened_exactly(tmp_path, kind, suffix):
    """Zero, subnormal numbers, the largest one and some between, against their definition."""
    if suffix == ".safetensors":
        pytest.importorskip("safetensors", reason="extra safetensors")
    fraction_bits, bias = {"float16": (10, 15), "bfloat16": (7, 127)}[kind]
    exponents = 2 ** (15 - fraction_bits)
    codes = np.linspace(0, ((exponents - 1) << fraction_bits) - 1, 484).astype(np.int16)
    codes[1:20] = np.arange(1, 20)  # subnormal

    def exactly(code):
        exponent, fraction = divmod(int(code), 1 << fraction_bits)
        whole = fraction + ((1 << fraction_bits) if exponent else 0)
        return Fraction(whole) * Fraction(2) ** (max(exponent, 1) - bias - fraction_bits)

    side = int(len(codes) ** 0.5)
    square = codes[: side * side].reshape(side, side)
    W = torch.from_numpy(square.copy()).view(getattr(torch, kind))
    state = {"weight_ih_l0": torch.ones(side, 1, dtype=W.dtype), "weight_hh_l0": W}
    path = tmp_path / f"net{suffix}"
    if suffix == ".pt":
        torch.save(state, path)
    else:
        from safetensors.torch import save_file

        save_file(state, path)
    net = load(path, activation="relu")
    assert net.layers[0].W.to_fractions() == [[exactly(c) for c in row] for row in square]
    assert net.layout.dtype == "float32"


def test_arrays_of_matlab_are_read_as_the_page_says(tmp_path):
    matlab = pytest.importorskip("scipy.io", reason="scipy, as in the extra 'experiments'")
    W, F = [[0.5, 0.125], [0.0, 0.5]], [[1.0], [2.0]]
    matlab.savemat(tmp_path / "net.mat", {"Wrec": W, "Win": F, "brec": [[0.0], [0.25]]})
    np.savez(tmp_path / "net.npz", **matlab.loadmat(tmp_path / "net.mat"))
    names = {"W": "Wrec", "F": "Win", "b": "brec", "unused": "*"}
    (layer,) = load(tmp_path / "net.npz", activation="relu", names=names).layers
    assert (layer.W.to_numpy().tolist(), layer.F.to_numpy().tolist()) == (W, F)
    assert layer.b.entries() == [0, Fraction(1, 4)]
    with pytest.raises(InputError, match="of a .mat file: numpy.savez of its arrays, and --map"):
        load(tmp_path / "net.mat")
