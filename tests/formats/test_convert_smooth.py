"""tanh and logistic networks: what is read and written is what PyTorch and onnxruntime compute."""

from __future__ import annotations

import numpy as np
import pytest
from stored_networks import network, same_weights, sequences

from urnn_proofs import RNN, StoredNetwork, UnsupportedError, from_torch, load, save, to_torch
from urnn_proofs.formats.stored import Layout

KINDS = ["tanh", "logistic"]
M = 2


def smooth(phi, sizes=(4,), dtype="float32", **options):
    """Random layers of that activation, of nonzero initial state."""
    found = network(sizes, dtype=dtype, start=True, **options)
    layers = (layer.replace(activation=phi) for layer in found.layers)
    return StoredNetwork.of(*layers, output_bias=[1, -2], layout=found.layout)


def need(package):
    return pytest.importorskip(package, reason=f"extra {package}")


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("sizes", [(4,), (3, 5)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("first", ["TBF", "BTF"])
def test_the_module_computes_the_network_from_its_initial_state(phi, sizes, dtype, first):
    torch = need("torch")
    net = smooth(phi, sizes, dtype, layout=Layout(dtype, first, first))
    module = to_torch(net)
    x = sequences(30, 4, 3, M)
    data = torch.tensor(x, dtype=getattr(torch, dtype))
    with torch.no_grad():
        y = module(data.transpose(0, 1) if first == "BTF" else data)
        y = (y.transpose(0, 1) if first == "BTF" else y).numpy()
        alone = module(data[:, 0]).numpy()  # one sequence without a batch
    tolerance = 1e4 * np.finfo(dtype).eps
    np.testing.assert_allclose(y, net.run(x), atol=tolerance)
    np.testing.assert_allclose(alone, net.run(x[:, 0]), atol=tolerance)
    back = from_torch(module)
    if len(set(sizes)) == 1:
        assert same_weights(back, net)
    np.testing.assert_allclose(back.run(x), net.run(x), atol=1e-12)


def test_a_tanh_module_is_an_nn_rnn_and_its_state_dict_loads_into_a_plain_one(tmp_path):
    torch = need("torch")
    net = smooth("tanh")
    assert type(to_torch(net).rnn) is torch.nn.RNN
    assert to_torch(net).rnn.nonlinearity == "tanh"
    save(net, tmp_path / "net.pt")
    state = torch.load(tmp_path / "net.pt", weights_only=True)
    plain = torch.nn.RNN(3, 4)
    plain.load_state_dict({k[4:]: v for k, v in state.items() if k.startswith("rnn.")})
    x = torch.tensor(sequences(20, 2, 3, M), dtype=torch.float32)
    start = state["h_init"].unsqueeze(1).expand(-1, 2, -1).contiguous()
    with torch.no_grad():
        assert torch.equal(plain(x, start)[0], to_torch(net).rnn(x, start)[0])


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("suffix", [".npz", ".json", ".pt", ".safetensors", ".onnx"])
def test_every_format_keeps_the_activation_and_the_initial_state(tmp_path, phi, suffix):
    packages = {".pt": "torch", ".safetensors": "safetensors", ".onnx": "onnx"}
    if suffix in packages:
        need(packages[suffix])
    net = smooth(phi)
    save(net, tmp_path / f"net{suffix}")
    told = {"activation": phi} if suffix == ".pt" else {}
    back = load(tmp_path / f"net{suffix}", **told)
    assert same_weights(back, net)
    assert back.layers[0].activation.name == phi


@pytest.mark.parametrize("phi", KINDS)
@pytest.mark.parametrize("sizes", [(4,), (3, 5)])
def test_onnxruntime_computes_what_is_written(tmp_path, phi, sizes):
    need("onnx")
    ort = need("onnxruntime")
    net = smooth(phi, sizes)
    save(net, tmp_path / "net.onnx")
    model = ort.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    x = sequences(30, 4, 3, M)
    (y,) = model.run(None, {"input": x.astype(np.float32)})
    np.testing.assert_allclose(y, net.run(x), atol=2e-5)


def test_layers_of_two_activations_go_into_onnx_alone(tmp_path):
    need("onnx")
    ort = need("onnxruntime")
    first, second = smooth("tanh", (3, 3)).layers
    net = StoredNetwork.of(first, second.replace(activation="logistic"))
    save(net, tmp_path / "net.onnx", dtype="float32")
    model = ort.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    x = sequences(10, 2, 3, M)
    (y,) = model.run(None, {"input": x.astype(np.float32)})
    np.testing.assert_allclose(y, net.run(x), atol=2e-5)
    need("torch")
    with pytest.raises(UnsupportedError, match=r"tanh and logistic; expected one for all.*\.onnx"):
        to_torch(net)


def test_an_activation_that_frameworks_lack_is_refused_by_name():
    need("torch")
    net = StoredNetwork.of(RNN([[0.5]], [[1]], [0], [[1]], activation="silu"))
    with pytest.raises(UnsupportedError, match=r"'silu'; PyTorch and ONNX.*save as \.json"):
        to_torch(net)


def test_a_module_whose_mode_is_not_its_nonlinearity_is_refused():
    torch = need("torch")
    relu = torch.nn.RNN(3, 4, nonlinearity="relu")
    relu.nonlinearity = "tanh"
    with pytest.raises(UnsupportedError, match="mode 'RNN_RELU' although its nonlinearity is 'ta"):
        from_torch(relu)
    sigmoid = torch.nn.RNN(3, 4)
    sigmoid.nonlinearity = "logistic"
    with pytest.raises(UnsupportedError, match="mode 'RNN_TANH' although"):
        from_torch(sigmoid)
    made = to_torch(smooth("logistic"))
    made.rnn.nonlinearity = "tanh"
    with pytest.raises(UnsupportedError, match="in the mode 'its own' although"):
        from_torch(made)


def test_a_logistic_module_with_code_of_its_own_is_refused():
    need("torch")
    made = to_torch(smooth("logistic")).rnn
    assert from_torch(made).layers[0].activation.name == "logistic"
    kind = type("Mine", (type(made),), {})
    made.__class__ = kind
    with pytest.raises(UnsupportedError, match="rnn is a Mine; .*not a subclass"):
        from_torch(made)


def test_a_state_dict_says_nothing_about_its_nonlinearity(tmp_path):
    """Read as tanh or as logistic it is two networks; the run of a module would tell them apart."""
    need("torch")
    save(smooth("tanh"), tmp_path / "net.pt")
    from urnn_proofs import InputError

    with pytest.raises(InputError, match="activation='tanh' or 'relu'"):
        load(tmp_path / "net.pt")
    x = sequences(10, 1, 3, M)
    nets = [load(tmp_path / "net.pt", activation=name).run(x) for name in ("tanh", "sigmoid")]
    assert np.abs(nets[0] - nets[1]).max() > 0.1
