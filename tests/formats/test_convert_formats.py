"""Every file format: bit for bit in and out, and one clear sentence for what is not a network."""

from __future__ import annotations

import io
import json
import os
import struct
from dataclasses import replace
from fractions import Fraction as Q
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stored_networks import network, same_weights

from urnn_proofs import (
    RNN,
    InputError,
    MissingExtraError,
    StoredNetwork,
    UnsupportedError,
    load,
    save,
)
from urnn_proofs.formats import limits
from urnn_proofs.formats.rounding import natural_dtype, rounded, to_two_floats
from urnn_proofs.formats.stacking import merged, stacked
from urnn_proofs.formats.torch.state_dict import from_tensors, to_tensors
from urnn_proofs.model.rational import RationalMatrix

PACKAGES = {".pt": "torch", ".pth": "torch", ".safetensors": "safetensors", ".onnx": "onnx"}
SUFFIXES = [".npz", ".json", ".pt", ".pth", ".safetensors", ".onnx"]


def needs(suffix):
    if suffix in PACKAGES:
        pytest.importorskip(PACKAGES[suffix], reason=f"extra for {suffix}")


def read(path):
    return load(path, activation="relu" if path.suffix in (".pt", ".pth") else None)


NETWORKS = {
    "one state": lambda dtype: network((1,), 1, 1, dtype),
    "with output bias": lambda dtype: network((4,), 3, 2, dtype),
    "no output bias": lambda dtype: network((4,), 3, 2, dtype, bias=False),
    "initial state": lambda dtype: network((4,), 3, 2, dtype, start=True),
    "two layers": lambda dtype: network((3, 3), 2, 2, dtype),
    "states as outputs": lambda dtype: StoredNetwork.of(
        RNN(np.full((2, 2), 0.1, dtype), np.ones((2, 1)), [0, 0], np.eye(2))
    ),
    "zero": lambda dtype: StoredNetwork.of(RNN([[0]], [[0]], [0], [[0]])),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("name", NETWORKS)
def test_weights_come_back_bit_for_bit(tmp_path, name, suffix, dtype):
    needs(suffix)
    net = NETWORKS[name](dtype)
    path = tmp_path / f"net{suffix}"
    save(net, path)
    back = read(path)
    assert same_weights(back, net)
    assert os.listdir(tmp_path) == [path.name]  # no temporary file left
    if suffix not in (".npz", ".json"):
        assert back.layout.dtype == natural_dtype(net)


@pytest.mark.parametrize("first", SUFFIXES)
@pytest.mark.parametrize("second", SUFFIXES)
def test_every_pair_of_formats(tmp_path, first, second):
    needs(first)
    needs(second)
    net = network((3, 3), 2, 2, "float32", start=True)
    save(net, tmp_path / f"a{first}")
    save(read(tmp_path / f"a{first}"), tmp_path / f"b{second}")
    assert same_weights(read(tmp_path / f"b{second}"), net)


@given(st.floats(width=32, allow_nan=False), st.floats(width=32, allow_nan=False))
@settings(max_examples=200)
def test_the_sum_of_two_biases_is_kept_exactly(x, y):
    total = Q(0) if not np.isfinite([x, y]).all() else Q(x) + Q(y)
    if abs(total) >= Q(float(np.finfo(np.float32).max)):
        return
    high, low = to_two_floats(RationalMatrix.column([total]), "b", "float32")
    assert high.dtype == low.dtype == np.float32
    assert Q(float(high[0])) + Q(float(low[0])) == total


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_two_biases_that_no_float_is_the_sum_of(tmp_path, suffix):
    needs(suffix)
    for dtype, tiny in (("float32", 2.0**-60), ("float64", 2.0**-80)):
        net = StoredNetwork.of(RNN([[0.5]], [[1]], [Q(1) + Q(tiny)], [[1]]))
        net = replace(net, layout=replace(net.layout, dtype=dtype))
        save(net, tmp_path / f"net{suffix}")
        assert read(tmp_path / f"net{suffix}").rnn.b[0, 0] == 1 + Q(tiny)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_two_biases_stay_two(tmp_path, suffix):
    """Engines round each of them, and their sum once more: which two they are is kept."""
    needs(suffix)
    for second in (-999.75, 2.0**-60):
        net = StoredNetwork.of(
            RNN([[0.5]], [[1]], [1000 + Q(second)], [[1]]),
            second_biases=(RationalMatrix.column([second]),),
        )
        save(net, tmp_path / f"net{suffix}")
        back = read(tmp_path / f"net{suffix}")
        assert back.second_biases == net.second_biases
        assert back.rnn.b == net.rnn.b
    # Rounded one by one, as a cast of the module does it.
    double = StoredNetwork.of(
        RNN([[0.5]], [[1]], [Q(1000.1) - 1000], [[1]]),
        second_biases=(RationalMatrix.column([-1000]),),
    )
    single = rounded(double, "float32")
    assert single.rnn.b[0, 0] == Q(float(np.float32(1000.1))) - 1000
    assert single.second_biases == double.second_biases


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_nothing_is_rounded_unless_asked_for(tmp_path, suffix):
    needs(suffix)
    third = StoredNetwork.of(RNN([[Q(1, 3)]], [[1]], [0], [[1]]))
    path = tmp_path / f"net{suffix}"
    if suffix == ".json":
        save(third, path)
        assert read(path).rnn.W[0, 0] == Q(1, 3)
        return
    with pytest.raises(InputError, match=r"W .*does not represent exactly; save as \.json"):
        save(third, path)
    assert os.listdir(tmp_path) == []
    save(third, path, dtype="float32")
    assert read(path).rnn.W[0, 0] == Q(float(np.float32(1 / 3)))


def test_rounding_is_to_the_nearest_float_and_refuses_overflow():
    big = StoredNetwork.of(RNN([[0]], [[Q(10) ** 50]], [0], [[1]]))
    assert rounded(big, "float64").rnn.F[0, 0] == 1e50
    with pytest.raises(InputError, match="F has entries beyond the range of float32"):
        rounded(big, "float32")
    with pytest.raises(InputError, match="dtype is 'float16'"):
        rounded(big, "float16")


def test_the_type_follows_the_source_else_the_weights():
    assert natural_dtype(network(dtype="float64")) == "float64"
    tenth = StoredNetwork.of(RNN([[0.1]], [[1]], [0], [[1]]))
    assert natural_dtype(tenth) == "float64"
    assert natural_dtype(StoredNetwork.of(RNN([[0.25]], [[1]], [0], [[1]]))) == "float32"


def test_layers_are_merged_and_padded_without_changing_the_outputs():
    net = network((2, 4, 3), 2, 2, "float64", start=True)
    readout = RNN([[0.5]], [[1, 0, 2]], [0.25], [[3], [1], [2]])
    net = StoredNetwork.of(
        *net.layers[:1], RNN([[0.25]], [[1, 2]], [1], [[2], [5]]), output_bias=[1, 2]
    )
    x = np.random.default_rng(0).standard_normal((20, 3, 2))
    for other in (merged(net), replace(net, layers=stacked(net))):
        np.testing.assert_allclose(other.run(x), net.run(x), rtol=1e-14, atol=1e-14)
    assert {layer.states for layer in stacked(net)} == {2}
    with pytest.raises(InputError, match="layer 0 has 2 outputs and layer 1 has 3 inputs"):
        StoredNetwork.of(net.layers[0], readout)


def test_padding_keeps_an_orthogonal_matrix_orthogonal():
    swap = RNN([[0, 1], [1, 0]], [[1], [0]], [0, 0], np.eye(2))
    one = RNN([[-1]], [[1, 1]], [0], [[1]])
    big, small = stacked(StoredNetwork.of(swap, one))
    assert small.W.to_fractions() == [[-1, 0], [0, 1]]
    assert small.F.to_fractions() == [[1, 1], [0, 0]]
    assert big.W == swap.W


def test_what_an_rnn_has_no_place_for_is_said(tmp_path):
    save(network((3,)), tmp_path / "bias.json")
    save(network((3, 3), bias=False), tmp_path / "two.npz")
    with pytest.raises(UnsupportedError, match="output bias"):
        _ = load(tmp_path / "bias.json").rnn
    with pytest.raises(UnsupportedError, match="2 layers"):
        _ = load(tmp_path / "two.npz").rnn
    save(network((3,), bias=False), tmp_path / "one.npz")
    assert load(tmp_path / "one.npz").rnn.states == 3


@pytest.mark.parametrize("suffix", PACKAGES)
def test_a_missing_package_is_named_with_its_extra(tmp_path, monkeypatch, suffix):
    monkeypatch.setitem(__import__("sys").modules, PACKAGES[suffix], None)
    path = tmp_path / f"net{suffix}"
    path.write_bytes(b"x")
    extra = PACKAGES[suffix]
    with pytest.raises(MissingExtraError, match=rf"install urnn_proofs\[{extra}\]"):
        read(path)
    path.unlink()
    with pytest.raises(MissingExtraError, match=rf"install urnn_proofs\[{extra}\]"):
        save(network(), path)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("suffix", [".pt", ".safetensors", ".onnx"])
def test_other_activations_have_no_place_in_framework_files(tmp_path, suffix):
    needs(suffix)
    net = StoredNetwork.of(RNN([[0.5]], [[1]], [0], [[1]], activation="hard_tanh"))
    with pytest.raises(UnsupportedError, match=r"'hard_tanh'.*save as \.json"):
        save(net, tmp_path / f"net{suffix}")
    assert os.listdir(tmp_path) == []


# -- state dicts, without any framework ------------------------------------------------


def tensors(**changes):
    found = {
        "rnn.weight_ih_l0": np.ones((2, 3), np.float32),
        "rnn.weight_hh_l0": np.eye(2, dtype=np.float32) / 2,
        "rnn.bias_ih_l0": np.ones(2, np.float32),
        "rnn.bias_hh_l0": np.full(2, 0.25, np.float32),
        "head.weight": np.ones((1, 2), np.float32),
        "head.bias": np.ones(1, np.float32),
    }
    for name, value in changes.items():
        found[name.replace("__", ".")] = value
    return {name: value for name, value in found.items() if value is not None}


def test_a_state_dict_is_read_as_pytorch_names_it():
    net = from_tensors(tensors(), "here", "ReLU")
    assert net.layers[0].b.to_fractions() == [[Q(5, 4)], [Q(5, 4)]]
    assert net.output_bias.to_fractions() == [[1]]
    assert (net.layout.rnn_prefix, net.layout.readout_prefix) == ("rnn.", "head.")
    back = to_tensors(net)
    assert list(back) == list(tensors())
    for name in ("rnn.weight_ih_l0", "rnn.weight_hh_l0", "head.weight", "head.bias"):
        assert back[name].dtype == np.float32
        np.testing.assert_array_equal(back[name], tensors()[name])


def test_no_prefix_no_bias_no_readout():
    bare = {"weight_ih_l0": np.ones((2, 1)), "weight_hh_l0": np.eye(2) / 2}
    net = from_tensors(bare, "here", "relu")
    assert list(to_tensors(net)) == list(bare)
    assert net.rnn.C.to_fractions() == [[1, 0], [0, 1]]


ZERO = np.zeros((2, 2), np.float32)
BAD_STATE_DICTS = {
    "no word on the nonlinearity": (tensors(), None, InputError, "does not say which nonlinearity"),
    "elu": (tensors(), "elu", UnsupportedError, r"'elu'; expected 'relu', 'tanh' or 'logistic'"),
    "hard tanh": (tensors(), "hardtanh", UnsupportedError, "'hardtanh'; expected 'relu'"),
    "missing W": (tensors(rnn__weight_hh_l0=None), "relu", InputError, r"lacks 'rnn.weight_hh_l0'"),
    "missing F": (tensors(rnn__weight_ih_l0=None), "relu", InputError, r"lacks 'rnn.weight_ih_l0'"),
    "one bias": (tensors(rnn__bias_hh_l0=None), "relu", InputError, r"lacks 'rnn.bias_hh_l0'"),
    "no RNN": (
        {"w": ZERO},
        "relu",
        InputError,
        r"no weights by the names of .* but w \(.*--map W=NAME",
    ),
    "two RNNs": (
        tensors(b__weight_hh_l0=ZERO),
        "relu",
        InputError,
        "2 recurrent modules .* --map 'unused=b.*'",
    ),
    "LSTM": (
        {"weight_ih_l0": np.ones((8, 3)), "weight_hh_l0": np.ones((8, 2))},
        "relu",
        UnsupportedError,
        r"holds an LSTM .* has shape \(8, 2\)",
    ),
    "GRU": (
        {"weight_ih_l0": np.ones((6, 3)), "weight_hh_l0": np.ones((6, 2))},
        "relu",
        UnsupportedError,
        "holds a GRU",
    ),
    "not square": (tensors(rnn__weight_hh_l0=np.ones((2, 3))), "relu", InputError, r"\(2, 3\)"),
    "wrong F": (tensors(rnn__weight_ih_l0=np.ones((5, 3))), "relu", InputError, r"\(2, any\)"),
    "no inputs": (tensors(rnn__weight_ih_l0=np.ones((2, 0))), "relu", InputError, r"\(2, 0\)"),
    "wrong bias": (tensors(rnn__bias_ih_l0=np.ones(3)), "relu", InputError, r"expected \(2\)"),
    "bias matrix": (tensors(rnn__bias_ih_l0=np.ones((2, 1))), "relu", InputError, "bias_ih_l0"),
    "wrong readout": (
        tensors(head__weight=np.ones((1, 5))),
        "relu",
        InputError,
        r"head.weight \(1, 5\)",
    ),
    "wrong readout bias": (tensors(head__bias=np.ones(4)), "relu", InputError, r"expected \(1\)"),
    "two readouts": (tensors(second__weight=ZERO), "relu", InputError, "second.weight"),
    "convolution": (tensors(conv__kernel=ZERO), "relu", InputError, "conv.kernel"),
    "reverse": (
        tensors(rnn__weight_hh_l0_reverse=ZERO),
        "relu",
        UnsupportedError,
        "bidirectional",
    ),
    "projection": (tensors(rnn__weight_hr_l0=ZERO), "relu", UnsupportedError, "projection"),
    "gap": (tensors(rnn__weight_hh_l2=ZERO), "relu", InputError, r"layers \[0, 2\]"),
    "parametrized": (
        tensors(rnn__parametrizations__weight_hh_l0__original=ZERO),
        "relu",
        UnsupportedError,
        r"remove_parametrizations\(model\.rnn, 'weight_hh_l0'\) and save",
    ),
    "float16": (
        tensors(rnn__bias_ih_l0=np.ones(2, np.float16)),
        "relu",
        UnsupportedError,
        "type float16; expected float32 or float64",
    ),
    "quantised": (
        tensors(rnn__weight_hh_l0=np.ones((2, 2), np.int8)),
        "relu",
        UnsupportedError,
        "type int8",
    ),
    "objects": (
        tensors(head__bias=np.array([None], object)),
        "relu",
        UnsupportedError,
        "type object",
    ),
    "NaN": (
        tensors(rnn__weight_hh_l0=np.array([[np.nan, 0], [0, 0]], np.float32)),
        "relu",
        InputError,
        r"weight_hh_l0\[0, 0\] is nan",
    ),
    "infinite": (tensors(head__bias=np.array([np.inf])), "relu", InputError, r"bias\[0\] is inf"),
    "h_init": (tensors(h_init=np.ones((1, 3))), "relu", InputError, "h_init has 3 columns"),
    "h_init layers": (tensors(h_init=np.ones((2, 2))), "relu", InputError, r"expected \(1, any\)"),
}


@pytest.mark.parametrize("name", BAD_STATE_DICTS)
def test_bad_state_dicts_are_named(name):
    found, activation, error, part = BAD_STATE_DICTS[name]
    with pytest.raises(error, match=part) as caught:
        from_tensors(found, "net.pt", activation)
    assert "net.pt" in str(caught.value)
    assert "\n" not in str(caught.value)


# -- which weight is the readout -------------------------------------------------------


def beside(first=(), last=(), inputs=3, states=2):
    """An RNN among other tensors, in the order of its modules."""
    rnn = {
        "rnn.weight_ih_l0": np.ones((states, inputs), np.float32),
        "rnn.weight_hh_l0": np.eye(states, dtype=np.float32) / 2,
    }
    both = [{name: np.ones(shape, np.float32) for name, shape in part} for part in (first, last)]
    return {**both[0], **rnn, **both[1]}


# Each of them has n columns (or could be named so), and none has to be applied to the states.
NO_READOUT = {
    "embedding before": beside(first=[("emb.weight", (7, 2))], inputs=2),
    "embedding after": beside(last=[("emb.weight", (7, 2))], inputs=2),
    "embedding of initial states": beside(last=[("start.weight", (7, 2))]),
    "linear before": beside(first=[("fc.weight", (3, 2)), ("fc.bias", (3,))]),
    "linear that makes the inputs, after": beside(last=[("fc.weight", (3, 2)), ("fc.bias", (3,))]),
    "square linear": beside(last=[("fc.weight", (2, 2)), ("fc.bias", (2,))]),
    "linear on inputs as many as states": beside(
        last=[("fc.weight", (5, 2)), ("fc.bias", (5,))], inputs=2
    ),
    "any linear before": beside(first=[("fc.weight", (5, 2)), ("fc.bias", (5,))]),
    "layer norm": beside(last=[("norm.weight", (2,)), ("norm.bias", (2,))]),
    "convolution": beside(last=[("conv.weight", (5, 2, 1)), ("conv.bias", (5,))]),
    "embedding and linear": beside(
        first=[("emb.weight", (7, 3))], last=[("fc.weight", (5, 2)), ("fc.bias", (5,))]
    ),
    "a single tensor": beside(last=[("scale", (1, 2))]),
    "batch norm": beside(last=[("bn.weight", (2,)), ("bn.bias", (2,)), ("bn.running_mean", (2,))]),
}


@pytest.mark.parametrize("name", NO_READOUT)
@pytest.mark.parametrize("ordered", [False, True])
def test_a_tensor_that_may_be_something_else_is_no_readout(name, ordered):
    if name == "any linear before" and not ordered:
        return  # without an order nothing is before
    with pytest.raises(InputError, match=r"does not tell which.*\(.*--readout NAME") as caught:
        from_tensors(NO_READOUT[name], "net.pt", "relu", ordered=ordered)
    extra = [key for key in NO_READOUT[name] if not key.startswith("rnn.")]
    assert all(f"{key} {NO_READOUT[name][key].shape}" in str(caught.value) for key in extra)


def test_the_readout_that_is_named_is_taken_and_nothing_else_is_lost():
    square = NO_READOUT["square linear"]
    for name in ("fc", "fc.weight"):
        net = from_tensors(square, "net.pt", "relu", readout=name)
        assert net.layers[0].C.to_fractions() == [[1, 1], [1, 1]]
        assert net.layout.readout_prefix == "fc."
        assert list(to_tensors(net)) == list(square)  # written back under its own name
    with pytest.raises(InputError, match=r"holds no readout 'head'; expected .*fc.weight \(2, 2\)"):
        from_tensors(square, "net.pt", "relu", readout="head")
    with pytest.raises(InputError, match=r"no readout 'fc'.*none: there are no tensors"):
        from_tensors(beside(), "net.pt", "relu", readout="fc")
    both = NO_READOUT["embedding and linear"]
    with pytest.raises(InputError, match=r"emb.weight \(7, 3\), which are neither.*would be lost"):
        from_tensors(both, "net.pt", "relu", readout="fc")
    with pytest.raises(InputError, match=r"norm.weight has shape \(2,\); expected \(any, 2\)"):
        from_tensors(NO_READOUT["layer norm"], "net.pt", "relu", readout="norm")


def test_a_readout_that_can_be_nothing_else_needs_no_name():
    for state in (
        beside(last=[("fc.weight", (5, 2)), ("fc.bias", (5,))]),
        beside(last=[("readout.weight", (2, 2))]),  # so does this package call it
    ):
        for ordered in (False, True):
            assert from_tensors(state, "net.pt", "relu", ordered=ordered).layout.readout


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_files_with_an_embedding_are_not_overwritten(tmp_path, suffix):
    """The first layer of a language model is no readout, and it must not become one in OUT."""
    needs(suffix)
    torch = pytest.importorskip("torch", reason="extra torch")
    rnn = torch.nn.RNN(4, 4, nonlinearity="relu")
    state = torch.nn.ModuleDict({"emb": torch.nn.Embedding(9, 4), "rnn": rnn}).state_dict()
    source = tmp_path / f"net{suffix}"
    if suffix == ".pt":
        torch.save(state, source)
    else:
        from safetensors.torch import save_file

        save_file(state, source)
    with pytest.raises(InputError, match=r"emb.weight \(9, 4\)"):
        load(source, activation="relu")
    # Who names it is believed, and the name is kept.
    named = load(source, activation="relu", readout="emb")
    target = tmp_path / f"out{suffix}"
    save(named, target)
    if suffix == ".safetensors":  # the file says now what it is
        assert same_weights(load(target), named)
        with pytest.raises(InputError, match="says that its readout is 'emb', not 'rnn'"):
            load(target, readout="rnn")
    else:
        assert same_weights(load(target, activation="relu", readout="emb"), named)


@pytest.mark.parametrize("suffix", [".npz", ".json", ".onnx"])
def test_files_that_tell_everything_are_not_overruled(tmp_path, suffix):
    needs(suffix)
    path = tmp_path / f"net{suffix}"
    save(network(), path)
    assert same_weights(load(path, activation="ReLU"), network())
    with pytest.raises(InputError, match=r"tells its readout itself; leave readout"):
        load(path, readout="fc")
    with pytest.raises(InputError, match="'relu', not 'tanh'"):
        load(path, activation="tanh")


def test_sizes_are_bounded_before_any_work(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ENTRIES", 10)
    with pytest.raises(UnsupportedError, match="has 17 weights; expected at most 10"):
        from_tensors(tensors(), "net.pt", "relu")


# -- safetensors -----------------------------------------------------------------------


def raw_safetensors(header, data=b"", length=None):
    text = json.dumps(header).encode() if isinstance(header, dict) else header
    return struct.pack("<Q", len(text) if length is None else length) + text + data


ONE = {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}
BAD_SAFETENSORS = {
    "empty": (b"", InputError, "not a readable"),
    "short": (b"\x01", InputError, "not a readable"),
    "endless header": (raw_safetensors({}, length=2**60), InputError, "not a readable"),
    "not JSON": (raw_safetensors(b"{"), InputError, "not a readable"),
    "data missing": (raw_safetensors({"weight_hh_l0": ONE}), InputError, "not a readable"),
    "quarter": (
        raw_safetensors(
            {"weight_hh_l0": {**ONE, "dtype": "F8_E4M3", "data_offsets": [0, 1]}}, b"0"
        ),
        UnsupportedError,
        "type F8_E4M3; expected F32, F64, F16 or BF16",
    ),
    "bfloat of another length": (
        raw_safetensors({"weight_hh_l0": {**ONE, "dtype": "BF16"}}, b"0000"),
        InputError,
        "no place for its entries",
    ),
    "bfloat beyond the end": (
        raw_safetensors({"weight_hh_l0": {**ONE, "dtype": "BF16", "data_offsets": [6, 8]}}, b"00"),
        InputError,
        "not a readable",
    ),
    "missing keys": (
        raw_safetensors({"weight_hh_l0": ONE, "__metadata__": {"nonlinearity": "relu"}}, b"0000"),
        InputError,
        "lacks 'weight_ih_l0'",
    ),
    "elu": (
        raw_safetensors({"weight_hh_l0": ONE, "__metadata__": {"nonlinearity": "elu"}}, b"0000"),
        UnsupportedError,
        "'elu'; expected 'relu', 'tanh'",
    ),
    "silent": (raw_safetensors({"weight_hh_l0": ONE}, b"0000"), InputError, "does not say which"),
}


@pytest.mark.parametrize("name", BAD_SAFETENSORS)
def test_bad_safetensors_are_named(tmp_path, name):
    needs(".safetensors")
    data, error, part = BAD_SAFETENSORS[name]
    (tmp_path / "net.safetensors").write_bytes(data)
    with pytest.raises(error, match=part):
        load(tmp_path / "net.safetensors")


def test_safetensors_sizes_are_bounded_before_any_data_is_read(tmp_path, monkeypatch):
    needs(".safetensors")
    save(network(), tmp_path / "net.safetensors")
    monkeypatch.setattr(limits, "MAX_ENTRIES", 10)
    with pytest.raises(UnsupportedError, match="expected at most 10"):
        load(tmp_path / "net.safetensors")


def test_what_the_metadata_says_is_not_overruled(tmp_path):
    needs(".safetensors")
    save(network(), tmp_path / "net.safetensors")
    assert load(tmp_path / "net.safetensors", activation="relu").inputs == 3
    with pytest.raises(InputError, match="'relu', not 'tanh'"):
        load(tmp_path / "net.safetensors", activation="tanh")


@pytest.mark.parametrize("suffix", [s for s in SUFFIXES if s != ".json"])
def test_truncated_files_are_refused(tmp_path, suffix):
    needs(suffix)
    save(network(), tmp_path / f"good{suffix}")
    data = (tmp_path / f"good{suffix}").read_bytes()
    for k in (0, 3, len(data) // 3, len(data) // 2, len(data) - 40):
        (tmp_path / f"bad{suffix}").write_bytes(data[:k])
        with pytest.raises((InputError, UnsupportedError)) as caught:
            read(tmp_path / f"bad{suffix}")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".npz", ".pt", ".safetensors", ".onnx"])
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=4))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_files_never_crash(tmp_path, suffix, where, damage):
    needs(suffix)
    path = tmp_path / f"net{suffix}"
    save(network(start=True), path)
    data = bytearray(path.read_bytes())
    at = where % len(data)
    data[at : at + len(damage)] = damage
    path.write_bytes(bytes(data))
    try:
        assert read(path).layers
    except (InputError, UnsupportedError):
        pass


