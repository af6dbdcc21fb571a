"""ONNX: what is read is what onnxruntime computes, and what is written too."""

from __future__ import annotations

import itertools
import warnings
from dataclasses import replace

import numpy as np
import pytest
from stored_networks import network, same_weights, sequences

from urnn_proofs import (
    InputError,
    UnsupportedError,
    equivalent_urnn,
    load,
    save,
)
from urnn_proofs.formats import limits
from urnn_proofs.formats.stored import Layout

onnx = pytest.importorskip("onnx", reason="extra onnx")
ort = pytest.importorskip("onnxruntime", reason="extra onnx")

helper, TensorProto = onnx.helper, onnx.TensorProto
M = 2
AXES = [
    ("TBF", "TBF"),
    ("BTF", "BTF"),
    ("TBF", "TDBF"),
    ("BTF", "BF"),
    ("TBF", "DBF"),
    ("BTF", "TBF"),
]


def session(path):
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def run(path, x, axes="TBF", lengths=None):
    """Run a model in onnxruntime on time-first inputs."""
    model = session(path)
    data = np.asarray(x, np.float32)
    feed = {model.get_inputs()[0].name: data if axes == "TBF" else data.transpose(1, 0, 2)}
    if lengths is not None:
        feed[model.get_inputs()[1].name] = np.asarray(lengths, np.int32)
    return model.run(None, feed)[0]


def arranged(y, axes):
    """Arrange time-first outputs (T, B, F) as *axes* says."""
    plain = axes.replace("D", "")
    y = y.transpose(["TBF".index(axis) for axis in plain]) if "T" in axes else y[-1]
    return np.expand_dims(y, axes.index("D")) if "D" in axes else y


@pytest.mark.parametrize(("inputs", "outputs"), AXES)
@pytest.mark.parametrize("sizes", [(4,), (3, 5)])
@pytest.mark.parametrize("start", [False, True])
def test_what_is_written_is_what_onnxruntime_computes(tmp_path, inputs, outputs, sizes, start):
    layout = Layout(
        "float32", inputs, outputs, input_name="signal", output_name="scores", dims=("t", 4)
    )
    net = network(sizes, start=start, layout=layout)
    path = tmp_path / "net.onnx"
    save(net, path)
    model = session(path)
    assert [i.name for i in model.get_inputs()] == ["signal"]
    assert [o.name for o in model.get_outputs()] == ["scores"]
    x = sequences(30, 4, 3, M)
    expected = arranged(net.run(x), outputs)
    found = run(path, x, inputs)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=2e-5)
    back = load(path)
    assert same_weights(back, net)
    assert back.layout == replace(layout, bias=True, readout=True, readout_bias=True)


@pytest.mark.parametrize(("inputs", "outputs"), AXES)
@pytest.mark.parametrize("sizes", [(4,), (3, 5)])
def test_the_urnn_computes_the_same_in_onnxruntime(tmp_path, inputs, outputs, sizes):
    net = network(sizes, start=True, layout=Layout("float32", inputs, outputs))
    save(net, tmp_path / "net.onnx")
    found = equivalent_urnn(load(tmp_path / "net.onnx"), M)
    save(found.result, tmp_path / "urnn.onnx", dtype="float32")
    x = sequences(60, 4, 3, M)
    before = run(tmp_path / "net.onnx", x, inputs)
    after = run(tmp_path / "urnn.onnx", x, inputs)
    assert np.abs(before).max() > 0.1
    assert np.abs(before - after).max() <= 60 * 100 * np.finfo(np.float32).eps
    for one, other in zip(
        session(tmp_path / "net.onnx").get_inputs() + session(tmp_path / "net.onnx").get_outputs(),
        session(tmp_path / "urnn.onnx").get_inputs()
        + session(tmp_path / "urnn.onnx").get_outputs(),
    ):
        assert (one.name, one.shape, one.type) == (other.name, other.shape, other.type)


def test_names_that_look_like_ours_do_not_clash(tmp_path):
    layout = Layout("float32", input_name="/urnn/W_l0", output_name="/urnn/_/C")
    net = network(layout=layout)
    save(net, tmp_path / "net.onnx")
    x = sequences(5, 2, 3, M)
    np.testing.assert_allclose(run(tmp_path / "net.onnx", x), net.run(x), atol=1e-5)


