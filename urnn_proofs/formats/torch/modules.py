"""PyTorch: modules in and out, and ``.pt`` files that hold a state dict and nothing else."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from urnn_proofs.formats.extras import need
from urnn_proofs.formats.refusals import require_relu, require_sane_size
from urnn_proofs.formats.rounding import natural_dtype, rounded
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import Layout, StoredNetwork
from urnn_proofs.formats.torch.state_dict import from_tensors, to_tensors
from urnn_proofs.model.errors import InputError, UnsupportedError

__all__ = ["from_torch", "read", "to_torch", "write"]

# A zip can promise more than it holds on disk; nothing is unpacked above this.
MAX_BYTES = 2**30

# Older ones run code from a file, or corrupt memory, even with weights_only=True:
# CVE-2025-32434 (before 2.6) and CVE-2026-24747 (before 2.10).
_SAFE_TORCH = (2, 10)


def from_torch(rnn: Any, readout: Any = None, *, h_init: Any = None) -> StoredNetwork:
    """Take over the weights of a ``torch.nn.RNN``, exactly as they are.

    Parameters
    ----------
    rnn
        ``torch.nn.RNN(..., nonlinearity="relu")`` with one or more layers, in one direction,
        float32 or float64; or a module made by :func:`to_torch`, which brings its own readout.
    readout
        ``torch.nn.Linear`` applied to the states, if there is one.
    h_init
        State before the first input, a tensor (layers, n); zero if omitted, as in PyTorch.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    UnsupportedError
        For other modules, other nonlinearities, two directions, dropout in training mode.
    InputError
        If the readout does not fit, or a weight is not finite.

    Examples
    --------
    With PyTorch installed::

        rnn = torch.nn.RNN(8, 16, nonlinearity="relu")
        network = from_torch(rnn, torch.nn.Linear(16, 10))
    """
    torch = need("torch", "from_torch")
    from urnn_proofs.formats.torch.wrapper import RecurrentNetwork

    last_only = False
    if isinstance(rnn, RecurrentNetwork):
        if readout is not None or h_init is not None:
            raise InputError("a module made by to_torch brings its own readout and h_init")
        rnn, readout, h_init, last_only = rnn.rnn, rnn.readout, rnn.h_init, rnn.last_only
    _check_module(torch, rnn)
    tensors = {f"rnn.{name}": getattr(rnn, name) for name in _weight_names(rnn)}
    if readout is not None:
        if not isinstance(readout, torch.nn.Linear):
            raise UnsupportedError(
                f"readout is a {type(readout).__name__}; expected torch.nn.Linear or None"
            )
        tensors["readout.weight"] = readout.weight
        if readout.bias is not None:
            tensors["readout.bias"] = readout.bias
    if h_init is not None:
        if not isinstance(h_init, torch.Tensor):
            raise InputError(f"h_init is a {type(h_init).__name__}; expected a tensor (layers, n)")
        tensors["h_init"] = h_init
    time_first = "BTF" if rnn.batch_first else "TBF"
    outputs = time_first.replace("T", "") if last_only else time_first
    layout = Layout(input_axes=time_first, output_axes=outputs)
    arrays = {name: _array(torch, name, tensor) for name, tensor in tensors.items()}
    return from_tensors(arrays, "the module", "relu", layout)


def to_torch(network: StoredNetwork, *, dtype: str | None = None, orthogonal: bool = False) -> Any:
    """Return a module that computes the network in floating point.

    ``.rnn`` is a ``torch.nn.RNN`` with one hidden unit for each state, ``.readout`` a
    ``torch.nn.Linear`` or None.  The weights are rounded to floats, so that an orthogonal
    transition matrix becomes nearly orthogonal.

    Parameters
    ----------
    network
        ReLU layers, such as :attr:`~urnn_proofs.questions.equivalence.Equivalence.result`.
    dtype
        ``"float32"`` or ``"float64"``; that of the source if omitted.
    orthogonal
        Register ``torch.nn.utils.parametrizations.orthogonal`` on the transition matrices, so
        that they stay orthogonal when the module is trained further.  PyTorch then recomputes the
        weights, which may change their last bits: bounds for *network* are not about these.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    UnsupportedError
        If the activation is not ReLU.
    InputError
        If a weight is beyond the range of the type, or *orthogonal* is asked for a transition
        matrix that is not orthogonal.

    Examples
    --------
    With PyTorch installed::

        found = equivalent_urnn(from_torch(rnn, readout), input_bound=3)
        outputs = to_torch(found.result, orthogonal=True)(x)
    """
    torch = need("torch", "to_torch")
    from urnn_proofs.formats.torch.wrapper import RecurrentNetwork

    network = rounded(merged(network), dtype or natural_dtype(network))
    layout = replace(network.layout, rnn_prefix="rnn.", readout_prefix="readout.")
    arrays = to_tensors(replace(network, layout=layout))
    kind = getattr(torch, layout.dtype or "float32")
    hidden, inputs = arrays["rnn.weight_ih_l0"].shape
    rnn = torch.nn.RNN(
        inputs,
        hidden,
        len(network.layers),
        nonlinearity="relu",
        bias="rnn.bias_ih_l0" in arrays,
        batch_first=layout.batch_first,
        dtype=kind,
    )
    readout = None
    if "readout.weight" in arrays:
        readout = torch.nn.Linear(hidden, network.outputs, "readout.bias" in arrays, dtype=kind)
    h_init = torch.from_numpy(arrays["h_init"]) if "h_init" in arrays else None
    module = RecurrentNetwork(rnn, readout, h_init, last_only=layout.last_only)
    module.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    if orthogonal:
        for k in range(len(network.layers)):
            _keep_orthogonal(torch, rnn, f"weight_hh_l{k}")
    return module.train(False)


def read(file: Path, activation: str | None = None) -> StoredNetwork:
    """Read a state dict from a ``.pt`` file, tensors only: nothing in it is executed.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    UnsupportedError
        If the installed PyTorch is one whose reader is known to be unsafe.
    InputError
        If it is anything but a state dict of an RNN.
    """
    torch = need("torch", f"reading {file.name}")
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    if version < _SAFE_TORCH:
        raise UnsupportedError(
            f"PyTorch {torch.__version__} does not read .pt files safely (CVE-2026-24747); "
            f"expected 2.10 or newer, or a .safetensors file"
        )
    if max(file.stat().st_size, _unpacked_size(file)) > MAX_BYTES:
        raise InputError(f"{file.name} unpacks to more than {MAX_BYTES} bytes")
    try:
        data = torch.load(file, map_location="cpu", weights_only=True)
    except Exception as error:  # the zip and unpickling layers raise types of their own
        raise InputError(
            f"{file.name} is not a readable state dict ({type(error).__name__}); expected a file "
            f"from torch.save(module.state_dict(), ...), tensors only"
        ) from None
    if not isinstance(data, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in data.items()
    ):
        raise InputError(
            f"{file.name} holds other things than named tensors; expected a file from "
            f"torch.save(module.state_dict(), ...)"
        )
    arrays = {name: _array(torch, name, tensor) for name, tensor in data.items()}
    return from_tensors(arrays, file.name, activation)


def write(network: StoredNetwork, stream: IO[bytes]) -> None:
    """Write a state dict that ``load_state_dict`` takes; weights must be floats exactly."""
    torch = need("torch", "writing a .pt file")
    arrays = to_tensors(network)
    torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, stream)


def _check_module(torch: Any, rnn: Any) -> None:
    if not isinstance(rnn, torch.nn.RNN):
        raise UnsupportedError(
            f"rnn is a {type(rnn).__name__}; expected torch.nn.RNN(..., nonlinearity='relu')"
        )
    require_relu(rnn.nonlinearity, "the module")
    if rnn.bidirectional:
        raise UnsupportedError("the module is bidirectional; expected one direction")
    if rnn.dropout and rnn.num_layers > 1 and rnn.training:
        raise UnsupportedError(
            f"the module is in training mode with dropout {rnn.dropout}; call its train(False), "
            f"since only outputs without dropout can be kept"
        )


def _weight_names(rnn: Any) -> list[str]:
    parts = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if rnn.bias else [])]
    return [f"{part}_l{k}" for k in range(rnn.num_layers) for part in parts]


def _array(torch: Any, name: str, tensor: Any) -> np.ndarray[Any, np.dtype[Any]]:
    require_sane_size(tensor.numel(), name)
    if tensor.dtype not in (torch.float32, torch.float64):
        raise UnsupportedError(f"{name} has the type {tensor.dtype}; expected float32 or float64")
    if tensor.layout is not torch.strided or tensor.device.type == "meta":
        raise UnsupportedError(f"{name} is sparse or has no data; expected a dense tensor")
    found: np.ndarray[Any, np.dtype[Any]] = tensor.detach().cpu().numpy()
    return found


def _unpacked_size(file: Path) -> int:
    with file.open("rb") as stream:
        if stream.read(4) != b"PK\x03\x04":
            return 0  # the old format, or none at all: it holds what it says
    try:
        with zipfile.ZipFile(file) as archive:
            return sum(item.file_size for item in archive.infolist())
    except Exception as error:  # besides BadZipFile also NotImplementedError, struct.error, ...
        raise InputError(f"{file.name} is a damaged archive ({type(error).__name__})") from None


def _keep_orthogonal(torch: Any, rnn: Any, name: str) -> None:
    weight = getattr(rnn, name).detach().double()
    size = weight.shape[0]
    defect = float((weight.T @ weight - torch.eye(size, dtype=weight.dtype)).abs().max())
    allowed = 8 * size * torch.finfo(getattr(rnn, name).dtype).eps
    if defect > allowed:
        raise InputError(
            f"{name} is not orthogonal (an entry of U^T U - I is {defect:.2g}); expected the "
            f"network of a URNN, or orthogonal=False"
        )
    torch.nn.utils.parametrizations.orthogonal(rnn, name)
