"""No plain numbers: bits that arithmetic loses, long numbers, and other people's objects."""

from __future__ import annotations

import array
import collections
import decimal
import io
import struct
import subprocess
import sys
import warnings
from fractions import Fraction as Q

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    Orthogonal,
    RationalMatrix,
    StoredNetwork,
    UnsupportedError,
    UrnnProofsError,
    check,
    equivalent_urnn,
    from_torch,
    load,
    minimal_urnn,
    piecewise_linear,
    read_sweep,
    save,
    search_counterexample,
    sweep,
    theorem,
    to_torch,
    verify_construction,
)
from urnn_proofs.model.floats import fraction_of, nearest, parts_of, quotient
from urnn_proofs.model.number import exact_number, shorten, show_number
from urnn_proofs.model.text import plain
from urnn_proofs.show.terminal import print_report

# -- floats as bits --------------------------------------------------------------------

SIZES = {2: np.float16, 4: np.float32, 8: np.float64}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("order", "<>")
def test_every_float_is_the_number_that_python_says_it_is(size, order):
    bits = np.random.default_rng(size).integers(0, 2 ** (8 * size), 3000, np.uint64)
    edges = [0, 1, 2 ** (8 * size - 1), 2 ** (8 * size - 1) + 1, 2 ** (8 * size) - 1]
    floats = np.append(bits, np.array(edges, np.uint64)).astype(f"u{size}").view(SIZES[size])
    stored = floats.astype(floats.dtype.newbyteorder(order))
    mantissa, exponent, finite = parts_of(stored)
    assert (finite == np.isfinite(floats)).all()
    for x, m, e, is_number in zip(floats, mantissa, exponent, finite, strict=True):
        if is_number:
            expected = Q(*x.as_integer_ratio())
            assert int(m) * Q(2) ** int(e) == expected == fraction_of(x)
            if expected:  # and back, bit for bit
                found = nearest(expected.numerator, expected.denominator, size)
                assert found == int(np.array([x]).view(f"u{size}")[0])


@settings(deadline=None)
@given(st.fractions(), st.integers(-1100, 1100))
def test_rounding_is_that_of_ieee(x, shift):
    value = x * Q(2) ** shift
    try:
        expected = value.numerator / value.denominator
    except OverflowError:
        expected = float("inf") if value > 0 else float("-inf")
    found = quotient(value.numerator, value.denominator)
    assert struct.pack("<d", found) == struct.pack("<d", expected)
    bits = nearest(value.numerator, value.denominator, 8)
    assert struct.pack("<Q", bits) == struct.pack("<d", expected)


def test_float32_is_rounded_once():
    """Through float64 this number would first become a half, and then the even neighbour."""
    x = 1 + Q(1, 2**24) + Q(1, 2**60)
    found = RationalMatrix.column([x]).to_floats("float32")
    assert found[0, 0] == np.float32(1) + np.float32(2.0**-23)
    assert np.float32(float(x)) == np.float32(1)


FLUSHED = """
import sys
import numpy as np
import torch
from fractions import Fraction as Q
from pathlib import Path
from urnn_proofs import RNN, NotContractiveError, StoredNetwork, equivalent_urnn, from_torch
from urnn_proofs import load, save
from urnn_proofs.model.number import exact_number, to_float

assert torch.set_flush_denormal(True)
tiny64 = np.array([1], np.uint64).view(np.float64)
tiny32 = np.array([1], np.uint32).view(np.float32)
assert tiny64[0] == 0.0 and tiny32[0] == 0.0, "nothing is flushed here"
assert exact_number(tiny64[0], "x") == exact_number(float(tiny64[0]), "x") == Q(1, 2**1074)
assert exact_number(tiny32[0], "x") == Q(1, 2**149)
assert np.array([to_float(Q(1, 2**1065))]).view(np.uint64)[0] == 512

# The norm of [[1, t], [0, 1]] is above 1, however small t is.
for W in ([[1, 2.0**-1065], [0, 1]], np.array([[1, 2.0**-1065], [0, 1]])):
    try:
        equivalent_urnn(RNN(W, [[1], [1]], [0, 0], [[1, 1]]), 1, state_bound=9)
    except NotContractiveError:
        pass
    else:
        raise AssertionError("a subnormal weight was lost")

def network(tiny, dtype):
    n = {"float32": 149, "float64": 1074}[dtype]
    W = np.zeros((2, 2), dtype)
    W[0, 1:] = tiny
    net = StoredNetwork.of(RNN(W, [[Q(1, 2**n)], [1]], [Q(1, 2**n), 0], [[1, 1]], [0, Q(3, 2**n)]))
    assert net.rnn.W[0, 1] == Q(1, 2**n)
    return net

folder = Path(sys.argv[1])
for tiny in (tiny32, tiny64):
    net = network(tiny, str(tiny.dtype))
    for suffix in (".json", ".npz", ".pt", ".safetensors", ".onnx"):
        path = folder / f"net{suffix}"
        save(net, path, dtype=None if suffix == ".json" else str(tiny.dtype))
        back = load(path, activation="relu").rnn
        for name in ("W", "F", "b", "C", "h_init"):
            assert getattr(back, name) == getattr(net.rnn, name), (suffix, name)
    module = torch.nn.RNN(1, 2, nonlinearity="relu", dtype=getattr(torch, str(tiny.dtype)))
    with torch.no_grad():
        module.weight_hh_l0.view(-1)[:] = torch.from_numpy(np.repeat(tiny, 4))
        assert from_torch(module).rnn.W == RNN(
            [[exact_number(tiny[0], "x")] * 2] * 2, [[0]] * 2, [0] * 2, [[0] * 2]
        ).W

print("kept")
"""


