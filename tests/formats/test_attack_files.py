"""Hundreds of mutated model files: each is refused by name, or read as its own library reads it.

A mutated file may still be a good file of another network.  Then what was read must be what NumPy,
json, PyTorch, safetensors or onnxruntime make of it: anything else would be a proof about a network
that nobody has.  No error but this package's own may leave a reader.
"""

from __future__ import annotations

import io
import json
import random
import struct
import warnings
import zipfile
from collections import Counter
from fractions import Fraction as Q

import numpy as np
import pytest
from flint import fmpz
from stored_networks import network, same_weights

from urnn_proofs import (
    RNN,
    StoredNetwork,
    UrnnProofsError,
    Verdict,
    equivalent_urnn,
    load,
    save,
)
from urnn_proofs.formats.stored import Layout

PACKAGES = {".pt": "torch", ".safetensors": "safetensors", ".onnx": "onnx"}
SUFFIXES = [".npz", ".json", ".pt", ".safetensors", ".onnx"]
# As many inputs as states and outputs: no shape tells what a weight is for.
BASES = [
    network((2,), 2, 2),
    network((3,), 1, 2, "float64", start=True),
    network((2, 2), 2, 1, bias=False),
]
BYTES, PARTS = 40, 40  # mutations of the bytes, and of the parts, of each base


# -- mutations of bytes ----------------------------------------------------------------


def flip(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]


def overwrite(rng, data):
    at, size = rng.randrange(len(data)), rng.randrange(1, 9)
    return data[:at] + rng.randbytes(size) + data[at + size :]


def truncate(rng, data):
    return data[: rng.randrange(len(data))]


def cut(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 40) :]


