"""Small files that promise a lot: refused by their headers, before anything is unpacked."""

from __future__ import annotations

import io
import json
import struct
import time
import zipfile
from fractions import Fraction as Q

import numpy as np
import pytest
from stored_networks import network, same_weights

from urnn_proofs import RNN, InputError, UnsupportedError, load, save
from urnn_proofs.formats import limits
from urnn_proofs.model import rational
from urnn_proofs.model.number import format_rational


@pytest.fixture(autouse=True)
def quick():
    """Nothing here takes long: what a file promises is not done."""
    start = time.process_time()
    yield
    assert time.process_time() - start < 20


def header(shape, dtype="<f8"):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return stream.getvalue()


def member(shape, dtype="<f8", data=None):
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return header(shape, dtype) + (bytes(size) if data is None else data)


SMALL = {"W": member((2, 2)), "F": member((2, 1)), "b": member((2,)), "C": member((1, 2))}


def archive(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in members:
            target.writestr(f"{name}.npy", data)
    return path


# -- .npz ------------------------------------------------------------------------------


def test_an_array_of_zeros_is_not_unpacked(tmp_path):
    path = tmp_path / "zeros.npz"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target,
        target.open("W.npy", "w", force_zip64=True) as stream,
    ):
        stream.write(header((4096, 8192)))
        for _ in range(32):
            stream.write(bytes(2**23))
    assert path.stat().st_size < 2_000_000
    start = time.perf_counter()
    with pytest.raises((InputError, UnsupportedError), match="expected at most"):
        load(path)
    assert time.perf_counter() - start < 1


def test_what_arrays_promise_is_added_up(tmp_path):
    path = archive(tmp_path / "net.npz", [*SMALL.items(), ("h_init", header((2**62, 2**62)))])
    with pytest.raises(UnsupportedError, match=f"has {2**124 + 10} weights"):
        load(path)
    many = [(f"layer{k}.{name}", data) for k in range(900) for name, data in SMALL.items()]
    path = archive(tmp_path / "many.npz", [*many, *((f"x{k}", b"") for k in range(5000))])
    with pytest.raises(InputError, match="holds 8600 arrays; expected at most 8001"):
        load(path)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("extra", "part"),
    [
        (("W", member((2, 2))), "holds 'W' twice"),
        (("b", member((2,), data=bytes(8))), "holds 'b' twice"),
        (("h_init", member((2,), data=bytes(8))), r"has 136 bytes; expected 144"),
        (("h_init", member((2,), data=bytes(24))), r"has 152 bytes; expected 144"),
        (("h_init", member((2,), "|O", data=bytes(16))), "need pickle"),
        (("h_init", member((2,), "<U1000000", data=b"")), "dtype <U1000000; expected integers"),
        (("h_init", member((2,), "<c16")), "h_init is an array of dtype complex128"),
        (("h_init", member((-1,), data=b"")), r"shape \[-1\]; expected lengths >= 0"),
        (("h_init", b"\x93NUMPY\x09\x00" + bytes(8)), r"has the version \(9, 0\)"),
        (("h_init", member((2,))[:20]), "not a readable"),
    ],
)
def test_members_that_are_not_what_they_say(tmp_path, extra, part):
    with pytest.raises(InputError, match=part):
        load(archive(tmp_path / "net.npz", [*SMALL.items(), extra]))


def test_a_member_that_is_no_array(tmp_path):
    path = archive(tmp_path / "net.npz", SMALL.items())
    with zipfile.ZipFile(path, "a") as target:
        target.writestr("\x1b[2J.txt", b"hello")
    with pytest.raises(InputError, match=r"holds '\\x1b\[2J.txt'; expected arrays"):
        load(path)


# -- .json -----------------------------------------------------------------------------


def document(**parts):
    base = {"format": "urnn_proofs network", "version": 1}
    return json.dumps({**base, "W": [[0]], "F": [[1]], "b": [0], "C": [[1]], **parts})