def reference(path, feed):
    """Run a model in ONNX's own reference implementation, which lacks only the name Relu."""
    from onnx.reference import ReferenceEvaluator
    from onnx.reference.ops.op_rnn import RNN_14

    class RNN(RNN_14):
        op_domain = ""

        def choose_act(self, name, alpha, beta):
            return (lambda z: np.maximum(z, 0)) if name == "Relu" else None

    return ReferenceEvaluator(str(path), new_ops=[RNN]).run(None, feed)[0]


def test_float64_models(tmp_path):
    """The ONNX reference implementation runs them; onnxruntime has no such kernel."""
    net = network((3,), dtype="float64", layout=Layout("float64", "BTF", "BTF"))
    found = equivalent_urnn(net, M)
    x = sequences(20, 2, 3, M)
    for name, each in (("net", net), ("urnn", found.result)):
        save(each, tmp_path / f"{name}.onnx", dtype="float64")
        y = reference(tmp_path / f"{name}.onnx", {"input": x.transpose(1, 0, 2)})
        assert y.dtype == np.float64
        np.testing.assert_allclose(y.transpose(1, 0, 2), net.run(x), atol=1e-12)
    with pytest.raises(Exception, match="RNN"):
        session(tmp_path / "urnn.onnx")


# -- models made elsewhere -------------------------------------------------------------


def weights(seed=0, n=4, m=3, p=2):
    net = network((n,), m, p, seed=seed)
    layer = net.layers[0]
    b = layer.b.to_numpy()[:, 0].astype(np.float32)
    return {
        "W": layer.F.to_numpy().astype(np.float32)[None],
        "R": layer.W.to_numpy().astype(np.float32)[None],
        "B": np.concatenate([b, np.full(n, 0.125, np.float32)])[None],
        "C": layer.C.to_numpy().astype(np.float32),
        "d": net.output_bias.to_numpy()[:, 0].astype(np.float32),
    }


NUMBERS = itertools.count()


def node(op, inputs, outputs, **attributes):
    return helper.make_node(op, inputs, outputs, f"node {next(NUMBERS)}", **attributes)


def layer(x="x", y=("Y", "Y_h"), extra=(), **attributes):
    attributes = {"activations": ["Relu"], "hidden_size": 4} | attributes
    return node(
        "RNN",
        [x, "W", "R", "B", *extra],
        list(y),
        **{k: v for k, v in attributes.items() if v is not None},
    )


