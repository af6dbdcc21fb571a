"""State dicts as people save them: what stands beside the RNN is left out only when that is said.

Each model is made by PyTorch; what is read from its file is compared with what PyTorch computes.
"""

from __future__ import annotations

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs import InputError, UnsupportedError, UrnnProofsError, load, to_torch
from urnn_proofs.cli import app

torch = pytest.importorskip("torch", reason="extra torch")
nn = torch.nn
prune = pytest.importorskip("torch.nn.utils.prune", reason="extra torch")


class Model(nn.Module):
    """An RNN among the modules that people have beside it."""

    def __init__(self, **beside):
        super().__init__()
        self.rnn = nn.RNN(4, 6, nonlinearity="relu")
        with torch.no_grad():
            W = self.rnn.weight_hh_l0
            W *= 0.8 / torch.linalg.matrix_norm(W, 2)
        for name, module in beside.items():
            setattr(self, name, module)

    def states(self, x):
        with torch.no_grad():
            return self.rnn(x)[0]


BESIDE = {
    "embedding": lambda: {"embedding": nn.Embedding(20, 4), "fc": nn.Linear(6, 2)},
    "layer norm": lambda: {"norm": nn.LayerNorm(6), "fc": nn.Linear(6, 2)},
    "batch norm": lambda: {"bn": nn.BatchNorm1d(6), "fc": nn.Linear(6, 2)},
    "two Linear in a row": lambda: {"head": nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 2))},
    "a decoder": lambda: {"dec": nn.RNN(6, 6), "fc": nn.Linear(6, 2)},
}


def data():
    return torch.randn(7, 3, 4, generator=torch.Generator().manual_seed(0))


def save(module, path):
    torch.save(module.state_dict(), path)
    return path


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("name", BESIDE)
def test_the_states_alone_are_read_where_all_else_is_said_to_be_unused(tmp_path, name, suffix):
    torch.manual_seed(0)
    module, path = Model(**BESIDE[name]()), tmp_path / f"net{suffix}"
    if suffix == ".pt":
        save(module, path)
    else:
        stored = pytest.importorskip("safetensors.torch", reason="extra safetensors")
        tensors = {k: v for k, v in module.state_dict().items() if v.is_floating_point()}
        stored.save_file(tensors, path)
    with pytest.raises(InputError, match=r"--map 'unused="):
        load(path, activation="relu")
    said = "dec.*+*" if name == "a decoder" else "*"
    network = load(path, activation="relu", names={"unused": said})
    np.testing.assert_allclose(network.run(data().numpy()), module.states(data()), atol=1e-5)
    again = to_torch(network)
    with torch.no_grad():
        np.testing.assert_array_equal(again(data()), module.states(data()))


def test_a_readout_is_kept_where_all_else_is_unused(tmp_path):
    torch.manual_seed(0)
    module = Model(**BESIDE["embedding"]())
    path = save(module, tmp_path / "net.pt")
    with torch.no_grad():
        wanted = module.fc(module.states(data()))
    for readout in ("fc", "fc.weight"):
        for unused in ("*", "embedding.weight", "embedding.*", "emb*"):
            found = load(path, activation="relu", readout=readout, names={"unused": unused})
            np.testing.assert_allclose(found.run(data().numpy()), wanted, atol=1e-5)
            assert not found.output_bias.is_zero()


@pytest.mark.parametrize(
    ("unused", "readout", "part"),
    [
        ("nothing", "fc", r"'nothing' is unused; expected one of .*embedding"),
        ("fc.*", "fc", "holds no readout 'fc'"),
        ("rnn.bias_hh_l0", "fc", r"lacks 'rnn\.bias_hh_l0'"),
        ("rnn.*", "fc", "holds no weights by the names of"),
        ("fc.bias", "fc", r"holds embedding\.weight .* would be lost"),
        ("*", "other", "holds no readout 'other'"),
    ],
)
def test_what_is_left_must_be_a_network(tmp_path, unused, readout, part):
    path = save(Model(**BESIDE["embedding"]()), tmp_path / "net.pt")
    with pytest.raises(InputError, match=part) as caught:
        load(path, activation="relu", readout=readout, names={"unused": unused})
    assert str(caught.value).startswith("net.pt")


def test_commands_leave_out_what_is_said_and_name_it_in_the_next_one(tmp_path):
    path = save(Model(**BESIDE["embedding"]()), tmp_path / "net.pt")
    words = ["diagnose", str(path), "--readout", "fc", "--map", "unused=embedding.*"]
    for more in (["--activation", "relu"], []):
        result = CliRunner().invoke(app, [*words, *more])
        assert result.exit_code == 0, result.stdout
        assert "next: urnn-proofs convert" in result.stdout
        assert "--map 'unused=embedding.*'" in result.stdout


