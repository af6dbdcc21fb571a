"""Several readouts of the same states: outputs one after the other, or refused by name."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs import (
    InputError,
    UnsupportedError,
    equivalent_urnn,
    from_torch,
    load,
    to_torch,
)
from urnn_proofs.cli import app

torch = pytest.importorskip("torch", reason="extra torch")


class TwoHeads(torch.nn.Module):
    """A policy and a value, as actors and critics have them."""

    def __init__(self, *, bias=True, last=False, states=False, start=False):
        super().__init__()
        self.rnn = torch.nn.RNN(3, 6, nonlinearity="relu", batch_first=True)
        self.policy = torch.nn.Linear(6, 4)
        self.value = torch.nn.Linear(6, 1, bias=bias)
        self.last, self.states, self.start = last, states, start
        with torch.no_grad():
            W = self.rnn.weight_hh_l0
            W *= 0.8 / torch.linalg.matrix_norm(W, 2)

    def forward(self, x, h=None):
        states, h = self.rnn(x, h if self.start else None)
        if self.last:
            states = states[:, -1]
        first = states if self.states else self.policy(states)
        return first, self.value(states), h


def together(module, x):
    with torch.no_grad():
        return torch.cat(module(torch.from_numpy(x))[:2], -1).numpy()


def data(seed=0):
    return np.random.default_rng(seed).standard_normal((2, 5, 3)).astype(np.float32)


def net_run(network, x):
    return network.run(x.transpose(1, 0, 2)).transpose(1, 0, 2)


@pytest.mark.parametrize("bias", [True, False])
def test_a_state_dict_whose_heads_are_named(tmp_path, bias):
    torch.manual_seed(1)
    module, x = TwoHeads(bias=bias), data()
    torch.save(module.state_dict(), tmp_path / "net.pt")
    network = load(tmp_path / "net.pt", activation="relu", readout="policy,value")
    np.testing.assert_allclose(net_run(network, x), together(module, x), atol=1e-5)
    assert network.layout.heads == (("policy", 4), ("value", 1))
    turned = load(tmp_path / "net.pt", activation="relu", readout="value,policy")
    order = [4, 0, 1, 2, 3]
    np.testing.assert_array_equal(net_run(turned, x), net_run(network, x)[..., order])
    mapped = load(
        tmp_path / "net.pt",
        activation="relu",
        names={
            "W": "rnn.weight_hh_l0",
            "F": "rnn.weight_ih_l0",
            "b": "rnn.bias_ih_l0+rnn.bias_hh_l0",
            "C": "policy.weight,value.weight",
            **({"d": "policy.bias,value.bias"} if bias else {"unused": "policy.bias"}),
        },
    )
    expected = network.output_bias if bias else mapped.output_bias
    assert mapped.layers[0].C == network.layers[0].C
    assert mapped.output_bias == expected


@pytest.mark.parametrize(
    ("readout", "part"),
    [
        (None, "NAME,NAME for several"),
        ("policy", r"holds value\.weight .* readout=policy,NAME \(--readout\) if they are"),
        ("policy,other", "holds no readout 'other'; expected the name of one of"),
        ("policy,policy", "is 'policy,policy'; expected each name once"),
        ("policy,", "holds no readout ''"),
    ],
)
def test_heads_that_are_not_named_are_refused_with_the_option(tmp_path, readout, part):
    torch.save(TwoHeads().state_dict(), tmp_path / "net.pt")
    with pytest.raises(InputError, match=part):
        load(tmp_path / "net.pt", activation="relu", readout=readout)


def test_parts_of_a_map_must_fit(tmp_path):
    arrays = {"h": np.eye(2), "i": np.eye(2), "a": np.eye(2), "b": np.ones((1, 3))}
    np.savez(tmp_path / "net.npz", **arrays)
    names = {"W": "h", "F": "i", "C": "a,b"}
    with pytest.raises(InputError, match=r"net\.npz: C: b has 3 columns; expected 2"):
        load(tmp_path / "net.npz", activation="relu", names=names)
    with pytest.raises(InputError, match="2 parts; expected at most 8, each once"):
        load(tmp_path / "net.npz", activation="relu", names={**names, "C": "a,a", "unused": "b"})


def test_modules_with_several_heads_come_and_go():
    torch.manual_seed(2)
    module, x = TwoHeads(), data()
    network = from_torch(module.rnn, [module.policy, module.value])
    found = equivalent_urnn(network, 20, dtype="float32")
    urnn = to_torch(found.result)
    assert urnn.readout.out_features == 5
    with torch.no_grad():
        y = urnn(torch.from_numpy(x)).numpy()
    np.testing.assert_allclose(y, together(module, x), atol=1e-4)
    with pytest.raises(UnsupportedError, match="readout1 is a ReLU"):
        from_torch(module.rnn, [module.policy, torch.nn.ReLU()])


def exported(module, path, **options):
    pytest.importorskip("onnx", reason="extra onnx")
    x = torch.from_numpy(data())
    given = (x, torch.zeros(1, 2, 6)) if module.start else (x,)
    names = ["x", "h"][: len(given)]
    torch.onnx.export(
        module.train(False),
        given,
        path,
        input_names=names,
        output_names=["policy", "value", "h_n"],
        dynamo=False,
        opset_version=17,
        **options,
    )


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("options", [{}, {"last": True}, {"states": True}, {"bias": False}])
def test_two_outputs_of_an_onnx_model_are_stacked(tmp_path, options):
    torch.manual_seed(3)
    module, x = TwoHeads(**options), data()
    exported(module, tmp_path / "net.onnx")
    network = load(tmp_path / "net.onnx")
    y, wanted = net_run(network, x), together(module, x)
    np.testing.assert_allclose(y[:, -1] if module.last else y, wanted, atol=1e-5)
    assert network.layout.heads == (("policy", wanted.shape[-1] - 1), ("value", 1))
    result = CliRunner().invoke(
        app,
        ["convert", str(tmp_path / "net.onnx"), str(tmp_path / "urnn.onnx"), "--input-bound", "9"],
    )
    assert result.exit_code == 0, result.stderr
    assert "the outputs are those of policy" in " ".join(result.stdout.split())
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(str(tmp_path / "urnn.onnx"))
    (found,) = session.run(None, {"x": x})
    np.testing.assert_allclose(found, wanted, atol=1e-4)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("states", [True, False])
def test_a_twin_that_takes_the_batch_for_the_time_is_another_network(tmp_path, states):
    """The same weights, applied to the transposed input: the axes of outputs are named alike."""
    onnx = pytest.importorskip("onnx", reason="extra onnx")
    make, rng = onnx.helper.make_node, np.random.default_rng(0)
    weights = {"W": (1, 3, 3), "R": (1, 3, 3), "C": (3, 2), "D": (3, 1)}
    held = {name: rng.standard_normal(shape).astype("f4") for name, shape in weights.items()}
    held["one"] = np.array([1])
    nodes = [
        make("Transpose", ["x"], ["turned"], perm=[1, 0, 2]),
        *(
            make("RNN", [source, "W", "R"], [f"Y{k}", f"h{k}"], hidden_size=3)
            for k, source in enumerate(["x", "turned"])
        ),
        *(make("Squeeze", [f"Y{k}", "one"], [f"s{k}"]) for k in range(2)),
        make("MatMul", ["s0", "C"], ["y"]),
        make("MatMul", ["s1", "D"], ["z"]),
    ]
    info = onnx.helper.make_tensor_value_info
    shapes = [("y", "tb2"), ("h1", "1b3") if states else ("z", "tb1")]
    graph = onnx.helper.make_graph(
        nodes,
        "twins",
        [info("x", onnx.TensorProto.FLOAT, ["t", "b", 3])],
        [info(name, onnx.TensorProto.FLOAT, list(shape)) for name, shape in shapes],
        [onnx.numpy_helper.from_array(array, name) for name, array in held.items()],
    )
    version = [onnx.helper.make_opsetid("", 17)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=version), tmp_path / "net.onnx")
    with pytest.raises(UnsupportedError, match=f"of which '{shapes[1][0]}' is neither"):
        load(tmp_path / "net.onnx")


def test_an_initial_state_that_is_an_input_is_refused_by_name(tmp_path):
    exported(TwoHeads(start=True), tmp_path / "net.onnx")
    with pytest.raises(UnsupportedError, match=r"calls rnn\(x\) without a state") as caught:
        load(tmp_path / "net.onnx")
    assert "of which 'h' is an initial state" in str(caught.value)


@pytest.mark.filterwarnings("ignore")
def test_an_initial_state_with_a_default_is_a_constant(tmp_path):
    onnx = pytest.importorskip("onnx", reason="extra onnx")
    module, x = TwoHeads(start=True), data()
    exported(module, tmp_path / "net.onnx")
    model = onnx.load(str(tmp_path / "net.onnx"))
    start = np.zeros((1, 2, 6), np.float32)
    model.graph.initializer.append(onnx.numpy_helper.from_array(start, "h"))
    (tmp_path / "net.onnx").write_bytes(model.SerializeToString())
    network = load(tmp_path / "net.onnx")
    np.testing.assert_allclose(net_run(network, x), together(module, x), atol=1e-5)


def test_a_report_says_in_which_order_the_heads_stand(tmp_path):
    torch.save(TwoHeads().state_dict(), tmp_path / "net.pt")
    for words in (["verify", "--network"], ["diagnose"], ["minimal"]):
        result = CliRunner().invoke(
            app,
            [
                *words,
                str(tmp_path / "net.pt"),
                *("--activation", "relu", "--readout", "value,policy", "--input-bound", "1"),
                "--json",
            ],
        )
        notes = " ".join(json.loads(result.stdout)["notes"])
        assert "the outputs are those of value (1), policy (4), one after the other" in notes, words


def test_a_urnn_keeps_its_state_across_calls():
    """``.rnn`` takes and gives states, as torch.nn.RNN does; ``h_init`` is the first one."""
    torch.manual_seed(4)
    module = TwoHeads()
    network = from_torch(module.rnn, module.policy, h_init=torch.rand(1, 6))
    urnn = to_torch(equivalent_urnn(network, 20, dtype="float32").result)
    x, state, parts = torch.from_numpy(data()), urnn.h_init.unsqueeze(1).repeat(1, 2, 1), []
    with torch.no_grad():
        for step in x.split(2, dim=1):
            states, state = urnn.rnn(step, state)
            parts.append(urnn.readout(states))
        np.testing.assert_allclose(torch.cat(parts, 1), urnn(x), atol=1e-5)