def store(
    path,
    nodes,
    *,
    shape=("t", "b", 3),
    output="y",
    rank=3,
    inputs=(),
    opset=17,
    change=None,
    **constants,
):
    """Write a model of these nodes, with the weights above as its initializers."""
    arrays = {**weights(), **constants}
    used = {name for n in nodes for name in n.input}
    tensors = [
        onnx.numpy_helper.from_array(v, k) for k, v in arrays.items() if k in used and v is not None
    ]
    outputs = [helper.make_tensor_value_info(output, TensorProto.FLOAT, [None] * rank)]
    data = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    graph = helper.make_graph(list(nodes), "g", [data, *inputs], outputs, tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    model.ir_version = 8
    if change is not None:
        change(model)
    path.write_bytes(model.SerializeToString())
    return path


SQUEEZE = node("Squeeze", ["Y", "axis1"], ["s"])
READ = [node("MatMul", ["s", "Ct"], ["m"]), node("Add", ["m", "d"], ["y"])]
CONSTANTS = {
    "axis1": np.array([1], np.int64),
    "axis0": np.array([0], np.int64),
    "last": np.array(-1, np.int64),
    "Ct": np.ascontiguousarray(weights()["C"].T),
    "start": np.full((1, 1, 4), 0.5, np.float32),
    "zero": np.array([0], np.float32),
    "one": np.array([1], np.int64),
    "two": np.array(2, np.int64),
    "n": np.array([4], np.int64),
}
LENGTHS = helper.make_tensor_value_info("lengths", TensorProto.INT32, ["b"])
SHAPE = [
    node("Shape", ["x"], ["shape"]),
    node("Gather", ["shape", "index"], ["batch"]),
    node("Unsqueeze", ["batch", "axis0"], ["batch1"]),
    node("Concat", ["one", "batch1", "n"], ["size"], axis=0),
]
GOOD = {
    "bare": ([layer(y=["y"])], {"rank": 4}, "TDBF"),
    "last state": ([layer(y=["", "y"])], {}, "DBF"),
    "squeezed": ([layer(), node("Squeeze", ["Y", "axis1"], ["y"])], {}, "TBF"),
    "negative axis": (
        [layer(), node("Squeeze", ["Y", "axis-3"], ["y"])],
        {"axis-3": np.array([-3], np.int64)},
        "TBF",
    ),
    "axes as attribute": (
        [layer(), node("Squeeze", ["Y"], ["y"], axes=[1])],
        {"opset": 12},
        "TBF",
    ),
    "readout": ([layer(), SQUEEZE, *READ], {}, "TBF"),
    "bias first": (
        [layer(), SQUEEZE, READ[0], node("Add", ["d", "m"], ["y"])],
        {},
        "TBF",
    ),
    "one bias for all": (
        [layer(), SQUEEZE, READ[0], node("Add", ["m", "zero"], ["y"])],
        {},
        "TBF",
    ),
    "bias without readout": (
        [layer(), SQUEEZE, node("Add", ["s", "row"], ["y"])],
        {"row": np.arange(4, dtype=np.float32).reshape(1, 1, 4)},
        "TBF",
    ),
    "batch first": (
        [
            node("Transpose", ["x"], ["xt"], perm=[1, 0, 2]),
            layer("xt"),
            SQUEEZE,
            node("Transpose", ["s"], ["st"], perm=[1, 0, 2]),
            node("MatMul", ["st", "Ct"], ["m"]),
            node("Add", ["m", "d"], ["y"]),
        ],
        {"shape": ("b", "t", 3)},
        "BTF",
    ),
    "last step": (
        [
            layer(),
            SQUEEZE,
            node("Gather", ["s", "last"], ["h"], axis=0),
            node("Gemm", ["h", "C", "d"], ["y"], transB=1),
        ],
        {"rank": 2},
        "BF",
    ),
    "last state, Gemm without bias": (
        [
            layer(),
            node("Squeeze", ["Y_h", "axis0"], ["h"]),
            node("Gemm", ["h", "Ct"], ["y"]),
        ],
        {"rank": 2},
        "BF",
    ),
    "constants by nodes": (
        [
            node("Constant", [], ["W1"], value=onnx.numpy_helper.from_array(weights()["W"][0])),
            node("Unsqueeze", ["W1", "axis0"], ["W2"]),
            node("Transpose", ["C"], ["C1"]),
            node("Concat", ["B", "B"], ["B2"], axis=0),
            node("Reshape", ["B", "flat"], ["B1"]),
            node("Unsqueeze", ["B1", "axis0"], ["B3"]),
            node("RNN", ["x", "W2", "R", "B3"], ["Y"], activations=["Relu"], hidden_size=4),
            SQUEEZE,
            node("Identity", ["s"], ["s1"]),
            node("MatMul", ["s1", "C1"], ["m"]),
            node("Add", ["m", "d"], ["y"]),
        ],
        {"flat": np.array([-1], np.int64)},
        "TBF",
    ),
    "no bias": (
        [node("RNN", ["x", "W", "R"], ["Y"], activations=["Relu"], hidden_size=4), SQUEEZE, *READ],
        {},
        "TBF",
    ),
    "zeros at run time": (
        [
            *SHAPE,
            node("ConstantOfShape", ["size"], ["h0"]),
            layer(extra=["", "h0"]),
            SQUEEZE,
            *READ,
        ],
        {"index": np.array(1, np.int64)},
        "TBF",
    ),
    "start repeated at run time": (
        [
            *SHAPE,
            node("Expand", ["start", "size"], ["h0"]),
            layer(extra=["", "h0"]),
            SQUEEZE,
            *READ,
        ],
        {"index": np.array(1, np.int64)},
        "TBF",
    ),
    "one number as start": (
        [
            *SHAPE,
            node("Expand", ["half", "size"], ["h0"]),
            node("Slice", ["h0", "axis0", "axis1"], ["h1"]),
            layer(extra=["", "h1"]),
            SQUEEZE,
            *READ,
        ],
        {"index": np.array(1, np.int64), "half": np.array(0.5, np.float32)},
        "TBF",
    ),
    "start as a weight": (
        [layer(extra=["", "rows"]), SQUEEZE, *READ],
        {"rows": np.full((1, 3, 4), 0.25, np.float32), "shape": ("t", 3, 3)},
        "TBF",
    ),
    "input shifted": (
        [node("Add", ["x", "shift"], ["x2"]), layer("x2"), SQUEEZE, *READ],
        {"shift": np.array([0.5, -0.25, 1], np.float32)},
        "TBF",
    ),
    "input mapped": (
        [
            node("MatMul", ["x", "pre"], ["p"]),
            node("Add", ["p", "shift"], ["x2"]),
            layer("x2"),
            SQUEEZE,
            *READ,
        ],
        {
            "pre": np.arange(9, dtype=np.float32).reshape(3, 3) / 16,
            "shift": np.array([0.5, -0.25, 1], np.float32),
        },
        "TBF",
    ),
    "two readouts": (
        [
            layer(),
            SQUEEZE,
            *READ[:1],
            node("Add", ["m", "d"], ["a"]),
            node("MatMul", ["a", "two2"], ["z"]),
            node("Add", ["z", "d"], ["y"]),
        ],
        {"two2": np.array([[1, 2], [0.5, -1]], np.float32)},
        "TBF",
    ),
    "two biases": (
        [layer(), SQUEEZE, READ[0], node("Add", ["m", "d"], ["a"]), node("Add", ["a", "d"], ["y"])],
        {},
        "TBF",
    ),
    "readout between layers": (
        [
            layer(),
            SQUEEZE,
            node("MatMul", ["s", "R2"], ["s1"]),
            node("Add", ["s1", "d4"], ["s2"]),
            node("RNN", ["s2", "W2", "R", "B"], ["y"], activations=["Relu"], hidden_size=4),
        ],
        {
            "R2": np.tri(4, dtype=np.float32) / 4,
            "d4": np.ones(4, np.float32),
            "W2": np.abs(weights(5, 4, 4)["W"]),
            "rank": 4,
        },
        "TDBF",
    ),
    "reshaped": (
        [layer(), node("Reshape", ["Y", "shape3"], ["s"]), *READ],
        {"shape": ("t", 3, 3), "shape3": np.array([-1, 3, 4], np.int64)},
        "TBF",
    ),
    "last state of one layer": (
        [
            layer(),
            node("Gather", ["Y_h", "last"], ["h"], axis=0),
            node("MatMul", ["h", "Ct"], ["y"]),
        ],
        {"rank": 2},
        "BF",
    ),
    "direction said": ([layer(direction="forward"), SQUEEZE, *READ], {}, "TBF"),
    "two layers": (
        [
            layer(),
            SQUEEZE,
            node("RNN", ["s", "W2", "R", "B"], ["Z"], activations=["Relu"], hidden_size=4),
            node("Squeeze", ["Z", "axis1"], ["z"]),
            node("MatMul", ["z", "Ct"], ["m"]),
            node("Add", ["m", "d"], ["y"]),
        ],
        {"W2": weights(5, 4, 4)["W"]},
        "TBF",
    ),
}


@pytest.mark.parametrize("name", GOOD)
def test_models_of_others_are_read_as_onnxruntime_runs_them(tmp_path, name):
    nodes, options, axes = GOOD[name]
    path = store(tmp_path / "net.onnx", nodes, **{**CONSTANTS, "rank": 3, **options})
    net = load(path)
    first = "BTF" if options.get("shape", "t")[0] == "b" else "TBF"
    assert (net.layout.input_axes, net.layout.output_axes) == (first, axes)
    x = sequences(12, 3, 3, M)
    found = run(path, x, first)
    np.testing.assert_allclose(found, arranged(net.run(x), axes), atol=1e-5)
    assert np.abs(found).max() > 0.1
    # The same names, axes and outputs after conversion.
    save(equivalent_urnn(net, M).result, tmp_path / "urnn.onnx", dtype="float32")
    after = run(tmp_path / "urnn.onnx", x, first)
    np.testing.assert_allclose(after, found, atol=1e-4)
    again = session(tmp_path / "urnn.onnx")
    assert (again.get_inputs()[0].name, again.get_outputs()[0].name) == ("x", "y")


@pytest.mark.parametrize("state_only", [False, True])
def test_lengths_of_sequences(tmp_path, state_only):
    nodes = [layer(extra=["lengths"]), SQUEEZE, *READ]
    if state_only:
        nodes = [layer(y=["", "y"], extra=["lengths"])]
    path = store(tmp_path / "net.onnx", nodes, inputs=[LENGTHS], **CONSTANTS)
    net = load(path)
    assert net.layout.lengths_name == "lengths"
    save(equivalent_urnn(net, M).result, tmp_path / "urnn.onnx", dtype="float32")
    x, lengths = sequences(9, 3, 3, M), [9, 2, 5]
    before = run(path, x, lengths=lengths)
    after = run(tmp_path / "urnn.onnx", x, lengths=lengths)
    np.testing.assert_allclose(after, before, atol=1e-4)
    exact = net.run(x)
    for k, length in enumerate(lengths):
        expected = exact[length - 1, k] if state_only else exact[:length, k]
        np.testing.assert_allclose(
            before[0, k] if state_only else before[:length, k], expected, atol=1e-5
        )
    names = [i.name for i in session(tmp_path / "urnn.onnx").get_inputs()]
    assert names == ["x", "lengths"]


def test_the_hidden_size_may_be_left_out(tmp_path):
    path = store(tmp_path / "net.onnx", [layer(hidden_size=None), SQUEEZE, *READ], **CONSTANTS)
    assert load(path).layers[0].states == 4  # R says it


def test_weights_listed_among_the_inputs(tmp_path):
    entry = helper.make_tensor_value_info("W", TensorProto.FLOAT, [1, 4, 3])
    path = store(tmp_path / "net.onnx", [layer(), SQUEEZE, *READ], inputs=[entry], **CONSTANTS)
    assert load(path).inputs == 3


def test_batches_first_by_the_layout_attribute(tmp_path):
    """The ONNX reference implementation runs them; onnxruntime has no such kernel."""
    squeeze = node("Squeeze", ["Y", "axis2"], ["y"])
    constants = CONSTANTS | {"axis2": np.array([2], np.int64)}
    path = store(
        tmp_path / "net.onnx", [layer(layout=1), squeeze], shape=("b", "t", 3), **constants
    )
    net = load(path)
    assert (net.layout.input_axes, net.layout.output_axes) == ("BTF", "BTF")
    x = sequences(6, 2, 3, M).astype(np.float32)
    y = reference(path, {"x": x.transpose(1, 0, 2)})
    np.testing.assert_allclose(y.transpose(1, 0, 2), net.run(x), atol=1e-5)
    save(net, tmp_path / "out.onnx")
    np.testing.assert_allclose(
        run(tmp_path / "out.onnx", x, "BTF").transpose(1, 0, 2), net.run(x), atol=1e-5
    )


def external(model):
    tensor = model.graph.initializer[0]
    onnx.external_data_helper.set_external_data(tensor, "../../etc/passwd")
    tensor.ClearField("raw_data")


def external_constant(model):
    attribute = model.graph.node[-1].attribute.add()
    attribute.name = "value"
    attribute.type = onnx.AttributeProto.TENSOR
    attribute.t.data_location = TensorProto.EXTERNAL
    attribute.t.name = "hidden"


def half(model):
    for tensor in model.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            array = onnx.numpy_helper.to_array(tensor).astype(np.float16)
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))
    for entry in (*model.graph.input, *model.graph.output):
        entry.type.tensor_type.elem_type = TensorProto.FLOAT16