@pytest.mark.parametrize("name", ["module.", "_orig_mod.", "model.net."])
def test_prefixes_of_wrappers_make_no_difference(tmp_path, name):
    module = Model(fc=nn.Linear(6, 2))
    weights = {f"{name}{key}": value for key, value in module.state_dict().items()}
    torch.save(weights, tmp_path / "net.pt")
    found = load(tmp_path / "net.pt", activation="relu")
    with torch.no_grad():
        wanted = module.fc(module.states(data()))
    np.testing.assert_allclose(found.run(data().numpy()), wanted, atol=1e-5)


def test_masks_of_pruning_are_multiplied_exactly(tmp_path):
    torch.manual_seed(0)
    module = Model(fc=nn.Linear(6, 2))
    prune.l1_unstructured(module.rnn, "weight_hh_l0", amount=0.5)
    prune.random_unstructured(module.fc, "weight", amount=0.3)
    path = save(module, tmp_path / "net.pt")
    found = load(path, activation="relu", readout="fc")
    prune.remove(module.rnn, "weight_hh_l0")
    prune.remove(module.fc, "weight")
    plain = load(save(module, tmp_path / "plain.pt"), activation="relu", readout="fc")
    assert found.layers[0].W == plain.layers[0].W
    assert found.layers[0].C == plain.layers[0].C
    assert sum(w == 0 for row in found.layers[0].W.to_fractions() for w in row) == 18


def test_a_mask_of_other_numbers_is_refused(tmp_path):
    module = Model()
    prune.l1_unstructured(module.rnn, "weight_hh_l0", amount=0.5)
    weights = module.state_dict()
    weights["rnn.weight_hh_l0_mask"] *= 0.5
    torch.save(weights, tmp_path / "net.pt")
    with pytest.raises(InputError, match="is no mask of zeros and ones for"):
        load(tmp_path / "net.pt", activation="relu")


def hooked(change):
    module = Model()
    change(module.rnn, "weight_hh_l0")
    return module