def insert(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + rng.randbytes(rng.randrange(1, 9)) + data[at:]


def repeat(rng, data):
    at = rng.randrange(len(data))
    return data[:at] + data[at : at + rng.randrange(1, 60)] + data[at:]


def append(rng, data):
    return data + rng.randbytes(20)


ON_BYTES = [flip, flip, flip, overwrite, overwrite, truncate, cut, insert, repeat, append]


# -- mutations of named arrays ---------------------------------------------------------


def swapped(rng, arrays):
    a, b = rng.sample(sorted(arrays), 2)
    return {**arrays, a: arrays[b], b: arrays[a]}


def renamed(rng, arrays):
    name = rng.choice(sorted(arrays))
    near = [f"x.{name}", name + "0", name.upper()]
    new = rng.choice([*near, "emb.weight", "fc.weight", "", "\x1b["])
    return {new if key == name else key: value for key, value in arrays.items()}


def removed(rng, arrays):
    name = rng.choice(sorted(arrays))
    return {key: value for key, value in arrays.items() if key != name}


def added(rng, arrays):
    name = rng.choice(["emb.weight", "fc.weight", "norm.weight", "W", "h_init", "layer7.W", "x"])
    return {name: rng.choice(list(arrays.values())), **arrays}


def changed(change):
    def mutate(rng, arrays):
        name = rng.choice(sorted(k for k, v in arrays.items() if v.dtype.kind == "f"))
        return {**arrays, name: np.ascontiguousarray(change(rng, arrays[name]))}

    return mutate


def one_entry(rng, array):
    found = array.copy().reshape(-1)
    special = [0.0, -0.0, 1e-42, 5e-324, float("nan"), float("inf"), -1.5, 1e30]
    with np.errstate(all="ignore"):
        found[rng.randrange(found.size)] = rng.choice(special)
    return found.reshape(array.shape)


ON_ARRAYS = [
    swapped,
    renamed,
    removed,
    added,
    changed(one_entry),
    changed(one_entry),
    changed(lambda rng, x: x.T),
    changed(lambda rng, x: x[None]),
    changed(lambda rng, x: x[..., :-1]),
    changed(lambda rng, x: np.concatenate([x, x])),
    changed(lambda rng, x: x.astype(rng.choice(["f4", "f8", "f2", "i4", "i8", "?"]))),
    changed(lambda rng, x: np.zeros((0, *x.shape[1:]), x.dtype)),
]


def npz_parts(rng, path):
    with np.load(path) as data:
        arrays = dict(data)
    arrays = rng.choice(ON_ARRAYS)(rng, arrays)
    if rng.random() < 0.2:
        arrays["activation"] = np.array(rng.choice(["tanh", "relu6", "RELU", "", "\x1b[0m"]))
    order = rng.choice(["<", ">"])  # the order of bytes is a matter of the header alone
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", rng.choice([0, 8])) as target:
        for name, array in arrays.items():
            held = io.BytesIO()
            kind = array.dtype.newbyteorder(order)
            np.lib.format.write_array(
                held, rng.choice([array, np.asfortranarray(array)]).astype(kind)
            )
            target.writestr(f"{name}.npy", held.getvalue())
            if rng.random() < 0.02:
                target.writestr(f"{name}.npy", held.getvalue())
    return stream.getvalue()


def state_dict_parts(rng, arrays):
    found = rng.choice(ON_ARRAYS)(rng, arrays)
    return dict(rng.sample(sorted(found.items()), len(found))) if rng.random() < 0.2 else found


def pt_parts(rng, path):
    import torch

    arrays = {k: v.numpy() for k, v in torch.load(path, weights_only=True).items()}
    stream = io.BytesIO()
    found = {k: torch.from_numpy(v.copy()) for k, v in state_dict_parts(rng, arrays).items()}
    if rng.random() < 0.2:
        name = rng.choice(sorted(found))
        found[name] = rng.choice(
            [
                lambda x: x.t() if x.ndim == 2 else x,
                lambda x: torch.nn.Parameter(x) if x.is_floating_point() else x,
                lambda x: x.to_sparse(),
                lambda x: x[:1].expand(x.shape),
                lambda x: x.to(torch.bfloat16),
                lambda x: x.to("meta"),
                lambda x: [x],
            ]
        )(found[name])
    torch.save(found, stream)
    if rng.random() < 0.4:  # a member of the archive that is not what it was
        with zipfile.ZipFile(stream) as source:
            members = [(item.filename, source.read(item)) for item in source.infolist()]
        k = rng.randrange(len(members))
        name, data = members[k]
        members[k] = rng.choice(
            [
                (name, members[rng.randrange(len(members))][1]),
                (name, data[: len(data) // 2]),
                (name, data + data),
                (name + "0", data),
                (name, flip(rng, data) if data else b"0"),
            ]
        )
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as target:
            for name, data in members:
                target.writestr(name, data)
    return stream.getvalue()


def safetensors_parts(rng, path):
    from safetensors.numpy import save

    data = path.read_bytes()
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + size])
    if rng.random() < 0.5:
        from safetensors.numpy import load_file

        metadata = dict(header["__metadata__"])
        if rng.random() < 0.3:
            metadata[rng.choice(sorted(metadata))] = rng.choice(["relu", "true", "x", "readout"])
        return save(state_dict_parts(rng, load_file(path)), metadata=metadata)
    a, b = rng.sample(sorted(set(header) - {"__metadata__"}), 2)
    rng.choice(
        [
            lambda: header.update({a: header[b]}),
            lambda: header.update({a: header[b], b: header[a]}),
            lambda: header[a].update(shape=header[a]["shape"][::-1]),
            lambda: header[a].update(shape=[2**30, 2**30]),
            lambda: header[a].update(dtype="F64"),
            lambda: header[a].update(dtype="I32"),
            lambda: header[a].update(data_offsets=header[b]["data_offsets"]),
            lambda: header[a].update(data_offsets=[0, 2**40]),
        ]
    )()
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data[8 + size :]


def json_parts(rng, path):
    data = json.loads(path.read_text())
    target = rng.choice(data["layers"]) if "layers" in data else data
    names = [name for name in ("W", "F", "b", "C", "h_init") if name in target]
    a, b = rng.sample(names, 2)
    row = target[a][0] if isinstance(target[a][0], list) else target[a]
    rng.choice(
        [
            lambda: target.update({a: target[b], b: target[a]}),
            lambda: target.pop(a),
            lambda: target.update({a + "_": target[a]}),
            lambda: row.append("1"),
            lambda: row.pop(),
            lambda: row.__setitem__(0, rng.choice(["1/0", "-3/7", "0.5", 0.5, None, 7, "1e9"])),
            lambda: row.__setitem__(0, "9" * rng.choice([5000, 50_000])),
            lambda: target.update({a: [*target[a], target[a][0]]}),
            lambda: target.update(activation=rng.choice(["tanh", "relu6", 3, {"name": "relu"}])),
            lambda: data.update(output_bias=rng.choice([["1/3"] * 2, [], 4])),
            lambda: data.update(version=rng.choice([2, "1", True])),
            lambda: data.update(layers=[target, target]),
        ]
    )()
    return json.dumps(data).encode()


def onnx_parts(rng, path):
    import onnx

    model = onnx.load(path)
    for _ in range(rng.choice([1, 1, 2])):
        _mutate_graph(rng, onnx, model)
    return model.SerializeToString()


def _mutate_graph(rng, onnx, model):
    graph = model.graph
    node = rng.choice(graph.node)
    rnn = next(n for n in graph.node if n.op_type == "RNN")
    tensor, other = rng.sample(list(graph.initializer), 2)
    array = onnx.numpy_helper.to_array(tensor)

    def attribute(target, **values):
        kept = [a for a in target.attribute if a.name not in values]
        del target.attribute[:]
        target.attribute.extend(kept)
        target.attribute.extend(onnx.helper.make_attribute(k, v) for k, v in values.items())

    def put(value):
        tensor.CopyFrom(onnx.numpy_helper.from_array(np.ascontiguousarray(value), tensor.name))

    def names():
        tensor.name, other.name = other.name, tensor.name

    def as_numbers():  # the other way to store floats
        if array.dtype == np.float32:
            tensor.ClearField("raw_data")
            tensor.float_data.extend(array.reshape(-1).tolist())

    def set_input():
        node.input[rng.randrange(len(node.input))] = rng.choice(
            [rng.choice(graph.node).output[-1], tensor.name, graph.input[0].name, "none", ""]
        )

    rng.choice(
        [
            lambda: attribute(rnn, activations=[rng.choice(["Tanh", "Relu", "relu", "Sigmoid"])]),
            lambda: attribute(rnn, direction=rng.choice(["forward", "reverse", "bidirectional"])),
            lambda: attribute(rnn, hidden_size=rng.choice([1, 2, 3, -1, 2**40])),
            lambda: attribute(rnn, layout=rng.choice([0, 1, 2])),
            lambda: attribute(rnn, clip=1.0),
            lambda: attribute(rnn, activation_alpha=[0.5]),
            lambda: attribute(node, perm=rng.choice([[0, 1, 2], [2, 1, 0], [0, 2, 1], [0, 0, 0]])),
            lambda: attribute(node, axis=rng.choice([0, 1, 2, -1, 7])),
            lambda: attribute(node, alpha=2.0),
            lambda: node.attribute.extend(list(node.attribute)),
            lambda: setattr(node, "op_type", rng.choice(["Add", "Sub", "Gemm", "Relu", "LSTM"])),
            lambda: setattr(node, "domain", "com.microsoft"),
            names,
            as_numbers,
            set_input,
            set_input,
            lambda: put(one_entry(rng, array) if array.dtype.kind == "f" else array + 1),
            lambda: put(array.T),
            lambda: put(array[None]),
            lambda: put(array.astype(rng.choice(["f4", "f8", "f2", "i8", "i4"]))),
            lambda: put(np.concatenate([array, array], axis=-1)),
            lambda: tensor.dims.__setitem__(slice(None), list(tensor.dims)[::-1]),
            lambda: tensor.dims.append(rng.choice([1, 2, 2**33, -1])),
            lambda: setattr(tensor, "raw_data", tensor.raw_data[:-1]),
            lambda: graph.node.remove(node),
            lambda: graph.node.append(node),
            lambda: graph.initializer.append(tensor),
            lambda: graph.initializer.remove(tensor),
            lambda: setattr(graph.output[0], "name", node.output[-1]),
            lambda: setattr(graph.input[0].type.tensor_type, "elem_type", rng.choice([1, 11, 7])),
            lambda: setattr(model.opset_import[0], "version", rng.choice([7, 11, 12, 13, 14, 22])),
        ]
    )()


PARTS_OF = {
    ".npz": npz_parts,
    ".json": json_parts,
    ".pt": pt_parts,
    ".safetensors": safetensors_parts,
    ".onnx": onnx_parts,
}


# -- what the libraries themselves read ------------------------------------------------


def exact(values):
    """Nested lists of floats, integers or texts as Fractions."""
    return [exact(v) if isinstance(v, list) else number(v) for v in values]


def number(value):
    if not isinstance(value, str):
        return Q(value)
    top, _, bottom = value.partition("/")  # Python's own integers end at 4,300 digits
    return Q(int(fmpz(top)), int(fmpz(bottom or "1")))


def layer_of(parts):
    return RNN(
        **{name: exact(parts[name]) for name in ("W", "F", "b", "C")}
        | {
            "h_init": exact(parts["h_init"]) if "h_init" in parts else None,
            "activation": parts.get("activation", "relu"),
        }
    )


def from_npz(path):
    with np.load(path, allow_pickle=False) as data:
        arrays = {name: data[name].tolist() for name in data.files}
    d = arrays.pop("output_bias", None)
    prefixes = [f"layer{k}." for k in range(9) if f"layer{k}.W" in arrays] or [""]
    layers = []
    for prefix in prefixes:
        parts = {k[len(prefix) :]: v for k, v in arrays.items() if k.startswith(prefix)}
        low = exact(parts.pop("b_low", [0] * len(parts["b"])))
        parts["b"] = [x + y for x, y in zip(exact(parts["b"]), low, strict=True)]
        layers.append(layer_of(parts))
        assert set(parts) <= {"W", "F", "b", "C", "h_init", "activation"}
    return StoredNetwork.of(*layers, output_bias=None if d is None else exact(d))


def from_json(path):
    data = json.loads(path.read_text())
    d = data.get("output_bias")
    layers = [layer_of(parts) for parts in data.get("layers", [data])]
    return StoredNetwork.of(*layers, output_bias=None if d is None else exact(d))


def rewritten(path):
    stream = io.BytesIO()
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(stream, "w") as target:
        for item in source.infolist():
            target.writestr(item.filename, source.read(item))
    stream.seek(0)
    return stream


def from_state(state, found):
    """PyTorch's own layers, filled strictly with all tensors that there are."""
    import torch

    state = {name: tensor.double() for name, tensor in state.items()}
    start = state.pop("h_init", None)
    layout = found.layout
    readout = {
        name.rpartition(".")[2]: state.pop(name)
        for name in (layout.readout_prefix + "weight", layout.readout_prefix + "bias")
        if name in state
    }
    assert not readout or layout.readout_prefix == "readout."  # no other name is evident here
    rnn_state = {name.removeprefix(layout.rnn_prefix): tensor for name, tensor in state.items()}
    n, m = rnn_state["weight_ih_l0"].shape
    layers = sum(name.startswith("weight_hh") for name in rnn_state)
    biased = "bias_ih_l0" in rnn_state
    rnn = torch.nn.RNN(m, n, layers, "relu", bias=biased, dtype=torch.float64)
    rnn.load_state_dict(rnn_state)
    head = None
    if readout:
        p = len(readout["weight"])
        head = torch.nn.Linear(n, p, bias="bias" in readout, dtype=torch.float64)
        head.load_state_dict(readout)

    def run(x):
        h = None if start is None else start.unsqueeze(1).expand(-1, x.shape[1], -1).contiguous()
        with torch.no_grad():
            states = rnn(torch.from_numpy(x), h)[0]
            return (states if head is None else head(states)).numpy()

    return run


def from_onnx(path, found):
    """The model in onnxruntime."""
    import onnxruntime as ort

    layout: Layout = found.layout
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    try:
        session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception:  # types or ranks of a shape that is computed when it runs
        return None

    def run(x):
        data = np.transpose(x, ["TBF".index(axis) for axis in layout.input_axes])
        (y,) = session.run(None, {layout.input_name: data.astype(layout.dtype)})
        if "D" in layout.output_axes:
            y = y.squeeze(layout.output_axes.index("D"))
        axes = layout.output_axes.replace("D", "")
        return np.transpose(y, [axes.index(axis) for axis in "TBF" if axis in axes])

    return run


def agree(path, found, rng):
    """Compare with the independent reader; None where that cannot run what it reads."""
    if path.suffix == ".npz":
        return same_weights(found, from_npz(path))
    if path.suffix == ".json":
        return same_weights(found, from_json(path))
    if path.suffix == ".onnx":
        run = from_onnx(path, found)
    elif path.suffix == ".pt":
        import torch

        # For some damaged archives PyTorch gives out memory that it never filled.
        run = from_state(torch.load(rewritten(path), weights_only=True), found)
    else:
        from safetensors.torch import load_file

        run = from_state(load_file(path), found)
    x = rng.standard_normal((4, 2, found.inputs))
    dims = found.layout.dims
    if all(isinstance(size, int) for size in dims):
        x = rng.standard_normal((*dims, found.inputs))
    with np.errstate(all="ignore"):
        try:
            theirs = np.asarray(run(x), np.float64)  # TypeError if there is no session
        except Exception:  # a shape that is computed when it runs, and does not fit
            return path.suffix == ".onnx" and None
        mine = found.run(x)
    mine = mine[-1] if found.layout.last_only else mine
    eps = 1e-3 if path.suffix == ".onnx" else 1e-9
    return theirs.shape == mine.shape and np.allclose(theirs, mine, rtol=eps, atol=eps)


# -- the attack ------------------------------------------------------------------------


def attack(path, data, rng, numpy_rng):
    """Read one file; return how it ended."""
    path.write_bytes(data)
    try:
        found = load(path, activation="relu" if path.suffix == ".pt" else None)
    except UrnnProofsError as error:
        return "refused" if str(error).isprintable() and len(str(error)) < 1500 else str(error)
    same = agree(path, found, numpy_rng)
    if same is None:  # a model that has no outputs anywhere
        return "runs nowhere"
    assert same, f"{path} is read as another network"
    if rng.random() < 0.1:
        try:
            report = equivalent_urnn(found, 1).report
        except UrnnProofsError:
            return "read"
        assert report.verdict in (Verdict.PROVED, Verdict.ASSUMED)
    return "read"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("base", range(len(BASES)))
def test_mutated_files_are_refused_or_read_as_their_library_reads_them(tmp_path, suffix, base):
    if suffix in PACKAGES:
        pytest.importorskip(PACKAGES[suffix], reason=f"extra for {suffix}")
    if suffix == ".onnx":
        pytest.importorskip("onnxruntime", reason="the independent reader of ONNX")
    if suffix in (".pt", ".safetensors"):
        pytest.importorskip("torch", reason="the independent reader of state dicts")
    rng, numpy_rng = random.Random(f"{suffix} {base}"), np.random.default_rng(base)
    good = tmp_path / f"good{suffix}"
    # onnxruntime has no float64 kernel.
    save(BASES[base], good, dtype="float32" if suffix == ".onnx" else None)
    data, path = good.read_bytes(), tmp_path / f"net{suffix}"
    ends: Counter = Counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        ends[attack(path, data, rng, numpy_rng)] += 1
        assert ends == {"read": 1}  # what is not mutated is read
        for _ in range(BYTES):
            ends[attack(path, rng.choice(ON_BYTES)(rng, data), rng, numpy_rng)] += 1
        for _ in range(PARTS):
            try:
                changed_data = PARTS_OF[suffix](rng, good)
            except Exception:  # a mutation that the library itself does not write
                continue
            ends[attack(path, changed_data, rng, numpy_rng)] += 1
    assert set(ends) <= {"read", "refused", "runs nowhere"}, "a message is not plain"
    assert ends["runs nowhere"] <= 3
    # Fifteen times: at least 750 files in all, and the comparison is not idle.
    assert sum(ends.values()) >= 50
    assert ends["refused"] >= 20
    assert ends["read"] >= 2
