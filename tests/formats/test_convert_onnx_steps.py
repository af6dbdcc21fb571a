"""Recurrences written out step by step: read as a layer where every step is alike, else refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from urnn_proofs import InputError, UnsupportedError, equivalent_urnn, load, save

onnx = pytest.importorskip("onnx", reason="extra onnx")
ort = pytest.importorskip("onnxruntime", reason="extra onnx")

HERE = Path(__file__).parent / "made_elsewhere"
FILES = sorted(path.stem for path in HERE.glob("*.onnx"))


def outputs(path, x):
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x})


def arranged(net, x):
    """Simulate time first, and arrange the outputs as the file does."""
    axes = net.layout.output_axes
    y = net.run(x if net.layout.input_axes == "TBF" else x.transpose(1, 0, 2))
    letters = axes.replace("D", "")
    y = y.transpose(["TBF".index(a) for a in letters]) if "T" in axes else y[-1]
    return np.expand_dims(y, axes.index("D")) if "D" in axes else y


@pytest.mark.parametrize("name", FILES)
def test_files_of_both_exporters_are_what_pytorch_computed(tmp_path, name):
    stored = np.load(HERE / "onnx_outputs.npz")
    x, y = stored[f"{name}.x"], stored[f"{name}.y"]
    net = load(HERE / f"{name}.onnx")
    found = arranged(net, x.astype(np.float64))
    np.testing.assert_allclose(found.reshape(y.shape), y, atol=1e-6)
    assert np.ptp(y) > 0.01
    # Other inputs, in the runtime; and the URNN in the same place.
    other = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    expected = outputs(HERE / f"{name}.onnx", other)[0]
    np.testing.assert_allclose(arranged(net, other.astype(np.float64)), expected, atol=1e-6)
    if "tanh" in name:
        return
    save(equivalent_urnn(net, 6).result, tmp_path / "urnn.onnx", dtype="float32")
    np.testing.assert_allclose(outputs(tmp_path / "urnn.onnx", other)[0], expected, atol=1e-4)


def test_all_files_are_there():
    assert {f"{e}_{k}" for e in ("dynamo", "script") for k in (17, 18, 20)} <= set(FILES)
    assert len(FILES) == 14


def changed(tmp_path, name, change):
    model = onnx.load(HERE / f"{name}.onnx")
    change(model.graph)
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    return path


def nodes(graph, op):
    return [node for node in graph.node if node.op_type == op]


def constant(graph, array, name="changed"):
    graph.initializer.append(onnx.numpy_helper.from_array(array, name))
    return name


def value(graph, name):
    (tensor,) = (t for t in graph.initializer if t.name == name)
    return onnx.numpy_helper.to_array(tensor)


def one_matrix(graph):
    node = nodes(graph, "MatMul")[2]  # of the second transition
    R = value(graph, node.input[1]).copy()
    R[0, 0] = np.nextafter(R[0, 0], np.float32(9))
    node.input[1] = constant(graph, R)


def one_bias(graph):
    node = nodes(graph, "Add")[4]
    place = next(k for k, name in enumerate(node.input) if "bias" in name)
    b = value(graph, node.input[place]).copy()
    b[0] = np.nextafter(b[0], np.float32(9))
    node.input[place] = constant(graph, b)


def initial_state(graph):
    add = nodes(graph, "Add")[1]
    b = value(graph, add.input[0]).copy()
    add.input[0] = constant(graph, b + np.float32(0.25))


def one_activation(graph):
    nodes(graph, "Relu")[2].op_type = "Tanh"


def steps_swapped(graph):
    first, second = nodes(graph, "Slice")[1:3]
    first.input[1], second.input[1] = second.input[1], first.input[1]
    first.input[2], second.input[2] = second.input[2], first.input[2]


def step_twice(graph):
    first, second = nodes(graph, "Slice")[1:3]
    second.input[1], second.input[2] = first.input[1], first.input[2]


def outputs_swapped(graph):
    (node,) = nodes(graph, "Concat")
    node.input[1], node.input[2] = node.input[2], node.input[1]


def output_twice(graph):
    (node,) = nodes(graph, "Concat")
    node.input[2] = node.input[1]


def output_missing(graph):
    (node,) = nodes(graph, "Concat")
    del node.input[-1]


def along_the_batch(graph):
    (node,) = nodes(graph, "Concat")
    node.attribute[0].i = 1


def state_of_two_steps_before(graph):
    relus = nodes(graph, "Relu")
    nodes(graph, "MatMul")[3].input[0] = relus[0].output[0]


def activation_missing(graph):
    relu = nodes(graph, "Relu")[1]
    relu.op_type = "Identity"


def two_states(graph):
    add, relus = nodes(graph, "Add")[5], nodes(graph, "Relu")
    add.input[0], add.input[1] = relus[0].output[0], relus[1].output[0]


def slice_of_two(graph):
    node = nodes(graph, "Slice")[0]
    node.input[2] = constant(graph, np.array([2], np.int64))


def slice_of_the_features(graph):
    node = nodes(graph, "Slice")[0]
    node.input[3] = constant(graph, np.array([2], np.int64))


def slice_beyond(graph):
    node = nodes(graph, "Slice")[0]
    node.input[1] = constant(graph, np.array([7], np.int64), "seven")
    node.input[2] = constant(graph, np.array([8], np.int64), "eight")


def longer_input(graph):
    graph.input[0].type.tensor_type.shape.dim[0].dim_value = 5


def free_length(graph):
    graph.input[0].type.tensor_type.shape.dim[0].dim_param = "time"


def nan_weight(graph):
    node = nodes(graph, "MatMul")[1]
    R = value(graph, node.input[1]).copy()
    R[0, 0] = np.nan
    node.input[1] = constant(graph, R)


def wider_bias(graph):
    node = nodes(graph, "Add")[1]
    node.input[0] = constant(graph, np.tile(value(graph, node.input[0]), (1, 5, 1)))


ATTACKS = {
    one_matrix: "other inputs, weights or another bias",
    one_bias: "other inputs, weights or another bias",
    initial_state: "initial state of zeros",
    one_activation: "other inputs, weights",
    steps_swapped: "it reads step 2 of the inputs; expected step 1",
    step_twice: "it reads step 1 of the inputs; expected step 2",
    outputs_swapped: "in order",
    output_twice: "in order",
    output_missing: "states of step 2; expected those of all 4 steps|in order",
    along_the_batch: "along the axis of the time",
    state_of_two_steps_before: "it reads step 3 of the inputs; expected step 1",
    activation_missing: "it is not covered|the sum of inputs|expected the inputs of a step",
    two_states: "expected the inputs of a step and states",
    slice_of_two: "expected one step",
    slice_of_the_features: "take one step",
    slice_beyond: "expected one of 4",
    longer_input: "every step|all 5 steps|in order",
    free_length: "fixed number of steps",
    nan_weight: "nan",
    wider_bias: "makes an axis longer",
}


@pytest.mark.parametrize("change", ATTACKS, ids=lambda change: change.__name__)
def test_a_step_that_is_not_like_the_others_is_refused(tmp_path, change):
    """Each change makes the graph compute something else than a layer run over its input."""
    path = changed(tmp_path, "dynamo_18", change)
    with pytest.raises((InputError, UnsupportedError), match=ATTACKS[change]) as caught:
        load(path)
    assert str(caught.value).startswith("net.onnx")
    assert "\n" not in str(caught.value)


def test_a_state_before_the_last_is_no_output(tmp_path):
    def earlier(graph):
        nodes(graph, "Squeeze")[-1].input[0] = nodes(graph, "Relu")[-2].output[0]

    with pytest.raises(UnsupportedError, match="expected the states of every step of a layer"):
        load(changed(tmp_path, "dynamo_last", earlier))


def test_another_second_output_is_refused(tmp_path):
    def earlier(graph):
        nodes(graph, "Squeeze")[-1].input[0] = nodes(graph, "Relu")[1].output[0]

    with pytest.raises(UnsupportedError, match="2 outputs, of which 'stack' is neither the last"):
        load(changed(tmp_path, "dynamo_bare", earlier))


def test_maps_before_the_layer_become_part_of_it_exactly():
    from fractions import Fraction

    graph = onnx.load(HERE / "dynamo_cells.onnx").graph
    exact = {
        t.name: np.vectorize(Fraction)(onnx.numpy_helper.to_array(t).astype(object))
        for t in graph.initializer
        if t.data_type == onnx.TensorProto.FLOAT
    }
    net = load(HERE / "dynamo_cells.onnx")
    F = exact["cell.weight_ih"] @ exact["before.weight"]
    b = exact["cell.weight_ih"] @ exact["before.bias"] + exact["cell.bias_ih"]
    assert net.layers[0].F.to_fractions() == F.tolist()
    assert net.layers[0].b.entries() == (b + exact["cell.bias_hh"]).tolist()


def test_one_step_shows_no_transition_matrix(tmp_path):
    make = onnx.helper.make_node
    weight = onnx.numpy_helper.from_array(np.ones((2, 3), np.float32), "weight")
    zero = onnx.numpy_helper.from_array(np.array(0, np.int64), "zero")
    info = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph(
        [
            make("Gather", ["x", "zero"], ["x0"], axis=0),
            make("MatMul", ["x0", "weight"], ["a"]),
            make("Relu", ["a"], ["y"]),
        ],
        "g",
        [info("x", onnx.TensorProto.FLOAT, [1, 1, 2])],
        [info("y", onnx.TensorProto.FLOAT, [1, 3])],
        [weight, zero],
    )
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)])
    path = tmp_path / "net.onnx"
    path.write_bytes(model.SerializeToString())
    with pytest.raises(UnsupportedError, match="for one step, .* with a longer sequence"):
        load(path)
