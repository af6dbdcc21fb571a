from __future__ import annotations

import io
import json
import os
import pickle
import zipfile
from fractions import Fraction as Q

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from urnn_proofs import RNN, InputError, equivalent_urnn, load, save
from urnn_proofs.formats import limits


def dyadic():
    return RNN([[0.5, -0.25], [0, 2.0**-60]], [[1], [0]], [0.1, 0], [[1, 1]], [3, 0])


def same(a: RNN, b: RNN) -> bool:
    if isinstance(a.W, type(b.W)) and hasattr(a.W, "R"):
        transition = a.W.R == b.W.R and a.W.alpha == b.W.alpha and a.W.beta == b.W.beta
    else:
        transition = a.W == b.W
    parts = all(getattr(a, k) == getattr(b, k) for k in ("F", "b", "C", "h_init"))
    return transition and parts and a.activation == b.activation


@pytest.mark.parametrize("suffix", [".npz", ".json", ".NPZ"])
def test_round_trips_are_exact(tmp_path, suffix):
    path = tmp_path / f"net{suffix}"
    save(dyadic(), path)
    assert same(load(path).rnn, dyadic())
    assert os.listdir(tmp_path) == [path.name]  # no temporary file left


def test_fractions_and_urnns_round_trip_through_json(tmp_path, small_net):
    for net in (small_net, equivalent_urnn(small_net, 1).urnn):
        save(net, tmp_path / "net.json")
        assert same(load(tmp_path / "net.json").rnn, net)


@pytest.mark.parametrize("what", ["fractions", "urnn"])
def test_npz_refuses_to_round_and_leaves_nothing(tmp_path, small_net, what):
    net = small_net if what == "fractions" else equivalent_urnn(small_net, 1).urnn
    with pytest.raises(InputError, match=r"W has entries.*\.json"):
        save(net, tmp_path / "net.npz")
    assert os.listdir(tmp_path) == []


def test_a_failed_save_keeps_the_old_file(tmp_path, small_net):
    path = tmp_path / "net.npz"
    save(dyadic(), path)
    before = path.read_bytes()
    with pytest.raises(InputError):
        save(small_net, path)
    assert path.read_bytes() == before


class Boom:
    def __reduce__(self):
        return (os.mkdir, ("pickle_was_executed",))


def write(path, **arrays):
    np.savez(path, **arrays)
    return path


def weights(**changes):
    arrays = {"W": np.eye(2) / 2, "F": np.ones((2, 1)), "b": np.zeros(2), "C": np.ones((1, 2))}
    arrays.update(changes)
    return {k: v for k, v in arrays.items() if v is not None}


def test_pickles_are_never_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trap = np.array([[Boom()]], dtype=object)
    path = tmp_path / "trap.npz"
    np.savez(path, **weights(W=trap))
    with pytest.raises(InputError, match="need pickle"):
        load(path)
    (tmp_path / "raw.npz").write_bytes(pickle.dumps(Boom()))
    with pytest.raises(InputError, match="not a readable"):
        load(tmp_path / "raw.npz")
    assert not (tmp_path / "pickle_was_executed").exists()


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"W": None}, "lacks the array W; expected W, F, b, C"),
        ({"W": None, "C": None}, "lacks the arrays W, C"),
        ({"h0": np.zeros(2)}, "unknown array 'h0'"),
        ({"W": np.ones((2, 3))}, r"W has shape \(2, 3\)"),
        ({"F": np.array([[np.nan], [0]])}, r"F\[0, 0\] is nan"),
        ({"b": np.array(["a", "b"])}, "b is an array of dtype"),
        ({"b": np.zeros((2, 1))}, "b has 2 dimensions"),
        ({"activation": np.array("swish")}, "activation is 'swish'"),
        ({"activation": np.array([1.0])}, "not a text scalar"),
    ],
)
def test_bad_npz_content_is_named(tmp_path, changes, part):
    with pytest.raises(InputError, match=part):
        load(write(tmp_path / "bad.npz", **weights(**changes)))


def test_a_zip_bomb_is_refused_before_unpacking(tmp_path, monkeypatch):
    path = tmp_path / "big.npz"
    np.savez_compressed(path, **weights(W=np.zeros((100, 100))))
    monkeypatch.setattr(limits, "MAX_BYTES", 2000)
    with pytest.raises(InputError, match="unpacks to"):
        load(path)