def test_numbers_are_counted_before_they_are_read(tmp_path, monkeypatch):
    path = tmp_path / "net.json"
    path.write_text("[" + "0," * 2**24 + "0]")
    with pytest.raises(UnsupportedError, match=f"expected at most {limits.MAX_ENTRIES}"):
        load(path)
    path.write_text(document(W=[[[]] * 50]))
    monkeypatch.setattr(limits, "MAX_ENTRIES", 40)
    with pytest.raises(UnsupportedError, match="expected at most 40"):
        load(path)


def test_digits_are_counted_before_a_common_denominator_is_made(tmp_path, monkeypatch):
    """400 denominators of 20,000 digits: their least common multiple has eight million."""
    monkeypatch.setattr(rational, "MAX_BITS", 2**28)
    path = tmp_path / "net.json"
    row = [format_rational(Q(1, 10**19_999 + 2 * k + 1)) for k in range(400)]
    path.write_text(document(C=[row]))
    with pytest.raises(InputError, match=r"C needs \d+ bits over one denominator; expected at"):
        load(path)


def test_long_integers_are_read_and_shown(tmp_path):
    path = tmp_path / "net.json"
    path.write_text(document().replace('"b": [0]', f'"b": [{"7" * 5000}]'))
    net = load(path)
    assert net.rnn.b[0, 0].numerator % 10**9 == 777_777_777
    assert "5000 digits" not in repr(net)
    path.write_text(document().replace('"b": [0]', f'"b": [{"7" * 50_000}]'))
    with pytest.raises(InputError, match="has 50000 characters; at most 40000 are read"):
        load(path)
    path.write_text(document(b=[["1" * 10**6]]))
    with pytest.raises(InputError, match=r"b\[0\] is \['1111.*expected an integer") as caught:
        load(path)
    assert len(str(caught.value)) < 300


# -- numbers themselves ----------------------------------------------------------------


def test_numbers_too_far_apart_for_one_denominator(monkeypatch):
    monkeypatch.setattr(rational, "MAX_BITS", 10**6)
    wide = np.full((30, 30), 1e300)
    wide[0, 0] = 1e-300
    with pytest.raises(InputError, match="W needs .* bits over one denominator"):
        RNN(wide, [[1]] * 30, [0] * 30, [[1] * 30])
    with pytest.raises(InputError, match="F needs"):
        RNN([[0]], [[Q(1, 3**k) for k in range(1000)]], [0], [[1]])
    assert RNN(np.full((30, 30), 0.01), [[1]] * 30, [0] * 30, [[1] * 30]).states == 30


# -- .onnx -----------------------------------------------------------------------------


def onnx_model(nodes, initializers=(), output="y"):
    onnx = pytest.importorskip("onnx", reason="extra onnx")
    helper = onnx.helper
    kind = onnx.TensorProto.FLOAT
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("x", kind, ["T", "B", 1])],
        [helper.make_tensor_value_info(output, kind, ["a", "b", "c"])],
        initializers,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model


def onnx_tensor(name, array):
    onnx = pytest.importorskip("onnx", reason="extra onnx")
    return onnx.numpy_helper.from_array(np.asarray(array), name)


def refused(path, model, part):
    path.write_bytes(model.SerializeToString())
    with pytest.raises((InputError, UnsupportedError), match=part):
        load(path)


def test_nodes_that_double_a_constant(tmp_path):
    onnx = pytest.importorskip("onnx", reason="extra onnx")
    node = onnx.helper.make_node
    start = onnx_tensor("c0", np.zeros(2**18, np.float32))
    doubling = [node("Concat", [f"c{k}"] * 2, [f"c{k + 1}"], axis=0) for k in range(14)]
    refused(tmp_path / "net.onnx", onnx_model(doubling, [start], "c14"), "expected at most 8388608")
    again = [node("Concat", ["c0"], [f"d{k}"], axis=0) for k in range(40)]
    refused(tmp_path / "net.onnx", onnx_model(again, [start], "d0"), "expected at most 8388608")
    wide = [node("Concat", ["c0"] * 40, ["d"], axis=0)]
    refused(tmp_path / "net.onnx", onnx_model(wide, [start], "d"), "10485760 weights")
    rows = [node("Expand", ["c0", "s"], [f"d{k}"]) for k in range(40)]
    shape = onnx_tensor("s", np.array([2**18], np.int64))
    refused(
        tmp_path / "net.onnx", onnx_model(rows, [start, shape], "d0"), "expected at most 8388608"
    )


