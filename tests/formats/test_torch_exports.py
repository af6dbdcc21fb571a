"""What to_torch returns can be scripted and exported; the files are read back and compared."""

from __future__ import annotations

import io
import warnings
from dataclasses import replace

import numpy as np
import pytest
from stored_networks import network, sequences

from urnn_proofs import UnsupportedError, equivalent_urnn, from_torch, load, to_torch
from urnn_proofs.formats.stored import Layout

torch = pytest.importorskip("torch", reason="extra torch")


AXES = [("TBF", "TBF"), ("BTF", "BTF"), ("TBF", "BF")]


@pytest.fixture(
    params=[
        (axes, sizes, start)
        for axes in AXES
        for sizes, start in (((4,), False), ((3, 2), False), ((4,), True))
    ]
)
def exported(request):
    """The module of a URNN, with time or batch first, or of the last step only, and its outputs."""
    axes, sizes, start = request.param
    net = network(sizes, start=start, layout=Layout("float32", *axes))
    module = to_torch(equivalent_urnn(net, 2).result)
    x = sequences(6, 2, 3, 2)
    x = x if axes[0] == "TBF" else x.transpose(1, 0, 2)
    data = torch.tensor(x, dtype=torch.float32)
    with torch.no_grad():
        return module, data, module(data)


def test_a_script_is_saved_and_read_back(exported):
    module, data, expected = exported
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.jit.save(torch.jit.script(module), stream)
        stream.seek(0)
        again = torch.jit.load(stream)
    torch.testing.assert_close(again(data), expected, rtol=0, atol=1e-6)


def test_an_exported_program_is_saved_and_read_back(exported):
    module, data, expected = exported
    stream = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.export.save(torch.export.export(module, (data,)), stream)
        stream.seek(0)
        again = torch.export.load(stream).module()
    torch.testing.assert_close(again(data), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dynamo", [False, True])
def test_an_onnx_export_is_read_back_by_load(exported, tmp_path, dynamo):
    pytest.importorskip("onnx", reason="extra onnx")
    if dynamo:
        pytest.importorskip("onnxscript", reason="onnxscript, which the dynamo exporter needs")
    module, data, expected = exported
    path = tmp_path / "net.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(module, (data,), path, dynamo=dynamo, verbose=False)
    if dynamo and module.h_init is not None:
        # The exporter has rounded the product of W and the initial state to floats.
        with pytest.raises(UnsupportedError, match="an initial state of zeros"):
            load(path)
        return
    net = load(path)
    x = data.numpy().astype(float)
    found = net.run(x if net.layout.input_axes == "TBF" else x.transpose(1, 0, 2))
    if net.layout.output_axes == "BF":
        found = found[-1]
    elif net.layout.output_axes == "BTF":
        found = found.transpose(1, 0, 2)
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


@pytest.mark.parametrize("axes", AXES[1:])
def test_logistic_networks_are_exported_and_read_back(axes, tmp_path):
    """By ``torch.export`` and the dynamo exporter; torch.nn.RNN, which others know, has none."""
    pytest.importorskip("onnx", reason="extra onnx")
    pytest.importorskip("onnxscript", reason="onnxscript, which the dynamo exporter needs")
    net = network((4,), layout=Layout("float32", *axes))
    layers = tuple(layer.replace(activation="logistic") for layer in net.layers)
    module = to_torch(replace(net, layers=layers))
    data = torch.tensor(sequences(6, 2, 3, 2), dtype=torch.float32)
    data = data if axes[0] == "TBF" else data.transpose(0, 1)
    stream = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        expected = module(data)
        torch.export.save(torch.export.export(module, (data,)), stream)
        stream.seek(0)
        again = torch.export.load(stream).module()(data)
        torch.onnx.export(module, (data,), tmp_path / "net.onnx", dynamo=True, verbose=False)
    torch.testing.assert_close(again, expected, rtol=0, atol=1e-6)
    read = load(tmp_path / "net.onnx")
    assert [layer.activation.name for layer in read.layers] == ["logistic"]
    x = data.numpy().astype(float)
    found = read.run(x if axes[0] == "TBF" else x.transpose(1, 0, 2))
    found = found[-1] if axes[1] == "BF" else found
    found = found.transpose(1, 0, 2) if axes[1] == "BTF" else found
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)


def logistic(sizes=(4,), **options):
    net = network(sizes, **options)
    return replace(net, layers=tuple(la.replace(activation="logistic") for la in net.layers))


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("axes", AXES)
@pytest.mark.parametrize(
    ("sizes", "start", "bias"), [((4,), False, True), ((3, 2), True, True), ((4,), False, False)]
)
def test_a_script_of_a_logistic_network_is_saved_and_read_back(axes, sizes, start, bias):
    net = logistic(sizes, start=start, bias=bias, layout=Layout("float32", *axes))
    module = to_torch(net)
    data = torch.tensor(sequences(6, 2, 3, 2), dtype=torch.float32)
    data = data if axes[0] == "TBF" else data.transpose(0, 1)
    stream = io.BytesIO()
    torch.jit.save(torch.jit.script(module), stream)
    stream.seek(0)
    again = torch.jit.load(stream)
    with torch.no_grad():
        torch.testing.assert_close(again(data), module(data), rtol=0, atol=1e-6)
        alone = data[:, 0] if axes[0] == "TBF" else data[0]
        torch.testing.assert_close(again(alone), module(alone), rtol=0, atol=1e-6)
    for name, weight in module.state_dict().items():
        assert torch.equal(again.state_dict()[name], weight)


@pytest.mark.parametrize("orthogonal", [False, True])
def test_a_logistic_module_computes_with_the_weights_it_has_now(orthogonal):
    """After a step of training, a change of type, a copy and a loaded state dict."""
    import copy

    net = logistic()
    W = np.linalg.qr(np.random.default_rng(0).standard_normal((4, 4)))[0]
    net = replace(net, layers=(net.layers[0].replace(W=W.astype(np.float32)),))
    module = to_torch(net, orthogonal=orthogonal)
    data = torch.tensor(sequences(6, 2, 3, 2), dtype=torch.float32)
    before = module(data)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.5)
    before.square().sum().backward()
    optimizer.step()
    after = module(data)
    assert (after - before).abs().max() > 1e-2
    expected = from_torch(module).run(data.numpy().astype(float))
    np.testing.assert_allclose(after.detach().numpy(), expected, atol=1e-5)
    double = copy.deepcopy(module).double()
    np.testing.assert_allclose(double(data.double()).detach().numpy(), expected, atol=1e-5)
    np.testing.assert_allclose(module(data).detach().numpy(), expected, atol=1e-5)
    if not orthogonal:
        other = to_torch(logistic())
        other.load_state_dict(module.state_dict())
        np.testing.assert_allclose(other(data).detach().numpy(), expected, atol=1e-5)