# -- npz and json: layers and biases ---------------------------------------------------


def npz(tmp_path, **arrays):
    base = {"W": np.eye(2) / 2, "F": np.ones((2, 1)), "b": np.zeros(2), "C": np.ones((1, 2))}
    layers = arrays.pop("layers", None)
    if layers is not None:
        base = {f"layer{k}.{name}": array for k in layers for name, array in base.items()}
    buffer = io.BytesIO()
    np.savez(buffer, **(base | arrays))
    (tmp_path / "net.npz").write_bytes(buffer.getvalue())
    return tmp_path / "net.npz"


@pytest.mark.parametrize(
    ("arrays", "part"),
    [
        ({"output_bias": np.zeros(3)}, "output_bias has 3 entries; expected 1"),
        ({"b_low": np.zeros(3)}, "b_low has 3 entries; expected 2"),
        ({"b_low": np.array(["a", "b"])}, "b_low is an array of dtype"),
        ({"layers": [0, 2]}, r"layers \[0, 2\]; expected 0, 1"),
        ({"layers": [0], "W": np.eye(2)}, "'W' beside layers"),
        ({"layers": [0], "layer0.x": np.eye(2)}, "layer 0 holds the unknown array 'x'"),
        (
            {"layers": [0, 1], "layer1.F": np.ones((2, 3))},
            "layer 0 has 1 outputs and layer 1 has 3",
        ),
    ],
)
def test_bad_npz_layers(tmp_path, arrays, part):
    with pytest.raises(InputError, match=part):
        load(npz(tmp_path, **arrays))