def test_corrupt_and_truncated_npz(tmp_path):
    good = write(tmp_path / "good.npz", **weights()).read_bytes()
    for k, data in enumerate((b"", b"PK", good[: len(good) // 2], b"\x00" * 500)):
        path = tmp_path / f"bad{k}.npz"
        path.write_bytes(data)
        with pytest.raises(InputError, match="not a readable"):
            load(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("W.npy", b"not an array")
    (tmp_path / "text.npz").write_bytes(buffer.getvalue())
    with pytest.raises(InputError):
        load(tmp_path / "text.npz")


@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=4))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_damaged_npz_files_never_crash(tmp_path, where, damage):
    path = write(tmp_path / "net.npz", **weights())
    data = bytearray(path.read_bytes())
    at = where % len(data)
    data[at : at + len(damage)] = damage
    path.write_bytes(bytes(data))
    try:
        assert load(path).rnn.states >= 1
    except InputError:
        pass


def document(**changes):
    data = {
        "format": "urnn_proofs network",
        "version": 1,
        "W": [["1/2", 0], [0, "-1/3"]],
        "F": [[1], [1]],
        "b": [0, "1/7"],
        "C": [[1, 1]],
    }
    data.update(changes)
    return {k: v for k, v in data.items() if v is not None}


def test_json_reads_exact_entries(tmp_path):
    path = tmp_path / "net.json"
    path.write_text(json.dumps(document()))
    net = load(path).rnn
    assert net.W[1, 1] == Q(-1, 3)
    assert net.activation.name == "relu"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        (json.dumps(document(W=None)), "lacks 'W'"),
        (json.dumps(document(version=2)), "version 2"),
        (json.dumps(document(format=None)), "format None"),
        (json.dumps(document(extra=1)), "unknown key 'extra'"),
        (
            json.dumps(document(b=[0.5, 0])),
            r"bad\.json: b\[0\] is 0\.5, which is not exact.*\"1/2\"",
        ),
        (json.dumps(document(b=[True, 0])), r"b\[0\] is True"),
        (json.dumps(document(b=["1/0", 0])), "denominator is zero"),
        (json.dumps(document(b=["__import__('os')", 0])), r"expected \"p/q\""),
        (json.dumps(document(W="eye")), "W is a JSON str"),
        (json.dumps(document(W=[1, 2])), r"W\[0\] is a JSON int"),
        (json.dumps(document(W=[[0], [0, 0]])), "different lengths"),
        (json.dumps(document(W={"R": [[1]]})), "expected R, alpha and beta"),
        (json.dumps(document(activation=["relu"])), "activation is"),
        (json.dumps(document()).replace("0]", "NaN]", 1), r"\[0\]\[1\] is NaN, which is not exact"),
        ('{"format": 1, "format": 2}', "a key twice"),
        ("[1]", "holds a JSON list"),
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_bad_json_is_named(tmp_path, text, part):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(InputError, match=part):
        load(path)


def test_json_with_bad_bytes(tmp_path):
    (tmp_path / "bad.json").write_bytes(b"\xff\xfe{}")
    with pytest.raises(InputError, match="not valid JSON"):
        load(tmp_path / "bad.json")


@pytest.mark.parametrize("name", ["missing.npz", "net.txt", "net", "folder.npz"])
def test_wrong_paths(tmp_path, name):
    (tmp_path / "folder.npz").mkdir()
    (tmp_path / "net.txt").write_text("x")
    with pytest.raises(InputError, match=r"expected"):
        load(tmp_path / name)
    if name != "missing.npz" and "folder" not in name:
        with pytest.raises(InputError, match=r"expected \.npz, \.json, .* or \.onnx"):
            save(dyadic(), tmp_path / name)


def test_saving_into_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="not a folder"):
        save(dyadic(), tmp_path / "nowhere" / "net.json")


def test_messages_and_help_list_what_is_read_and_written(tmp_path):
    """One list: the refusal, the help of every command that reads a network, and the tables."""
    from typer.testing import CliRunner

    from urnn_proofs.cli import app
    from urnn_proofs.formats import files, suffixes

    assert set(files._READERS) == set(suffixes.READ)
    assert set(files._WRITERS) == set(suffixes.WRITTEN)
    assert set(files._ARRAYS) == set(suffixes.ARRAYS)
    with pytest.raises(InputError, match=rf"expected {suffixes.listed(suffixes.READ)}"):
        load(tmp_path / "net.txt")
    for command in ("convert", "diagnose", "minimal", "repair", "verify"):
        shown = " ".join(CliRunner().invoke(app, [command, "--help"]).stdout.split())
        assert suffixes.listed(suffixes.READ) in shown, command
        assert (suffixes.listed(suffixes.WRITTEN) in shown) == (command in ("convert", "repair"))