@pytest.mark.parametrize("op", ["Tile", "Range", "Expand", "ConstantOfShape"])
def test_operators_that_make_much_of_little(tmp_path, op):
    onnx = pytest.importorskip("onnx", reason="extra onnx")
    shape = onnx_tensor("s", np.array([2**20, 2**20], np.int64))
    one = onnx_tensor("one", np.ones(1, np.float32))
    inputs = {"Tile": ["one", "s"], "Range": ["one", "s", "one"], "Expand": ["one", "s"]}
    node = onnx.helper.make_node(op, inputs.get(op, ["s"]), ["y"])
    refused(tmp_path / "net.onnx", onnx_model([node], [shape, one]), "not covered|no RNN operator")


def test_one_weight_used_by_many_layers(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "MAX_ENTRIES", 2**19)
    onnx = pytest.importorskip("onnx", reason="extra onnx")
    n, make = 256, onnx.helper.make_node
    weights = [
        onnx_tensor("F", np.zeros((1, n, 1), np.float32)),
        onnx_tensor("G", np.zeros((1, n, n), np.float32)),
        onnx_tensor("R", np.zeros((1, n, n), np.float32)),
    ]
    nodes, value = [], "x"
    for k in range(200):
        inputs = [value, "G" if k else "F", "R"]
        nodes.append(make("RNN", inputs, [f"Y{k}"], activations=["Relu"], hidden_size=n))
        nodes.append(make("Squeeze", [f"Y{k}", "axis"], [f"s{k}"]))
        value = f"s{k}"
    axis = onnx_tensor("axis", np.array([1], np.int64))
    model = onnx_model(nodes, [*weights, axis], output=value)
    refused(tmp_path / "net.onnx", model, "expected at most 524288")


def test_two_bytes_that_make_a_node(tmp_path):
    model = onnx_model([]).SerializeToString()
    graph = b"\x0a\x00" * 2**22  # field 1 of a graph, empty: a node
    field = b"\x3a" + varint(len(graph)) + graph
    path = tmp_path / "net.onnx"
    path.write_bytes(model + field)
    with pytest.raises(InputError, match="bytes beside the data of its tensors"):
        load(path)
    tensor = b"\x22" + varint(2**23) + bytes(2**23)  # data do not count
    inner = b"\x2a" + varint(len(tensor)) + tensor
    path.write_bytes(model + b"\x3a" + varint(len(inner)) + inner)
    with pytest.raises((InputError, UnsupportedError)) as caught:
        load(path)
    assert "beside the data" not in str(caught.value)


def varint(value):
    found = b""
    while value > 0x7F:
        found += bytes([value & 0x7F | 0x80])
        value >>= 7
    return found + bytes([value])


def test_a_name_that_stands_twice(tmp_path):
    onnx = pytest.importorskip("onnx", reason="extra onnx")
    F, R = np.full((1, 1, 1), 2, np.float32), np.full((1, 1, 1), 0.5, np.float32)
    make = onnx.helper.make_node
    layer = make("RNN", ["x", "F", "R"], ["y"], activations=["Relu"], hidden_size=1)
    twice = [onnx_tensor("F", F), onnx_tensor("R", R), onnx_tensor("F", 3 * F)]
    refused(tmp_path / "net.onnx", onnx_model([layer], twice), "twice|not a valid ONNX model")
    again = make("Concat", ["R"], ["F"], axis=0)
    refused(
        tmp_path / "net.onnx", onnx_model([again, layer], twice[:2]), "already|not a valid ONNX"
    )