COMPUTED = {
    "weight_norm": (
        nn.utils.parametrizations.weight_norm,
        "torch.nn.utils.parametrize.remove_parametrizations(model.rnn, 'weight_hh_l0')",
    ),
    "orthogonal": (
        nn.utils.parametrizations.orthogonal,
        "torch.nn.utils.parametrize.remove_parametrizations(model.rnn, 'weight_hh_l0')",
    ),
    "weight_norm of old": (
        nn.utils.weight_norm,
        "torch.nn.utils.remove_weight_norm(model.rnn, 'weight_hh_l0')",
    ),
    "spectral_norm of old": (
        nn.utils.spectral_norm,
        "torch.nn.utils.remove_spectral_norm(model.rnn, 'weight_hh_l0')",
    ),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", COMPUTED)
def test_computed_weights_are_refused_with_the_call_that_writes_them_out(tmp_path, name):
    change, call = COMPUTED[name]
    module = hooked(change)
    path = save(module, tmp_path / "net.pt")
    with pytest.raises(UnsupportedError) as caught:
        load(path, activation="relu")
    assert f"call {call} and save the state dict" in str(caught.value)
    eval(call, {"torch": torch, "model": module})  # the words of our own message
    assert load(save(module, path), activation="relu").rnn.states == 6


@pytest.mark.filterwarnings("ignore")
def test_quantised_numbers_and_scripts_are_named(tmp_path):
    weight = torch.quantize_per_tensor(torch.ones(2, 2), 0.1, 0, torch.qint8)
    torch.save({"rnn.weight_hh_l0": weight}, tmp_path / "net.pt")
    with pytest.raises(InputError, match="quantised numbers .* before it was quantised"):
        load(tmp_path / "net.pt", activation="relu")
    script = torch.jit.trace(Model().rnn, data())
    torch.jit.save(script, tmp_path / "script.pt")
    with pytest.raises(InputError, match=r"is a TorchScript archive.*jit\.load\(FILE\)"):
        load(tmp_path / "script.pt", activation="relu")
    torch.save(torch.jit.load(tmp_path / "script.pt").state_dict(), tmp_path / "again.pt")
    assert load(tmp_path / "again.pt", activation="relu").rnn.states == 6


def test_integers_beside_the_network_are_no_obstacle_and_in_it_they_are(tmp_path):
    module = Model(fc=nn.Linear(6, 2))
    weights = module.state_dict() | {"steps": torch.tensor(3), "seen": torch.tensor([True])}
    torch.save(weights, tmp_path / "net.pt")
    unused = {"unused": "steps+seen"}
    assert load(tmp_path / "net.pt", activation="relu", names=unused).outputs == 2
    for name in ("rnn.bias_ih_l0", "fc.weight"):
        torch.save(weights | {name: weights[name].long()}, tmp_path / "net.pt")
        with pytest.raises(UrnnProofsError, match=f"{name} has the type int64; expected float32"):
            load(tmp_path / "net.pt", activation="relu", readout="fc", names=unused)


# -- masks of other names, and beside weights -----------------------------------------------------


def pruned():
    torch.manual_seed(3)
    module = Model(fc=nn.Linear(6, 2))
    for part, name in ((module.rnn, "weight_hh_l0"), (module.rnn, "bias_ih_l0")):
        prune.random_unstructured(part, name, amount=0.5)
    prune.random_unstructured(module.fc, "weight", amount=0.5)
    return module


def test_a_map_names_pruned_weights_and_never_what_they_were_before(tmp_path):
    module, x = pruned(), data()
    path = save(module, tmp_path / "net.pt")
    names = {
        "W": "rnn.weight_hh_l0",
        "F": "rnn.weight_ih_l0",
        "b": "rnn.bias_ih_l0+rnn.bias_hh_l0",
        "C": "fc.weight",
        "d": "fc.bias",
    }
    found = load(path, activation="relu", names=names).run(x.numpy())
    with torch.no_grad():
        np.testing.assert_allclose(found, module.fc(module.states(x)), atol=1e-5)
    for part in ("W", "C"):
        before = names | {part: f"{names[part]}_orig", "unused": "*"}
        with pytest.raises(InputError, match=f"{part} is named '{names[part]}_orig'; expected one"):
            load(path, activation="relu", names=before)


@pytest.mark.parametrize("weight", ["rnn.weight_hh_l0", "fc.weight"])
@pytest.mark.parametrize("unused", [None, "*"])
def test_a_weight_beside_its_mask_and_its_original_is_not_chosen_silently(tmp_path, weight, unused):
    """As those save it who look for tickets of lotteries: the weight is the one that runs."""
    module, x = Model(fc=nn.Linear(6, 2)), data()
    weights = module.state_dict()
    beside = {f"{weight}_orig": 2 * weights[weight], f"{weight}_mask": weights[weight] * 0 + 1}
    torch.save(weights | beside, tmp_path / "net.pt")
    said = {} if unused is None else {"names": {"unused": unused}}
    with pytest.raises(InputError, match="does not tell which of them is run"):
        load(tmp_path / "net.pt", activation="relu", readout="fc", **said)
    left = {"unused": "+".join(beside)}
    found = load(tmp_path / "net.pt", activation="relu", readout="fc", names=left)
    with torch.no_grad():
        np.testing.assert_allclose(found.run(x.numpy()), module.fc(module.states(x)), atol=1e-5)


@pytest.mark.parametrize("end", ["mask", "g", "v", "u"])
def test_all_the_rest_does_not_hold_what_a_weight_may_be_computed_from(tmp_path, end):
    weights = Model(fc=nn.Linear(6, 2)).state_dict()
    name = f"rnn.weight_hh_l0_{end}"
    torch.save(weights | {name: torch.ones(6, 6)}, tmp_path / "net.pt")
    with pytest.raises(UrnnProofsError, match=name):
        load(tmp_path / "net.pt", activation="relu", readout="fc", names={"unused": "*"})
    by_name = {"unused": f"*+{name}"}
    assert load(tmp_path / "net.pt", activation="relu", readout="fc", names=by_name).outputs == 2
    mapped = {"W": "rnn.weight_hh_l0", "F": "rnn.weight_ih_l0"}
    with pytest.raises(InputError, match=f"{name} beside rnn.weight_hh_l0, which may be more"):
        load(tmp_path / "net.pt", activation="relu", names=mapped | {"unused": "*"})
    assert load(tmp_path / "net.pt", activation="relu", names=mapped | by_name).outputs == 6


def test_a_mask_of_a_cell_is_no_rest_either(tmp_path):
    weights = nn.RNNCell(4, 6).state_dict() | {"weight_hh_mask": torch.ones(6, 6)}
    weights = {f"cell.{name}": tensor for name, tensor in weights.items()}
    torch.save(weights, tmp_path / "net.pt")
    with pytest.raises(InputError, match="cell.weight_hh_mask beside cell.weight_hh, which may be"):
        load(tmp_path / "net.pt", activation="relu", names={"unused": "*"})


@pytest.mark.parametrize("name", ["module.h_init", "h0", "rnn.initial_state"])
def test_all_the_rest_does_not_hold_an_initial_state(tmp_path, name):
    """The network that starts there has other outputs than one that starts at 0."""
    weights = Model(fc=nn.Linear(6, 2)).state_dict() | {name: torch.full((6,), 0.5)}
    torch.save(weights, tmp_path / "net.pt")
    mapped = {"W": "rnn.weight_hh_l0", "F": "rnn.weight_ih_l0"}
    for names in ({}, mapped):
        with pytest.raises(InputError, match=f"holds {name}, from which the network may start"):
            load(tmp_path / "net.pt", activation="relu", names=names | {"unused": "*"})
        left = load(tmp_path / "net.pt", activation="relu", names=names | {"unused": f"*+{name}"})
        assert left.layers[0].h_init.is_zero()
    names = mapped | {"h_init": name, "unused": "*"}
    found = load(tmp_path / "net.pt", activation="relu", names=names)
    assert {float(v) for v in found.layers[0].h_init.entries()} == {0.5}
