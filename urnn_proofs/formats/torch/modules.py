"""PyTorch: modules in and out, and ``.pt`` files that hold a state dict and nothing else."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, Any

from urnn_proofs.formats.extras import need
from urnn_proofs.formats.limits import Tally
from urnn_proofs.formats.nonlinearities import framework_name, nonlinearity
from urnn_proofs.formats.refusals import gated, two_directions
from urnn_proofs.formats.rounding import natural_dtype, rounded
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import Layout, StoredNetwork, require_stored
from urnn_proofs.formats.torch.archive import clean_archive
from urnn_proofs.formats.torch.as_run import (
    array_of,
    require_plain_module,
    require_plain_tensor,
    require_same_outputs,
    weight_of,
)
from urnn_proofs.formats.torch.state_dict import from_tensors, to_tensors
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import shorten

__all__ = ["from_torch", "read", "tensors", "to_torch", "write"]

# Older ones run code from a file, or corrupt memory, even with weights_only=True:
# CVE-2025-32434 (before 2.6) and CVE-2026-24747 (before 2.10).
_SAFE_TORCH = (2, 10)

# What checkpoints call the state dict of their module.
_NESTED = ("state_dict", "model_state_dict", "model", "module", "weights")


def from_torch(rnn: Any, readout: Any = None, *, h_init: Any = None) -> StoredNetwork:
    """Take over the weights of a ``torch.nn.RNN``, exactly as they are.

    Parameters
    ----------
    rnn
        ``torch.nn.RNN``, tanh (its default) or ReLU, with one or more layers, in one direction,
        float32 or float64; or a module made by :func:`to_torch`, which brings its own readout, or
        the ``.rnn`` of one.
    readout
        ``torch.nn.Linear`` applied to the states, if there is one; or several in a list, whose
        outputs are put one after the other.
    h_init
        State before the first input, a tensor (layers, n); zero if omitted, as in PyTorch.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    UnsupportedError
        For other modules, two directions, dropout in training mode; and for
        modules that may not compute with the weights that they show: subclasses, hooks
        (``weight_norm``, ``spectral_norm`` and ``prune`` of old are hooks), parametrizations that
        change when they are read.  The message says what to call.  Last, the module is run once on
        a small input, and refused if its outputs are not those of the network that was read.
    InputError
        If the readout does not fit, or a weight is not finite.

    Examples
    --------
    With PyTorch installed::

        rnn = torch.nn.RNN(8, 16, nonlinearity="relu")
        network = from_torch(rnn, torch.nn.Linear(16, 10))
    """
    torch = need("torch", "from_torch")
    from urnn_proofs.formats.torch.wrapper import LogisticRNN, RecurrentNetwork

    last_only, heads = False, {}
    if isinstance(rnn, RecurrentNetwork):
        if readout is not None or h_init is not None:
            raise InputError("a module made by to_torch brings its own readout and h_init")
        require_plain_module(torch, rnn, RecurrentNetwork, "rnn")
        rnn, readout, h_init, last_only = rnn.rnn, rnn.readout, rnn.h_init, rnn.last_only
    phi = _check_module(torch, rnn, LogisticRNN)
    tensors = {f"rnn.{name}": weight_of(torch, rnn, name) for name in _weight_names(rnn)}
    if readout is not None:
        heads = {"readout": readout}
        if isinstance(readout, (list, tuple)):
            heads = {f"readout{k}": head for k, head in enumerate(readout)}
            if not heads:
                raise InputError(
                    "readout is empty; expected a torch.nn.Linear, or several; leave it out if the "
                    "outputs are the states"
                )
        for name, head in heads.items():
            require_plain_module(torch, head, torch.nn.Linear, name)
            tensors[f"{name}.weight"] = weight_of(torch, head, "weight")
            if head.bias is not None:
                tensors[f"{name}.bias"] = weight_of(torch, head, "bias")
    if h_init is not None:
        if not isinstance(h_init, torch.Tensor):
            raise InputError(f"h_init is a {type(h_init).__name__}; expected a tensor (layers, n)")
        tensors["h_init"] = h_init
    time_first = "BTF" if rnn.batch_first else "TBF"
    outputs = time_first.replace("T", "") if last_only else time_first
    layout = Layout(input_axes=time_first, output_axes=outputs)
    arrays = {name: array_of(torch, name, tensor) for name, tensor in tensors.items()}
    network = from_tensors(arrays, "the module", phi, layout, readout=",".join(heads) or None)
    network = replace(network, layout=replace(network.layout, readout_prefix="readout."))
    require_same_outputs(torch, rnn, tuple(heads.values()), h_init, network)
    return network


def _check_module(torch: Any, rnn: Any, logistic: Any) -> str:
    """Refuse what is not read, and return the nonlinearity, by our name."""
    for gates, name in ((torch.nn.LSTM, "an LSTM"), (torch.nn.GRU, "a GRU")):
        if isinstance(rnn, gates):
            raise gated(name, "the module")
    kind = logistic if isinstance(rnn, logistic) else torch.nn.RNN
    require_plain_module(torch, rnn, kind, "rnn")
    phi = nonlinearity(rnn.nonlinearity, "the module")
    mode = "its own" if kind is logistic else rnn.mode
    if mode != ("its own" if phi == "logistic" else f"RNN_{phi.upper()}"):
        raise UnsupportedError(
            f"the module runs in the mode {shorten(mode)} although its nonlinearity is {phi!r}; "
            f"expected torch.nn.RNN as it was made"
        )
    if not isinstance(rnn.num_layers, int):
        raise InputError(f"num_layers is {shorten(rnn.num_layers)}; expected an integer")
    if kind is logistic:
        return phi
    if rnn.bidirectional:
        raise two_directions("the module")
    if rnn.proj_size:
        raise UnsupportedError("the module has a projection (proj_size); expected none")
    if rnn.dropout and rnn.num_layers > 1 and rnn.training:
        raise UnsupportedError(
            f"the module is in training mode with dropout {rnn.dropout}; call its train(False), "
            f"since only outputs without dropout can be kept"
        )
    return phi


def to_torch(network: StoredNetwork, *, dtype: str | None = None, orthogonal: bool = False) -> Any:
    """Return a module that computes the network in floating point.

    ``.rnn`` is a ``torch.nn.RNN`` with one hidden unit for each state (for logistic networks, which
    ``torch.nn.RNN`` does not have, a module with the same weights and the same calls), ``.readout``
    a ``torch.nn.Linear`` or None, ``.h_init`` the state before the first input.  The weights are
    rounded to floats, so that an orthogonal transition matrix becomes nearly orthogonal.

    ``torch.jit.script``, ``torch.export`` and ONNX export work on it; for logistic networks, of the
    ONNX exporters, ``dynamo=True``.

    On a GPU, in float32, PyTorch hands ``torch.nn.RNN`` to cuDNN, which may multiply in TF32, and
    whose tanh is coarser than bounds assume: bounds do not hold there.
    ``torch.backends.cudnn.enabled = False`` keeps to PyTorch's own kernels.

    Parameters
    ----------
    network
        ReLU, tanh or logistic layers, such as
        :attr:`~urnn_proofs.questions.equivalence.Equivalence.result`.
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
        If the activation is another, or not the same for all layers.
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
    from urnn_proofs.formats.torch.wrapper import LogisticRNN, RecurrentNetwork

    network = require_stored(network)
    network = rounded(merged(network), natural_dtype(network) if dtype is None else dtype)
    layout = replace(network.layout, rnn_prefix="rnn.", readout_prefix="readout.")
    arrays = to_tensors(replace(network, layout=layout))
    kind = getattr(torch, layout.dtype or "float32")
    hidden, inputs = arrays["rnn.weight_ih_l0"].shape
    phi = framework_name(network.layers[0].activation, "the network")
    make = LogisticRNN if phi == "logistic" else partial(torch.nn.RNN, nonlinearity=phi)
    rnn = make(
        inputs,
        hidden,
        len(network.layers),
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


def read(
    file: Path,
    activation: str | None = None,
    readout: str | None = None,
    unused: str | None = None,
) -> StoredNetwork:
    """Read a state dict from a ``.pt`` file, or from a checkpoint that holds one.

    Raises
    ------
    MissingExtraError, UnsupportedError, InputError
        As :func:`tensors` does; InputError also if it is anything but the state dict of an RNN.
    """
    return from_tensors(
        tensors(file), file.name, activation, readout=readout, ordered=True, unused=unused
    )


def tensors(file: Path) -> dict[str, Any]:
    """Read the named tensors of a ``.pt`` file; nothing in it is executed.

    In a checkpoint, such as those of Lightning, they stand under ``state_dict`` or one of the other
    usual names; what stands beside them is not looked at.  float16 and bfloat16 become float32,
    which holds them exactly.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    UnsupportedError
        If the installed PyTorch is one whose reader is known to be unsafe, or the file has the
        format of PyTorch before 1.6, which does not say how large it becomes.
    InputError
        If it holds anything but named tensors.
    """
    torch = need("torch", f"reading {file.name}")
    version = tuple(int(part) for part in torch.__version__.split(".")[:2])
    if version < _SAFE_TORCH:
        raise UnsupportedError(
            f"PyTorch {torch.__version__} does not read .pt files safely (CVE-2026-24747); "
            f"expected 2.10 or newer, or a .safetensors file"
        )
    archive = clean_archive(file)
    try:
        with warnings.catch_warnings():  # of a pickle protocol that is not known
            warnings.simplefilter("ignore")
            data = torch.load(archive, map_location="cpu", weights_only=True)
    except Exception as error:  # the zip and unpickling layers raise types of their own
        raise InputError(
            f"{file.name} is not a readable state dict ({type(error).__name__}); expected a file "
            f"from torch.save(module.state_dict(), ...), tensors only"
        ) from None
    data = _state_dict_in(data, file.name)
    if not isinstance(data, dict) or not all(
        isinstance(name, str) and isinstance(tensor, torch.Tensor) for name, tensor in data.items()
    ):
        raise InputError(
            f"{file.name} holds other things than named tensors; expected a file from "
            f"torch.save(module.state_dict(), ...)"
        )
    tally = Tally(file.name)
    for name, tensor in data.items():
        require_plain_tensor(torch, name, tensor, short=True)
        tally.add(tensor.shape)
    return {name: array_of(torch, name, tensor, short=True) for name, tensor in data.items()}


def _state_dict_in(data: Any, where: str) -> Any:
    """Return the state dict of a checkpoint; anything else as it is."""
    if not isinstance(data, dict):
        return data
    found = [name for name in _NESTED if isinstance(data.get(name), dict)]
    if len(found) > 1:
        raise InputError(
            f"{where} holds the state dicts {' and '.join(found)}; expected one, so save it alone "
            f"with torch.save(module.state_dict(), ...)"
        )
    return data[found[0]] if found else data


def write(network: StoredNetwork, stream: IO[bytes]) -> None:
    """Write a state dict that ``load_state_dict`` takes; weights must be floats exactly."""
    torch = need("torch", "writing a .pt file")
    arrays = to_tensors(network)
    torch.save({name: torch.from_numpy(array) for name, array in arrays.items()}, stream)


def _weight_names(rnn: Any) -> list[str]:
    parts = ["weight_ih", "weight_hh", *(["bias_ih", "bias_hh"] if rnn.bias else [])]
    return [f"{part}_l{k}" for k in range(rnn.num_layers) for part in parts]


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