def test_npz_layers(tmp_path):
    assert len(load(npz(tmp_path, layers=[0, 1])).layers) == 2


LAYER = {"W": [["1/2"]], "F": [[1]], "b": [0], "C": [[1]]}


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"layers": []}, "layers is empty"),
        ({"layers": [1]}, "not a list of objects"),
        ({"layers": {}}, "not a list of objects"),
        ({"layers": [LAYER], "W": [["1/2"]]}, "unknown key 'W'"),
        ({"layers": [{**LAYER, "C": None}]}, "C is a JSON NoneType"),
        ({"layers": [{"W": [[0]]}]}, "layer 0 lacks 'F'"),
        ({"layers": [{**LAYER, "version": 1}]}, "layer 0 has the unknown key 'version'"),
        ({**LAYER, "output_bias": [1, 2]}, "output_bias has 2 entries"),
        ({**LAYER, "output_bias": [0.5]}, "not exact"),
    ],
)
def test_bad_json_layers(tmp_path, changes, part):
    path = tmp_path / "net.json"
    path.write_text(json.dumps({"format": "urnn_proofs network", "version": 1, **changes}))
    with pytest.raises(InputError, match=part):
        load(path)


def test_the_extras_are_there_where_they_should_be():
    """In CI every extra is installed, so that nothing above is skipped for good."""
    if os.environ.get("CI") == "true" and os.environ.get("EXTRAS", "").count("onnx"):
        assert all(find_spec(package) for package in PACKAGES.values())
