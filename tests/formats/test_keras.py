"""Keras models: read as Keras computes them; other files are refused for what they hold."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from pathlib import Path

import numpy as np
import pytest
from stored_networks import same_weights

from urnn_proofs import InputError, UnsupportedError, equivalent_urnn, load
from urnn_proofs.formats import limits

h5py = pytest.importorskip("h5py", reason="extra keras")

HERE = Path(__file__).parent / "made_elsewhere"
FILES = ["relu.keras", "last.keras", "tanh.keras", "sigmoid.keras", "relu.h5"]
FILES += ["functional.keras", "functional.h5"]


@pytest.mark.parametrize("name", FILES)
def test_models_are_read_as_keras_computes_them(name):
    stored = np.load(HERE / "keras_outputs.npz")
    x, y = stored[f"{name}.x"], stored[f"{name}.y"]
    net = load(HERE / name)
    assert net.layout.input_axes == "BTF"
    assert net.layout.output_axes == ("BTF" if y.ndim == 3 else "BF")
    found = net.run(x.transpose(1, 0, 2)).transpose(1, 0, 2)
    found = found if y.ndim == 3 else found[:, -1]
    np.testing.assert_allclose(found, y, atol=1e-6)
    assert np.ptp(y) > 0.01
    if net.layers[0].activation.name == "relu":
        urnn = equivalent_urnn(net, 5).result
        again = urnn.run(x.transpose(1, 0, 2)).transpose(1, 0, 2)
        np.testing.assert_allclose(again if y.ndim == 3 else again[:, -1], y, atol=1e-5)


def changed(folder, *, config=None, weights=None, extra=(), source="relu.keras"):
    """Write a model with its text and its weights changed."""
    path = folder / "net.keras"
    with zipfile.ZipFile(HERE / source) as old:
        text, data = json.loads(old.read("config.json")), io.BytesIO(old.read("model.weights.h5"))
    if config is not None:
        text = config(text) or text
    if weights is not None:
        with h5py.File(data, "r+") as stored:
            weights(stored)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("config.json", text if isinstance(text, (str, bytes)) else json.dumps(text))
        new.writestr("model.weights.h5", data.getvalue())
        for name, content in extra:
            new.writestr(name, content)
    return path


def layer(text, k):
    return text["config"]["layers"][k]


def said(**options):
    return lambda text: layer(text, 1)["config"].update(options)


KERNEL = "layers/simple_rnn/cell/vars/0"
CONFIGS = {
    "backwards": (said(go_backwards=True), "has go_backwards=True; expected False"),
    "stateful": (said(stateful=True), "has stateful=True"),
    "state as output": (said(return_state=True), "has return_state=True"),
    "another activation": (said(activation="elu"), "'elu'; expected 'relu', 'tanh'"),
    "activation as data": (said(activation={"class_name": "ReLU"}), "the nonlinearity is"),
    "no activation": (said(activation=None), "the nonlinearity is None"),
    "bias unsaid": (said(use_bias="yes"), "expected true or false"),
    "without its bias": (said(use_bias=False), "3 weights; expected 2"),
    "other units": (said(units=7), "says 7 units; expected 4"),
    "sixteen bits": (said(dtype="mixed_float16"), "computes in 'mixed_float16'"),
    "a class of that name": (
        lambda t: layer(t, 1).update(module="mine", registered_name="mine>SimpleRNN"),
        "'SimpleRNN' from a module that is not Keras",
    ),
    "a model of that name": (lambda t: t.update(module="kerasmine"), "'Sequential' from a module"),
    "another name": (said(name="other"), "its weights 0 times; expected once"),
    "name of another": (lambda t: layer(t, 1)["config"].update(name="dense"), "two layers of one"),
    "LSTM": (lambda t: layer(t, 1).update(class_name="LSTM"), r"\(LSTM\) holds an LSTM: its gates"),
    "two directions": (
        lambda t: layer(t, 1).update(class_name="Bidirectional"),
        r"\(Bidirectional\) is bidirectional: half of its outputs depend on later inputs",
    ),
    "Lambda": (lambda t: layer(t, 2).update(class_name="Lambda"), r"\(Lambda\) is not covered"),
    "softmax": (
        lambda t: layer(t, 2)["config"].update(activation="softmax"),
        "'softmax'; expected 'linear'",
    ),
    "no functional": (lambda t: t.update(class_name="Functional"), "in a form that is not known"),
    "a class": (lambda t: t.update(class_name="MyModel"), "is a 'MyModel' model; expected keras.S"),
    "no layers": (lambda t: t["config"].update(layers=[]), "no SimpleRNN layer"),
    "many layers": (
        lambda t: t["config"].update(layers=[layer(t, 0)] * 100),
        "has 100 layers; expected at most 64",
    ),
    "no JSON": (lambda t: b"{", "in a form that is not known"),
    "deep JSON": (lambda t: "[" * 100000, "in a form that is not known"),
    "a list": (lambda t: "[1]", "in a form that is not known"),
    "long text": (lambda t: " " * (2**20 + 1), "in 1048577 bytes; expected at most"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_other_models_are_refused_by_name(tmp_path, name):
    change, part = CONFIGS[name]
    with pytest.raises((InputError, UnsupportedError), match=part) as caught:
        load(changed(tmp_path, config=change))
    assert str(caught.value).startswith("net.keras")
    assert "\n" not in str(caught.value)


def call(text, k):
    (node,) = layer(text, k)["inbound_nodes"]
    return node


def reads(text, k, other):
    call(text, k)["args"][0]["config"]["keras_history"][0] = other


CHAINS = {
    "past a layer": (lambda t: reads(t, 4, layer(t, 2)["config"]["name"]), "does not read"),
    "its own output": (lambda t: reads(t, 2, layer(t, 2)["config"]["name"]), "does not read"),
    "twice": (lambda t: layer(t, 2)["inbound_nodes"].append(call(t, 2)), "does not read"),
    "two inputs": (lambda t: call(t, 2)["args"].append(call(t, 2)["args"][0]), "does not read"),
    "no input": (lambda t: layer(t, 0).update(class_name="Dense"), "the first layer is"),
    "an output inside": (
        lambda t: t["config"].update(output_layers=[layer(t, 2)["config"]["name"], 0, 0]),
        "the output_layers are not",
    ),
    "two outputs": (
        lambda t: t["config"].update(output_layers=[t["config"]["output_layers"]] * 2),
        "the output_layers are not",
    ),
    "an initial state": (
        lambda t: call(t, 2)["kwargs"].update(initial_state=call(t, 2)["args"][0]),
        "is called with 'training', 'initial_state'",
    ),
    "a mask": (lambda t: call(t, 2)["kwargs"].update(mask=[1]), "is called with"),
    "dropout that acts": (lambda t: call(t, 3)["kwargs"].update(training=True), "is called with"),
}


@pytest.mark.parametrize("name", CHAINS)
def test_functional_models_that_are_no_chain_are_refused(tmp_path, name):
    change, part = CHAINS[name]
    with pytest.raises(UnsupportedError, match=part) as caught:
        load(changed(tmp_path, config=change, source="functional.keras"))
    assert "one chain of layers" in str(caught.value)


def test_a_chain_in_the_form_of_keras_2_is_the_same_network(tmp_path):
    def older(text):
        for k in range(1, 5):
            below = layer(text, k - 1)["config"]["name"]
            layer(text, k)["inbound_nodes"] = [[[below, 0, 0, {}]]]
        for end in ("input_layers", "output_layers"):
            text["config"][end] = [text["config"][end]]

    one = load(changed(tmp_path, config=older, source="functional.keras"))
    assert same_weights(one, load(HERE / "functional.keras"))


def replaced(make):
    def change(stored):
        old = stored[KERNEL][()]
        del stored[KERNEL]
        make(stored, old)

    return change


def with_nan(stored):
    stored[KERNEL][0, 0] = np.nan


WEIGHTS = {
    "a link outside": (
        replaced(lambda s, a: s.__setitem__(KERNEL, h5py.ExternalLink("other.h5", "/secret"))),
        "'0' as a ExternalLink; expected the data in the file itself",
    ),
    "a link inside": (
        replaced(lambda s, a: s.__setitem__(KERNEL, h5py.SoftLink("/layers/dense/vars/0"))),
        "'0' as a SoftLink",
    ),
    "data in another file": (
        replaced(
            lambda s, a: s.create_dataset(
                KERNEL, a.shape, a.dtype, external=[("other.bin", 0, a.nbytes)]
            )
        ),
        "compressed, elsewhere",
    ),
    "compressed": (
        replaced(lambda s, a: s.create_dataset(KERNEL, data=a, compression="gzip")),
        "compressed, elsewhere",
    ),
    "endless and empty": (
        replaced(lambda s, a: s.create_dataset(KERNEL, (2**20, 2**20), "f4", chunks=(64, 64))),
        "1099511627776 weights; expected at most",
    ),
    "never written": (
        replaced(lambda s, a: s.create_dataset(KERNEL, a.shape, a.dtype)),
        "0 bytes; expected 32 bytes",
    ),
    "integers": (
        replaced(lambda s, a: s.create_dataset(KERNEL, data=a.astype("i4"))),
        "type int32; expected float16",
    ),
    "texts": (
        replaced(lambda s, a: s.create_dataset(KERNEL, data=["a", "b"])),
        "type object; expected float16",
    ),
    "a group": (replaced(lambda s, a: s.create_group(KERNEL)), "a group in place of a dataset"),
    "another shape": (
        replaced(lambda s, a: s.create_dataset(KERNEL, data=a[0])),
        "expected two axes",
    ),
    "missing": (replaced(lambda s, a: None), "2 weights; expected 3"),
    "not a number": (with_nan, "is nan; expected a finite number"),
    "the name twice": (
        lambda s: s["layers/dense/vars"].attrs.__setitem__("name", "first"),
        "its weights 2 times",
    ),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_weights_that_are_not_as_keras_writes_them_are_refused(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    with h5py.File("other.h5", "w") as other:
        other["secret"] = np.ones((2, 4), np.float32)
    Path("other.bin").write_bytes(bytes(1000))
    change, part = WEIGHTS[name]
    with pytest.raises((InputError, UnsupportedError), match=part) as caught:
        load(changed(tmp_path, weights=change))
    assert str(caught.value).startswith("net.keras")


def test_archives_that_unpack_to_much_are_refused_before(tmp_path, monkeypatch):
    path = changed(tmp_path, extra=[("assets/zeros", bytes(2**22))])
    assert path.stat().st_size < 2**16
    monkeypatch.setattr(limits, "MAX_BYTES", 2**21)
    with pytest.raises(InputError, match="unpacks to"):
        load(path)


def test_files_that_are_no_models(tmp_path):
    for name, data in (("a.keras", b""), ("b.h5", b"\x89HDF\r\n\x1a\n"), ("c.h5", b"text")):
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match="is not a readable Keras model"):
            load(tmp_path / name)
    with h5py.File(tmp_path / "weights.h5", "w") as stored:
        stored["x"] = np.zeros(3)
    with pytest.raises(InputError, match="no model_config; expected a whole model"):
        load(tmp_path / "weights.h5")
    with zipfile.ZipFile(tmp_path / "empty.keras", "w") as archive:
        archive.writestr("metadata.json", "{}")
    with pytest.raises(InputError, match="lacks config.json"):
        load(tmp_path / "empty.keras")


def test_changed_bytes_are_refused_or_read_as_some_network(tmp_path):
    """A damaged file ends in one of our errors, never in another."""
    rng = np.random.default_rng(0)
    for name in ("relu.keras", "relu.h5"):
        good = (HERE / name).read_bytes()
        for _ in range(60):
            data = bytearray(good)
            for place in rng.integers(0, len(data), 4):
                data[place] = rng.integers(256)
            path = tmp_path / name
            path.write_bytes(data)
            said = ""
            try:
                load(path)
            except (InputError, UnsupportedError) as error:
                said = str(error)
            assert "\n" not in said


def test_the_h5_file_names_its_weights(tmp_path):
    shutil.copy(HERE / "relu.h5", tmp_path / "net.h5")
    with h5py.File(tmp_path / "net.h5", "r+") as stored:
        del stored["model_weights/second"]
        stored["model_weights/second"] = h5py.ExternalLink("other.h5", "/x")
    with pytest.raises(InputError, match="'second' as a ExternalLink"):
        load(tmp_path / "net.h5")
