"""A fault in a file is named: the file, the entry, what was found, and what is expected."""

from __future__ import annotations

import io
import json
import re
import shutil
import zipfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from stored_networks import network

from urnn_proofs import InputError, StoredNetwork, UrnnProofsError, load, save
from urnn_proofs.formats.stored import Layout

HERE = Path(__file__).parent / "made_elsewhere"


def needs(package):
    return pytest.mark.skipif(find_spec(package) is None, reason=f"extra for {package}")


def arrays(**changes):
    eye = np.eye(2)
    return {"W": eye / 2, "F": eye, "b": np.zeros(2), "C": eye} | changes


def with_nan(shape, at):
    found = np.zeros(shape)
    found[at] = np.nan
    return found


def npz(path, **changes):
    np.savez(path, **arrays(**changes))


def layered_npz(path, **changes):
    layers = {f"layer0.{name}": array for name, array in arrays().items()}
    np.savez(path, **layers, **{f"layer1.{name}": a for name, a in arrays(**changes).items()})


def exact(**changes):
    eye = [[1, 0], [0, "1/2"]]
    return {"W": eye, "F": eye, "b": [0, 0], "C": eye} | changes


def document(path, data):
    head = {"format": "urnn_proofs network", "version": 1}
    path.write_text(json.dumps(head | data))


def state_dict(path, **changes):
    import torch

    names = {"rnn.weight_hh_l0": "W", "rnn.weight_ih_l0": "F", "readout.weight": "C"}
    given = arrays(**changes)
    torch.save({name: torch.from_numpy(given[part]) for name, part in names.items()}, path)


def safetensors(path, **changes):
    from safetensors.numpy import save_file

    given = arrays(**changes)
    save_file({"rnn.weight_hh_l0": given["W"], "rnn.weight_ih_l0": given["F"]}, path)


def onnx(path, change):
    """Write the model of a network, its weights changed."""
    import onnx

    save(network((2,), 2, 2, layout=Layout(dtype="float32")), path)
    model = onnx.load(str(path))
    for tensor in model.graph.initializer:
        array = onnx.numpy_helper.to_array(tensor).copy()
        tensor.CopyFrom(onnx.numpy_helper.from_array(change(tensor.name, array), tensor.name))
    path.write_bytes(model.SerializeToString())


def nan_in_readout(name, array):
    return with_nan(array.shape, (0, 1)).astype("f4") if array.shape == (2, 2) else array


def keras(path, dataset, at):
    import h5py

    with zipfile.ZipFile(HERE / "relu.keras") as old:
        text, data = old.read("config.json"), io.BytesIO(old.read("model.weights.h5"))
    with h5py.File(data, "r+") as stored:
        stored[dataset][at] = np.nan
    with zipfile.ZipFile(path, "w") as new:
        new.writestr("config.json", text)
        new.writestr("model.weights.h5", data.getvalue())