def damaged(model):
    model.graph.initializer[0].raw_data = b"123"


def second_output(model):
    model.graph.output.append(helper.make_tensor_value_info("x", TensorProto.FLOAT, [None] * 3))


def domain(model):
    model.graph.node[-1].domain = "com.microsoft"
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))


def functions(model):
    model.functions.append(
        helper.make_function("own", "f", [], ["o"], [node("Constant", [], ["o"], value_int=1)], [])
    )


PLAIN = [layer(), SQUEEZE, *READ]
NAN = weights()["R"].copy()
NAN[0, 1, 2] = np.nan
STATE = helper.make_tensor_value_info("h0", TensorProto.FLOAT, [1, "b", 4])
LSTM = [
    node("LSTM", ["x", "W4", "R4"], ["Y"], hidden_size=4),
    SQUEEZE,
    *READ,
]
BAD = {
    "tanh in small letters": ([layer(activations=["tanh"]), SQUEEZE, *READ], {}, "expected 'Tanh'"),
    "logistic": ([layer(activations=["logistic"]), SQUEEZE, *READ], {}, "expected 'Sigmoid'"),
    "elu": ([layer(activations=["Elu"]), SQUEEZE, *READ], {}, "'Elu'; expected 'relu', 'tanh'"),
    "hard sigmoid": ([layer(activations=["HardSigmoid"]), SQUEEZE, *READ], {}, "expected 'relu'"),
    "clip": ([layer(clip=1.0), SQUEEZE, *READ], {}, "attribute 'clip'"),
    "reverse": ([layer(direction="reverse"), SQUEEZE, *READ], {}, "direction is 'reverse'"),
    "bidirectional": (
        [layer(direction="bidirectional"), SQUEEZE, *READ],
        {},
        "is bidirectional: half of its outputs depend on later inputs",
    ),
    "LSTM": (
        LSTM,
        {"W4": np.zeros((1, 16, 3), np.float32), "R4": np.zeros((1, 16, 4), np.float32)},
        r"\(LSTM\): the graph holds an LSTM: its gates",
    ),
    "no RNN": (
        [node("Transpose", ["x"], ["y"], perm=[0, 1, 2])],
        {},
        "'y' comes from no RNN",
    ),
    "tanh after it": ([layer(), node("Tanh", ["Y"], ["y"])], {"rank": 4}, r"\(Tanh\): it is not"),
    "input scaled": (
        [node("Mul", ["x", "zero"], ["x2"]), layer("x2"), SQUEEZE, *READ],
        {},
        r"\(Mul\): it is not covered",
    ),
    "states of two networks": (
        [layer(), layer(y=["Z"]), node("Add", ["Y", "Z"], ["y"])],
        {"rank": 4},
        r"\(Add\): it is not covered",
    ),
    "bias along the batch": (
        [layer(), SQUEEZE, READ[0], node("Add", ["m", "column"], ["y"])],
        {"column": np.ones((2, 1), np.float32)},
        r"not shape \(2, 1\)",
    ),
    "weight first": (
        [layer(), SQUEEZE, node("MatMul", ["C", "s"], ["y"])],
        {},
        "data first",
    ),
    "weight of another size": (
        [layer(), SQUEEZE, node("MatMul", ["s", "C"], ["y"])],
        {},
        "has 2 rows; expected 4",
    ),
    "layer of another size": (
        [layer(), SQUEEZE,
         node("RNN", ["s", "W", "R", "B"], ["y"], activations=["Relu"], hidden_size=4)],
        {"rank": 4},
        "W has 3 columns; expected 4",
    ),
    "wrong axis removed": (
        [layer(), node("Squeeze", ["Y", "axis0"], ["y"])],
        {},
        "direction axis only",
    ),
    "all axes removed": ([layer(), node("Squeeze", ["Y"], ["y"])], {}, "direction axis only"),
    "not the last step": (
        [layer(), SQUEEZE, node("Gather", ["s", "two"], ["y"], axis=0)],
        {"rank": 2},
        "take the last step",
    ),
    "last of the batch": (
        [layer(), SQUEEZE, node("Gather", ["s", "last"], ["y"], axis=1)],
        {"rank": 2},
        "take the last step",
    ),
    "last step of sequences of several lengths": (
        [layer(extra=["lengths"]), SQUEEZE, node("Gather", ["s", "last"], ["y"], axis=0)],
        {"rank": 2, "inputs": [LENGTHS]},
        "sequences of one length",
    ),
    "axis out of range": (
        [layer(), SQUEEZE, node("Gather", ["s", "last"], ["y"], axis=7)],
        {"rank": 2},
        "malformed|take the last step",
    ),
    "axes twice": (
        [node("Transpose", ["x"], ["xt"], perm=[0, 0, 2]), layer("xt"), SQUEEZE, *READ],
        {},
        "expected an order of 3 axes",
    ),
    "features first": (
        [node("Transpose", ["x"], ["xt"]), layer("xt"), SQUEEZE, *READ],
        {"shape": (3, "b", "t")},
        "in the order FBT; expected TBF",
    ),
    "layers that read different axes": (
        [layer(), SQUEEZE, node("Transpose", ["s"], ["st"], perm=[1, 0, 2]),
         node("RNN", ["st", "W2", "R", "B"], ["y"], activations=["Relu"], hidden_size=4)],
        {"W2": weights(5, 4, 4)["W"], "rank": 4},
        "order BTF; expected TBF",
    ),
    "layers with and without lengths": (
        [layer(extra=["lengths"]), SQUEEZE,
         node("RNN", ["s", "W2", "R", "B"], ["y"], activations=["Relu"], hidden_size=4)],
        {"W2": weights(5, 4, 4)["W"], "rank": 4, "inputs": [LENGTHS]},
        "not all layers use the same",
    ),
    "state from outside": (
        [layer(extra=["", "h0"]), SQUEEZE, *READ],
        {"inputs": [STATE]},
        "of which 'h0' is an initial state; expected one, and an initial state that is a constant",
    ),
    "state of each sequence": (
        [layer(extra=["", "rows"]), SQUEEZE, *READ],
        {"rows": np.arange(12, dtype=np.float32).reshape(1, 3, 4)},
        "differs from sequence to sequence",
    ),
    "state of another size": (
        [layer(extra=["", "rows"]), SQUEEZE, *READ],
        {"rows": np.ones((1, 1, 3), np.float32)},
        "not one constant state",
    ),
    "state computed from the input": (
        [node("RNN", ["x", "W", "R"], ["", "h"], activations=["Relu"], hidden_size=4),
         layer(extra=["", "h"]), SQUEEZE, *READ],
        {},
        "not one constant state",
    ),
    "weights from the input": (
        [node("Shape", ["x"], ["s0"]),
         node("ConstantOfShape", ["s0"], ["W0"]),
         node("RNN", ["x", "W0", "R"], ["Y"], activations=["Relu"], hidden_size=4),
         SQUEEZE, *READ],
        {},
        "W is computed from the inputs",
    ),
    "wrong R": (PLAIN, {"R": np.zeros((1, 4, 5), np.float32)}, r"R \(1, 4, 5\)"),
    "wrong W": (PLAIN, {"W": np.zeros((1, 3, 3), np.float32)}, r"W has shape \(1, 3, 3\)"),
    "two directions": (
        PLAIN,
        {"W": np.zeros((2, 4, 3), np.float32), "R": np.zeros((2, 4, 4), np.float32)},
        r"expected \(1, n, m\)",
    ),
    "wrong hidden size": ([layer(hidden_size=9), SQUEEZE, *READ], {}, r"expected \(1, n, m\)"),
    "wrong B": (PLAIN, {"B": np.zeros((1, 4), np.float32)}, r"expected \(1, 8\)"),
    "flat R": (PLAIN, {"R": np.zeros((4, 4), np.float32)}, "R has 2 dimensions; expected 3"),
    "NaN": (PLAIN, {"R": NAN}, r"R\[1, 2\] is nan"),
    "integers": (PLAIN, {"R": np.zeros((1, 4, 4), np.int8)}, "type int8; expected float32"),
    "features": (PLAIN, {"shape": ("t", "b", 7)}, "has 7 features; expected 3"),
    "flat input": (PLAIN, {"shape": ("t", 3)}, "2 dimensions; expected sequences"),
    "float16": (PLAIN, {"change": half}, "FLOAT16"),
    "two outputs": (PLAIN, {"change": second_output}, "of which 'x' is neither the last"),
    "external data": (PLAIN, {"change": external}, "in another file"),
    "external constant": (PLAIN, {"change": external_constant}, "'hidden' in another file"),
    "damaged weight": (PLAIN, {"change": damaged}, "damaged|not a valid"),
    "other domain": (PLAIN, {"change": domain}, "'com.microsoft'; expected a standard"),
    "functions": (PLAIN, {"change": functions}, "functions of its own|not a valid"),
    "old operators": (PLAIN, {"opset": 6}, r"operator set \[6\]|not a valid"),
    "quantised": (
        [node("DequantizeLinear", ["Rq", "scale"], ["R"]), *PLAIN],
        {"Rq": np.zeros((1, 4, 4), np.int8), "scale": np.array(0.1, np.float32), "R": None},
        r"\(DequantizeLinear\): it is not covered",
    ),
    "written out step by step": (
        [
            node("Expand", ["zero", "steps"], ["h"]),
            node("Slice", ["h", "axis0", "axis1"], ["h0"]),
            node("MatMul", ["x", "W1"], ["y"]),
        ],
        {"W1": np.ones((3, 4), np.float32), "steps": np.array([2, 1, 4], np.int64)},
        "'y' comes from no RNN",
    ),
    "features not last": (
        [
            layer(),
            SQUEEZE,
            node("Transpose", ["s"], ["st"], perm=[2, 0, 1]),
            node("MatMul", ["st", "Ct"], ["y"]),
        ],
        {},
        "on the last axis",
    ),
    "dropout": (
        [node("Dropout", ["x"], ["x2"]), layer("x2"), SQUEEZE, *READ],
        {},
        r"\(Dropout\): it is not covered",
    ),
    "reshaped with zeros": (
        [node("Reshape", ["C", "shape0"], ["C2"]), layer(), SQUEEZE,
         node("MatMul", ["s", "C2"], ["y"])],
        {"shape0": np.array([0, -1], np.int64)},
        "shape without zeros",
    ),
    "scaled Gemm": (
        [layer(), node("Squeeze", ["Y_h", "axis0"], ["h"]),
         node("Gemm", ["h", "Ct"], ["y"], alpha=2.0)],
        {"rank": 2},
        "alpha = beta = 1",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_other_models_are_refused_by_name(tmp_path, name):
    nodes, options, part = BAD[name]
    path = store(tmp_path / "net.onnx", nodes, **{**CONSTANTS, **options})
    with pytest.raises((InputError, UnsupportedError), match=part) as caught:
        load(path)
    assert str(caught.value).startswith("net.onnx")
    assert "\n" not in str(caught.value)


def test_files_that_are_no_models(tmp_path, monkeypatch):
    path = tmp_path / "net.onnx"
    for data in (b"", b"\x00" * 50, b"text", b"\x08\x07"):
        path.write_bytes(data)
        with pytest.raises((InputError, UnsupportedError), match=r"net\.onnx"):
            load(path)
    monkeypatch.setattr(limits, "MAX_BYTES", 1)
    with pytest.raises(InputError, match="has 2 bytes; expected at most 1"):
        load(path)


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("bias", [False, True])
def test_what_pytorch_exports(tmp_path, batch_first, layers, last, bias):
    torch = pytest.importorskip("torch", reason="extra torch")
    torch.set_num_threads(1)  # the matrices are tiny

    class Net(torch.nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.rnn = torch.nn.RNN(
                3, 4, layers, nonlinearity="relu", batch_first=batch_first, bias=bias
            )
            self.readout = torch.nn.Linear(4, 2, bias=bias)
            with torch.no_grad():
                for k in range(layers):
                    W = getattr(self.rnn, f"weight_hh_l{k}")
                    W *= 0.9 / torch.linalg.matrix_norm(W, 2)

        def forward(self, x):
            y = self.rnn(x)[0]
            if last:
                y = y[:, -1] if batch_first else y[-1]
            return self.readout(y)

    net = Net().train(False)
    first = "BTF" if batch_first else "TBF"
    free = {first.index("T"): "time", first.index("B"): "batch"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            net,
            (torch.randn(5, 2, 3),),
            tmp_path / "net.onnx",
            input_names=["pixels"],
            output_names=["scores"],
            dynamic_axes={"pixels": free, "scores": {0: "batch"} if last else free},
            dynamo=False,
        )
    read = load(tmp_path / "net.onnx")
    assert len(read.layers) == layers
    save(equivalent_urnn(read, M).result, tmp_path / "urnn.onnx", dtype="float32")
    x = sequences(20, 4, 3, M)
    data = torch.tensor(x if not batch_first else x.transpose(1, 0, 2), dtype=torch.float32)
    with torch.no_grad():
        expected = net(data).numpy()
    np.testing.assert_allclose(run(tmp_path / "net.onnx", x, first), expected, atol=1e-5)
    np.testing.assert_allclose(run(tmp_path / "urnn.onnx", x, first), expected, atol=1e-4)
    model = session(tmp_path / "urnn.onnx")
    assert (model.get_inputs()[0].name, model.get_outputs()[0].name) == ("pixels", "scores")