def test_subnormal_weights_survive_where_the_process_flushes_them(tmp_path):
    for package in ("torch", "safetensors", "onnx"):
        pytest.importorskip(package)
    done = subprocess.run(
        [sys.executable, "-c", FLUSHED, str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout == "kept\n", done.stderr[-2000:]


FLOAT_DATA = """
import sys
import numpy as np
import onnx
import torch
from fractions import Fraction as Q
from urnn_proofs import load

assert torch.set_flush_denormal(True)
assert load(sys.argv[1]).rnn.W[0, 0] == Q(1, 2**149)
print("kept")
"""


def test_floats_that_onnx_stores_number_by_number_survive_too(tmp_path):
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("torch")
    path = tmp_path / "net.onnx"
    tiny = np.array([1], np.uint32).view(np.float32)
    W = np.zeros((1, 1), np.float32) + tiny
    save(StoredNetwork.of(RNN(W, [[1]], [0], [[1]])), path, dtype="float32")
    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT:
            values = onnx.numpy_helper.to_array(tensor).reshape(-1).tolist()
            tensor.ClearField("raw_data")
            tensor.float_data.extend(values)
    onnx.save(model, path)
    done = subprocess.run(
        [sys.executable, "-c", FLOAT_DATA, str(path)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.stdout == "kept\n", done.stderr[-2000:]


# -- numbers of any length -------------------------------------------------------------

LONG = 10**5000 + 1


def test_any_number_can_be_shown_and_says_how_long_it_is():
    assert show_number(Q(1, 3)) == "1/3"
    assert show_number(Q(10**30, 7)) == "~1.42857e+29"
    assert show_number(-LONG) == "~-1e+5000 (5001 digits)"
    assert show_number(Q(1, LONG)) == "~1e-5000 (1 over 5001 digits)"
    assert show_number(Q(7 * LONG, 3 * LONG + 1)) == "~2.33333 (5001 over 5001 digits)"
    assert "5001 digits" in shorten([[LONG]])
    with pytest.raises(ValueError, match="4300 digits"):
        str(LONG)  # the limit of Python itself is left as it is


LONG_NETWORKS = {
    "W": RNN([[Q(1, LONG)]], [[1]], [0], [[1]]),
    "F": RNN([[Q(1, 2)]], [[LONG]], [0], [[1]]),
    "b": RNN([[Q(1, 2)]], [[1]], [LONG], [[1]]),
    "C": RNN([[Q(1, 2)]], [[1]], [1], [[LONG]]),
    "h_init": RNN([[Q(1, 2)]], [[1]], [1], [[1]], [LONG]),
    "not contractive": RNN([[LONG]], [[1]], [1], [[1]]),
    "scaling": RNN([[0, LONG], [0, Q(1, 2)]], [[1], [1]], [1, 1], [[1, 1]]),
    "close to 1": RNN([[1 - Q(1, LONG)]], [[1]], [1], [[1]]),
}


def show_everything(value):
    """All the ways in which a value is shown."""
    for name in ("__repr__", "__str__", "_repr_html_", "_repr_latex_", "to_html", "to_latex"):
        if hasattr(value, name):
            try:
                assert isinstance(getattr(value, name)(), str)
            except UrnnProofsError:
                pass


@pytest.mark.parametrize("name", LONG_NETWORKS)
def test_long_numbers_are_shown_everywhere(name):
    net = LONG_NETWORKS[name]
    show_everything(net)
    show_everything(net.W)
    ask = [
        lambda: equivalent_urnn(net, 1),
        lambda: equivalent_urnn(net, LONG),
        lambda: equivalent_urnn(net, -LONG),
        lambda: equivalent_urnn(net, 1, state_bound=LONG),
        lambda: equivalent_urnn(net, 1, scaling=True),
        lambda: equivalent_urnn(net, 1, scaling=[LONG] * net.states),
        lambda: equivalent_urnn(net, 1, scaling=[-LONG] * net.states),
        lambda: minimal_urnn(net, 1),
        lambda: equivalent_urnn(StoredNetwork.of(net), 1),
        lambda: equivalent_urnn(StoredNetwork.of(net), 1, dtype="float64"),
    ]
    for question in ask:
        try:
            found = question()
        except UrnnProofsError:
            continue
        report = getattr(found, "report", found)
        for value in (found, report):
            show_everything(value)
        assert report.to_json()
        print_report(report, Console(file=io.StringIO()), verbose=True)


@pytest.mark.parametrize(
    "phi",
    [
        piecewise_linear("p", knots=[0], slopes=[Q(1, 3 * LONG), 1], value=0),
        piecewise_linear("p", knots=[-LONG, LONG], slopes=[0, 1, 0], value=0),
    ],
)
def test_networks_with_long_numbers_in_their_activation(phi):
    net = RNN([[Q(1, 3)]], [[1]], [0], [[1]], activation=phi)
    for ask in (lambda: equivalent_urnn(net, 1), lambda: minimal_urnn(net, 1)):
        try:
            found = ask()
        except UnsupportedError:  # neither end of phi is flat, which is said with its slopes
            assert phi.slopes[0] != 0
            continue
        assert phi.slopes[0] == 0
        show_everything(found)
        show_everything(found.report)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: search_counterexample(HALF, states=LONG, input_bound=1),
        lambda: search_counterexample(HALF, states=1, input_bound=1, budget_s=LONG),
        lambda: search_counterexample(HALF, states=1, input_bound=1, budget_s=-LONG),
        lambda: search_counterexample(HALF, states=1, input_bound=1, horizon=LONG),
        lambda: search_counterexample(None, states=LONG),
        lambda: verify_construction(LONG),
        lambda: theorem("3.1").to_latex(n=LONG),
        lambda: minimal_urnn(HALF, 1, states=-LONG),
    ],
)
def test_sizes_of_any_length_are_refused_by_name(ask):
    with pytest.raises((InputError, UnsupportedError), match=r"5001 digits"):
        ask()


def test_a_result_is_shown_in_a_few_lines():
    """By its size, whatever was found to prove it."""
    net = RNN([[Q(1, LONG), 0], [Q(1, 2), 0]], [[LONG], [1]], [1, 0], [[1, LONG]])
    for found in (equivalent_urnn(net, 1), minimal_urnn(net, 1)):
        assert len(repr(found)) <= 120
        assert max(map(len, str(found).split("\n"))) <= 100


def test_refusals_tell_small_numbers_from_none():
    """In floating point these would be 0 and inf."""
    for w, words in (
        (1, r"has norm exactly 1 \("),
        (1 + Q(1, LONG), r"its norm is more than 1 \("),
    ):
        net = RNN([[w, 0], [0, Q(1, 2)]], [[1], [1]], [0, 0], [[1, 1]])
        with pytest.raises(NotContractiveError, match=words):
            equivalent_urnn(net, 1, dtype="float64")
    with pytest.raises(InputError, match=r"is ~1e-5000 .* below the norm of h_init \(~1e\+5000"):
        equivalent_urnn(LONG_NETWORKS["h_init"], 1, state_bound=Q(1, LONG))


def test_long_numbers_in_activations():
    with pytest.raises(InputError, match=r"knots are ~1e\+5000 \(5001 digits\), 1"):
        piecewise_linear("p", knots=[LONG, 1], slopes=[0, 1, 1], value=0)
    assert "5001 digits" in repr(piecewise_linear("p", knots=[0], slopes=[0, LONG], value=0))


# -- other people's objects ------------------------------------------------------------


class Silent:
    """An object that cannot even show itself."""

    def __repr__(self):
        raise RuntimeError("no")


class Convertible:
    def __array__(self, dtype=None, copy=None):
        return np.eye(2)


def foreign():
    """Objects that callers may pass by mistake, and that are no matrix, path, name or network."""
    loop: list = []
    loop.append(loop)
    found = {
        "masked": np.ma.masked_array(np.eye(2), [[1, 0], [0, 0]]),
        "matrix": np.matrix(np.eye(2)),
        "memoryview": memoryview(np.eye(2)),
        "objects": np.array([[1, 2], [3, 4]], object),
        "structured": np.zeros((2, 2), [("\x1ba", "f8")]),
        "records": np.rec.array(np.zeros(2, [("a", "f8")])),
        "complex": np.eye(2) * 1j,
        "texts": np.array([["a", "b"]]),
        "dates": np.array(["2020-01-01"], "M8[D]"),
        "booleans": np.eye(2, dtype=bool),
        "bytes": b"ab",
        "bytearray": bytearray(b"12"),
        "array": array.array("d", [1, 2]),
        "deque": collections.deque([[1, 2], [3, 4]]),
        "set": {1, 2},
        "dict": {"a": 1},
        "generator": (x for x in []),
        "ellipsis": ...,
        "type": int,
        "function": len,
        "module": sys,
        "silent": Silent(),
        "convertible": Convertible(),
        "list of itself": loop,
        "deep": [[[1]]],
        "decimals": [[decimal.Decimal(1), 0], [0, 1]],
        "sympy": [[sympy.pi, 0], [0, 1]],
        "sympy matrix": sympy.eye(2),
        "flint": [[flint.fmpq(1, 2), 0], [0, 1]],
        "flint matrix": flint.fmpz_mat(2, 2),
        "0-d": np.array(1.0),
        "0-d entries": [[np.array(1.0), 0], [0, 1]],
        "3-d": np.zeros((2, 2, 2)),
        "masked row": [np.ma.array([1.0, 2]), [1, 2]],
        "NaN": [[float("nan"), 0], [0, 0]],
        "infinite": np.full((2, 2), np.inf),
        "text entries": [["1", "2"], ["3", "4"]],
        "ragged": [[1, 2], [3]],
        "empty": [],
        "stream": io.BytesIO(b""),
        "error": ValueError("x"),
        "escape": "\x1b[31m\u202e",
    }
    try:
        import pandas as pd

        found |= {"frame": pd.DataFrame(np.eye(2)), "series": pd.Series([1.0, 2])}
    except ImportError:
        pass
    try:
        import torch
        from torch._subclasses import FakeTensorMode
    except ImportError:
        return found
    with FakeTensorMode():
        fake = torch.zeros(2, 2)
    return found | {
        "tensor": torch.eye(2),
        "parameter": torch.nn.Parameter(torch.eye(2)),
        "negated view": torch.eye(2, dtype=torch.complex64).conj().imag,
        "fake tensor": fake,
        "meta tensor": torch.eye(2, device="meta"),
        "sparse tensor": torch.eye(2).to_sparse(),
        "quantised": torch.quantize_per_tensor(torch.eye(2), 1, 0, torch.qint8),
        "nested": torch.nested.nested_tensor([torch.ones(1), torch.ones(2)]),
        "lazy": torch.nn.LazyLinear(2),
        "uninitialised": torch.nn.UninitializedParameter(),
        "tensor entries": [[torch.tensor(1.0), 0], [0, 1]],
    }


with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    FOREIGN = foreign()

HALF = RNN([[0.5, 0], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]])
STORED = StoredNetwork.of(HALF)


def torch_rnn():
    torch = pytest.importorskip("torch")
    return torch.nn.RNN(2, 2, nonlinearity="relu")


DOORS = {
    "W": lambda x, path: RNN(x, [[1], [1]], [0, 0], [[1, 1]]),
    "F": lambda x, path: RNN(HALF.W, x, [0, 0], [[1, 1]]),
    "b": lambda x, path: RNN(HALF.W, HALF.F, x, HALF.C),
    "C": lambda x, path: RNN(HALF.W, HALF.F, HALF.b, x),
    "h_init": lambda x, path: RNN(HALF.W, HALF.F, HALF.b, HALF.C, x),
    "activation": lambda x, path: RNN(HALF.W, HALF.F, HALF.b, HALF.C, None, x),
    "parse": lambda x, path: RationalMatrix.parse(x, "x"),
    "vector": lambda x, path: RationalMatrix.parse(x, "x", ndim=1),
    "number": lambda x, path: exact_number(x, "x"),
    "network": lambda x, path: equivalent_urnn(x, 1),
    "bound": lambda x, path: equivalent_urnn(HALF, x),
    "state bound": lambda x, path: equivalent_urnn(HALF, 1, state_bound=x),
    "scaling": lambda x, path: equivalent_urnn(HALF, 1, scaling=x),
    "stored": lambda x, path: equivalent_urnn(x, 1),
    "stored floats": lambda x, path: equivalent_urnn(x, 1, dtype="float64"),
    "float type": lambda x, path: equivalent_urnn(STORED, 1, dtype=x),
    "layers": lambda x, path: StoredNetwork.of(x),
    "output bias": lambda x, path: StoredNetwork.of(HALF, output_bias=x),
    "module": lambda x, path: from_torch(x),
    "readout": lambda x, path: from_torch(torch_rnn(), x),
    "initial states": lambda x, path: from_torch(torch_rnn(), h_init=x),
    "to a module": lambda x, path: to_torch(x),
    "type of a module": lambda x, path: to_torch(STORED, dtype=x),
    "file": lambda x, path: load(x),
    "network file": lambda x, path: load(x).rnn,
    "told activation": lambda x, path: load(path, activation=x),
    "told readout": lambda x, path: load(path, readout=x),
    "target": lambda x, path: save(STORED, x),
    "saved": lambda x, path: save(x, path),
    "saved network": lambda x, path: save(x, path),
    "saved type": lambda x, path: save(STORED, path.with_suffix(".npz"), dtype=x),
    "inputs": lambda x, path: HALF.run(x),
    "exact inputs": lambda x, path: HALF.run_exact(x),
    "knots": lambda x, path: piecewise_linear("q", knots=x, slopes=[0, 1], value=0),
    "value": lambda x, path: piecewise_linear("q", knots=[0], slopes=[0, 1], value=x),
    "matrix": lambda x, path: RationalMatrix(x),
    "orthogonal matrix": lambda x, path: Orthogonal(x),
    "certificate": lambda x, path: check(x),
    "theorem": lambda x, path: theorem(x),
    "step": lambda x, path: theorem("3.2").check_step(x),
    "construction": lambda x, path: verify_construction(x),
    "smallest": lambda x, path: minimal_urnn(HALF, 1, states=x),
    "rational": lambda x, path: equivalent_urnn(HALF, 1, rational=x),
    "states": lambda x, path: search_counterexample(HALF, states=x, input_bound=1),
    "budget": lambda x, path: search_counterexample(HALF, states=1, input_bound=1, budget_s=x),
    "horizon": lambda x, path: search_counterexample(HALF, 1, input_bound=1, horizon=x),
    "encodings": lambda x, path: search_counterexample(None, 1, encodings=x),
    "task": lambda x, path: sweep(x, {}),
    "grid": lambda x, path: sweep("verify", x),
    "workers": lambda x, path: sweep("verify", {"axes": {"n": [1]}}, workers=x),
    "time": lambda x, path: sweep("verify", {"axes": {"n": [1]}}, time_s=x),
    "memory": lambda x, path: sweep("verify", {"axes": {"n": [1]}}, memory_mb=x),
    "store": lambda x, path: read_sweep("verify", {"axes": {"n": [1]}}, x),
    "size of a paper": lambda x, path: theorem("3.2").to_latex(n=x),
    "name": lambda x, path: piecewise_linear(x, knots=[0], slopes=[0, 1], value=0),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("door", DOORS)
def test_other_objects_are_named_at_every_door(door, tmp_path):
    if door in ("module", "readout", "initial states", "to a module", "type of a module"):
        pytest.importorskip("torch")
    path = tmp_path / "net.json"
    save(STORED, path)
    let_in = []
    for name, thing in FOREIGN.items():
        try:
            DOORS[door](thing, path)
        except (InputError, UnsupportedError) as error:
            text = str(error)
            assert text.isprintable(), (door, name)
            assert len(text) < 600, (door, name)
            assert ";" in text or "expected" in text or "call" in text, (door, name, text)
        except UrnnProofsError as error:
            raise AssertionError(f"{door}, {name}: {error!r}") from error
        else:
            let_in.append(name)
    assert set(let_in) <= ALLOWED.get(door, set()), door


# What is let in, since it is what it should be (or is only simulated in floating point).
ALLOWED = {
    "matrix": {"flint matrix"},
    "inputs": set(FOREIGN),
    "exact inputs": {"empty"},
    "parse": {"empty"},
    "vector": {"empty"},
}


# -- text of others --------------------------------------------------------------------


@given(st.text())
def test_foreign_text_is_plain_when_it_is_shown(text):
    shown = plain(text)
    assert shown.isprintable()
    if text.isprintable() and len(text) <= 2000:
        assert shown == text


@pytest.mark.parametrize(
    "text", ["\x1b[2J", "a\nb", "\u202ea", "\x9b31m", "\ud800", "\u200b", "\r"]
)
def test_every_error_is_one_plain_line(text):
    for kind in (InputError, UnsupportedError, UrnnProofsError):
        error = kind(f"{text} is wrong")
        assert str(error).isprintable()
        assert str(error).endswith(" is wrong")
    assert len(str(InputError("x" * 10**6))) < 2100