KERAS = "layers/simple_rnn/cell/vars"
#: The file, how it is written, how it is read, and what names the entry and says what it is.
CASES = {
    "json, a decimal": (
        "net.json",
        lambda p: document(p, exact(W=[[1, 0], [0, -0.357]])),
        {},
        r'W\[1\]\[1\] is -0\.357, .* expected an integer or a string "p/q", such as "-357/1000"',
    ),
    "json, a decimal in a layer": (
        "net.json",
        lambda p: document(p, {"layers": [exact(), exact(b=[0, 1.5])]}),
        {},
        r'layer 1: b\[1\] is 1\.5, .* such as "3/2"',
    ),
    "json, a decimal with a large power": (
        "net.json",
        lambda p: p.write_text(
            json.dumps({"format": "urnn_proofs network", "version": 1} | exact(F="here")).replace(
                '"here"', "[[1, 1e99999999], [0, 0]]"
            )
        ),
        {},
        r"F\[0\]\[1\] is 1e99999999, which is not exact",
    ),
    "json, a long integer": (
        "net.json",
        lambda p: p.write_text(
            json.dumps({"format": "urnn_proofs network", "version": 1} | exact(b="here")).replace(
                '"here"', f"[0, {'7' * 50_000}]"
            )
        ),
        {},
        r"b\[1\] has 50000 characters; at most 40000",
    ),
    "json, an output bias": (
        "net.json",
        lambda p: document(p, exact() | {"output_bias": [0, 0.25]}),
        {},
        r'output_bias\[1\] is 0\.25, .* such as "1/4"',
    ),
    "json, a shape": (
        "net.json",
        lambda p: document(p, exact(C=[[1]])),
        {},
        r"C has shape \(1, 1\); expected",
    ),
    "json, an activation": (
        "net.json",
        lambda p: document(p, exact(activation="swish")),
        {},
        r"'swish'.*expected",
    ),
    "npz, NaN": (
        "net.npz",
        lambda p: npz(p, W=with_nan((2, 2), (0, 1))),
        {},
        r"W\[0, 1\] is nan; expected a finite number",
    ),
    "npz, NaN in a layer": (
        "net.npz",
        lambda p: layered_npz(p, b=with_nan(2, 1)),
        {},
        r"layer 1: b\[1\] is nan",
    ),
    "npz, a shape": (
        "net.npz",
        lambda p: npz(p, F=np.zeros((3, 2))),
        {},
        r"F has shape \(3, 2\); expected \(2, any >= 1\)",
    ),
    "npz, an output bias": (
        "net.npz",
        lambda p: npz(p, output_bias=with_nan(2, 0)),
        {},
        r"output_bias\[0\] is nan",
    ),
    "npz by a map": (
        "net.npz",
        lambda p: np.savez(p, h2h=with_nan((2, 2), (1, 0)), i2h=np.eye(2)),
        {"names": {"W": "h2h", "F": "i2h"}, "activation": "relu"},
        r"W\[1, 0\] is nan",
    ),
    "npz by a map, a shape": (
        "net.npz",
        lambda p: np.savez(p, h2h=np.eye(3), i2h=np.eye(2)),
        {"names": {"W": "h2h", "F": "i2h"}, "activation": "relu"},
        r"F has shape \(2, 2\); expected \(3, any >= 1\)",
    ),
    "a state dict": pytest.param(
        "net.pt",
        lambda p: state_dict(p, W=with_nan((2, 2), (1, 0))),
        {"activation": "relu"},
        r"rnn\.weight_hh_l0\[1, 0\] is nan",
        marks=needs("torch"),
    ),
    "the readout of a state dict": pytest.param(
        "net.pt",
        lambda p: state_dict(p, C=with_nan((2, 2), (1, 1))),
        {"activation": "relu"},
        r"readout\.weight\[1, 1\] is nan",
        marks=needs("torch"),
    ),
    "a type in a state dict": pytest.param(
        "net.pt",
        lambda p: state_dict(p, W=np.eye(2, dtype=np.int64)),
        {"activation": "relu"},
        r"rnn\.weight_hh_l0 has the type int64; expected float32 or float64",
        marks=needs("torch"),
    ),
    "safetensors": pytest.param(
        "net.safetensors",
        lambda p: safetensors(p, F=with_nan((2, 2), (0, 1))),
        {"activation": "relu"},
        r"rnn\.weight_ih_l0\[0, 1\] is nan",
        marks=needs("safetensors"),
    ),
    "onnx": pytest.param(
        "net.onnx",
        lambda p: onnx(
            p, lambda name, a: with_nan(a.shape, (0, 1, 0)).astype("f4") if a.ndim == 3 else a
        ),
        {},
        r"node .*\(RNN\): W\[1, 0\] is nan",
        marks=needs("onnx"),
    ),
    "the readout of onnx": pytest.param(
        "net.onnx",
        lambda p: onnx(p, nan_in_readout),
        {},
        r"node .*\(MatMul\): the weight\[0, 1\] is nan",
        marks=needs("onnx"),
    ),
    "keras": pytest.param(
        "net.keras",
        lambda p: keras(p, f"{KERAS}/0", (0, 1)),
        {},
        r"'first' \(SimpleRNN\): kernel\[0, 1\] is nan",
        marks=needs("h5py"),
    ),
    "a recurrent kernel of keras": pytest.param(
        "net.keras",
        lambda p: keras(p, f"{KERAS}/1", (2, 1)),
        {},
        r"'first' \(SimpleRNN\): recurrent_kernel\[2, 1\] is nan",
        marks=needs("h5py"),
    ),
}


@pytest.mark.parametrize(
    ("file", "write", "told", "part"),
    [
        pytest.param(*getattr(case, "values", case), id=name, marks=getattr(case, "marks", ()))
        for name, case in CASES.items()
    ],
)
def test_the_file_and_the_entry_are_named_once(tmp_path, file, write, told, part):
    write(tmp_path / file)
    with pytest.raises(UrnnProofsError, match=part) as caught:
        load(tmp_path / file, **told)
    assert str(caught.value).startswith(file)
    assert str(caught.value).count(file) == 1


@needs("h5py")
@pytest.mark.parametrize("name", ["functional.keras", "relu.h5", "tanh.keras"])
def test_a_good_file_is_read_after_all(tmp_path, name):
    """The same readers, so that nothing above is refused for the way it was written."""
    shutil.copy(HERE / name, tmp_path / name)
    assert load(tmp_path / name).outputs >= 1


def test_decimals_in_json_are_never_rounded(tmp_path):
    """The fraction that is proposed is what the decimal says, and not the float next to it."""
    path = tmp_path / "net.json"
    document(path, exact(b=[0, 0.1]))
    with pytest.raises(InputError) as caught:
        load(path)
    said = re.search(r'such as "([^"]*)"', str(caught.value))[1]
    assert said == "1/10"
    document(path, exact(b=[0, said]))
    assert str(load(path).rnn.b[1, 0]) == "1/10"


def test_networks_as_they_were_stay_readable(tmp_path):
    path = tmp_path / "net.json"
    save(StoredNetwork.of(load_exact(path)), path)
    assert load(path).rnn.W[1, 1] * 2 == 1


def load_exact(path):
    document(path, exact())
    return load(path).rnn