# -- .pt -------------------------------------------------------------------------------


def pt_members(tmp_path):
    torch = pytest.importorskip("torch", reason="extra torch")
    torch.save(torch.nn.RNN(2, 3, nonlinearity="relu").state_dict(), tmp_path / "good.pt")
    with zipfile.ZipFile(tmp_path / "good.pt") as source:
        return [(item.filename, source.read(item)) for item in source.infolist()]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_of_pytorch_are_looked_at_first(tmp_path):
    members = pt_members(tmp_path)
    path = tmp_path / "net.pt"

    def write(members, method=zipfile.ZIP_STORED):
        with zipfile.ZipFile(path, "w", method) as target:
            for name, data in members:
                target.writestr(name, data)

    write(members)
    assert load(path, activation="relu").inputs == 2
    write(members, zipfile.ZIP_DEFLATED)
    with pytest.raises(InputError, match="which is compressed"):
        load(path, activation="relu")
    write([*members, members[-1]])
    with pytest.raises(InputError, match="has a member twice"):
        load(path, activation="relu")
    write([(name, data + bytes(2**21) if "pkl" in name else data) for name, data in members])
    with pytest.raises(InputError, match="larger than names and shapes are"):
        load(path, activation="relu")
    write([*members, *((f"good/{k}", b"") for k in range(9000))])
    with pytest.raises(InputError, match="more than 8000"):
        load(path, activation="relu")


# -- .safetensors ----------------------------------------------------------------------


def raw_safetensors(text, data=b""):
    return struct.pack("<Q", len(text)) + text + data


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (b'{"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}, "a": 1}', "twice"),
        (b'{"a": {"dtype": "F32", "dtype": "F64"}}', "twice"),
        (
            json.dumps(
                {"a": {"dtype": "F32", "shape": [2**40, 2**40], "data_offsets": [0, 4]}}
            ).encode(),
            f"{2**80} weights",
        ),
        (b'{"a": {"dtype": "F32", "shape": [-1], "data_offsets": [0, 4]}}', "lengths >= 0"),
        (b'{"a": {"dtype": "F32", "shape": [1.5], "data_offsets": [0, 4]}}', "has no shape"),
        (b'{"a": {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}}', "expected F32"),
        (b'{"a": 1}', "not a readable"),
        (b"[1]", "not a readable"),
        (b"[" * 100_000, "not a readable"),
        (b" " * (2**20 + 1), "at most 1048576 are read"),
    ],
)
def test_headers_of_safetensors(tmp_path, text, part):
    pytest.importorskip("safetensors", reason="extra safetensors")
    path = tmp_path / "net.safetensors"
    path.write_bytes(raw_safetensors(text, bytes(4)))
    with pytest.raises((InputError, UnsupportedError), match=part):
        load(path, activation="relu")


# -- all -------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".npz", ".json", ".pt", ".safetensors", ".onnx"])
def test_the_limits_are_the_same_for_every_reader(tmp_path, suffix, monkeypatch):
    packages = {".pt": "torch", ".safetensors": "safetensors", ".onnx": "onnx"}
    if suffix in packages:
        pytest.importorskip(packages[suffix])
    path = tmp_path / f"net{suffix}"
    net = network()
    save(net, path)
    activation = "relu" if suffix == ".pt" else None
    assert same_weights(load(path, activation=activation), net)
    with monkeypatch.context() as patch:
        patch.setattr(limits, "MAX_ENTRIES", 20)
        with pytest.raises(UnsupportedError, match=r"has \d+ weights; expected at most 20"):
            load(path, activation=activation)
    with monkeypatch.context() as patch:
        patch.setattr(limits, "MAX_BYTES", 200)
        with pytest.raises(InputError, match=r"has \d+ bytes; expected at most 200"):
            load(path, activation=activation)
