"""Whether a PyTorch module computes with the weights that it shows.

Weights are read from attributes; what a module computes is decided by its code, its hooks and its
mode.  Here everything is refused that may make the two differ, with what to call about it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from urnn_proofs.formats.limits import require_sane_size
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.text import plain

__all__ = [
    "array_of",
    "require_plain_module",
    "require_plain_tensor",
    "require_same_outputs",
    "weight_of",
]

Array = np.ndarray[Any, np.dtype[Any]]

# Steps and sequences of the input on which module and network are compared.
_STEPS, _BATCH = 4, 4
# Units of rounding by which an engine's tanh may be off: far more than any was seen to be.
_ENGINE = 64
# What to call for hooks that compute a weight, by their class, and which attribute names it.
_REMOVALS = {
    "WeightNorm": ("remove_weight_norm", "name"),
    "SpectralNorm": ("remove_spectral_norm", "name"),
    "BasePruningMethod": ("prune.remove", "_tensor_name"),
}


def require_plain_module(torch: Any, module: Any, kind: Any, name: str) -> None:
    """Refuse everything but a module of exactly this kind, without hooks.

    A module with parametrizations (``torch.nn.utils.parametrize``) is of the kind that it was
    before: its weights are computed whenever they are read, here as in its own code.

    Raises
    ------
    UnsupportedError
        Naming *name*, and what to call.
    """
    parametrize = torch.nn.utils.parametrize
    found = type(module)
    if isinstance(module, torch.nn.Module) and parametrize.is_parametrized(module):
        found = parametrize.type_before_parametrizations(module)
    if found is not kind:
        raise UnsupportedError(f"{name} is a {found.__name__}; expected {_wanted(module, kind)}")
    # Attributes of the object that hide code of its class, such as a forward put in place.
    own = [key for key, value in vars(module).items() if callable(value) and hasattr(kind, key)]
    if own == ["_compiled_call_impl"]:
        raise UnsupportedError(f"{name} was compiled; expected it as it was before its compile()")
    if own:
        raise UnsupportedError(
            f"{name} has a {own[0]} of its own; expected {_label(kind)} as it was made"
        )
    for hook in module._forward_pre_hooks.values():
        raise UnsupportedError(
            f"{name} has the forward pre-hook {shorten(type(hook).__name__)}, which may set its "
            f"weights before each call; call {_removal(hook)} first"
        )
    everywhere = torch.nn.modules.module
    if (
        module._forward_hooks
        or everywhere._global_forward_pre_hooks
        or everywhere._global_forward_hooks
    ):
        raise UnsupportedError(
            f"{name} has a forward hook, which may change what it computes; call remove() of the "
            f"handle that registering it returned"
        )


def _wanted(module: Any, kind: Any) -> str:
    """Say what to pass instead of a module."""
    wanted = _label(kind)
    kinds = {base.__name__ for base in type(module).__mro__}
    if "OptimizedModule" in kinds:
        return f"{wanted} before torch.compile, which is its _orig_mod"
    if kinds & {"DataParallel", "DistributedDataParallel"}:
        return f"{wanted}, such as its module"
    if "LazyModuleMixin" in kinds:
        return f"{wanted}, which it becomes when it is run once on an input"
    if kind in type(module).__mro__:
        return f"{wanted} itself, not a subclass that may compute something else"
    return wanted


def _label(kind: Any) -> str:
    """Name a kind of module as its user writes it."""
    known = kind.__name__ in ("RNN", "Linear")
    return f"torch.nn.{kind.__name__}(...)" if known else "what to_torch made"


def _removal(hook: Any) -> str:
    for kind in type(hook).__mro__:
        if kind.__module__.startswith("torch.nn.utils.") and kind.__name__ in _REMOVALS:
            function, attribute = _REMOVALS[kind.__name__]
            return f"torch.nn.utils.{function}(module, {shorten(getattr(hook, attribute, None))})"
    return "remove() of the handle that registering it returned"


def weight_of(torch: Any, module: Any, name: str) -> Any:
    """Return a weight, a tensor that does not change when it is read.

    Raises
    ------
    InputError
        If the module has no such tensor.
    UnsupportedError
        If a parametrization gives another one each time, as those of ``spectral_norm`` do in
        training mode.
    """
    label = plain(name, 60)
    state = []
    if torch.nn.utils.parametrize.is_parametrized(module, name):
        state = [(held, held.clone()) for held in module.parametrizations[name].buffers()]
    try:
        first, second = getattr(module, name), getattr(module, name)
    except Exception as error:  # a parametrization that fails, or no such attribute
        raise InputError(
            f"the module has no {label} ({type(error).__name__}); expected all of its weights"
        ) from None
    if not isinstance(first, torch.Tensor):
        raise InputError(f"{label} is a {type(first).__name__}; expected a tensor")
    if first is second:
        return first
    require_plain_tensor(torch, name, first)
    require_plain_tensor(torch, name, second)
    with torch.no_grad():
        same = torch.equal(first, second) and all(torch.equal(held, was) for held, was in state)
        for held, was in state:  # reading is to leave no trace
            held.copy_(was)
    if not same:
        raise UnsupportedError(
            f"{label} changes whenever it is read; call the module's eval() first, or "
            f"torch.nn.utils.parametrize.remove_parametrizations(module, {label!r})"
        )
    return first


def require_plain_tensor(torch: Any, name: str, tensor: Any, *, short: bool = False) -> None:
    """Refuse a tensor whose entries are not simply there as float32 or float64.

    With *short*, as float16, bfloat16 or integers, too.

    Raises
    ------
    UnsupportedError
        Naming it: subclasses (fake, uninitialised, distributed), other types, sparse, nested and
        quantised tensors, those without data, and views that conjugate or negate.
    """
    label = plain(name, 60)
    if type(tensor) not in (torch.Tensor, torch.nn.Parameter):
        raise UnsupportedError(
            f"{label} is a {type(tensor).__name__}; expected a plain torch.Tensor with data"
        )
    if tensor.is_nested or tensor.layout is not torch.strided or tensor.device.type == "meta":
        raise UnsupportedError(f"{label} is sparse, nested or has no data; expected a dense tensor")
    types = [torch.float32, torch.float64]
    if short:
        types += [torch.float16, torch.bfloat16, torch.bool, torch.uint8]
        types += [torch.int8, torch.int16, torch.int32, torch.int64]
    if tensor.dtype not in types:
        raise UnsupportedError(f"{label} has the type {tensor.dtype}; expected float32 or float64")
    if tensor.is_neg() or tensor.is_conj():
        raise UnsupportedError(
            f"{label} is a view that negates its entries; call its resolve_neg() first"
        )
    require_sane_size(tensor.numel(), label)


def widened_bfloat16(bits: Array) -> Array:
    """Return bfloat16 numbers, given as uint16, as the float32 numbers that they are."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def array_of(torch: Any, name: str, tensor: Any, *, short: bool = False) -> Array:
    """Return a tensor as an array, bit for bit; with *short*, 16 bits become float32, exactly.

    Raises
    ------
    UnsupportedError
        If its entries are not simply there; see :func:`require_plain_tensor`.
    """
    require_plain_tensor(torch, name, tensor, short=short)
    try:
        found: Array
        if tensor.dtype is torch.bfloat16:  # the upper half of a float32
            bits = tensor.detach().cpu().contiguous().view(torch.int16).numpy()
            found = widened_bfloat16(bits.view(np.uint16))
        else:
            found = tensor.detach().cpu().numpy()
            found = found.astype(np.float32) if found.dtype == np.float16 else found
    except Exception as error:  # tensors inside of vmap, of another backend, ...
        raise UnsupportedError(
            f"{plain(name, 60)} has no entries that can be read ({type(error).__name__}); expected "
            f"a plain torch.Tensor with data"
        ) from None
    return found


def require_same_outputs(
    torch: Any, rnn: Any, heads: tuple[Any, ...], h_init: Any, network: StoredNetwork
) -> None:
    """Run a module once and compare it with the network that was read from it.

    This can only refuse: agreement proves nothing.

    Raises
    ------
    UnsupportedError
        If the module does not run, or an output is further off than rounding explains.
    """
    weight = rnn.weight_ih_l0
    x = np.random.default_rng(0).standard_normal((_STEPS, _BATCH, network.inputs))
    x[:, _BATCH // 2 :] *= 16
    data = torch.from_numpy(x).to(device=weight.device, dtype=weight.dtype)
    x = data.double().cpu().numpy()
    try:
        with torch.no_grad(), torch.autocast(weight.device.type, enabled=False):
            start = h_init
            if h_init is not None:
                start = h_init.detach().unsqueeze(1).expand(-1, _BATCH, -1).contiguous()
            states = rnn(data.transpose(0, 1) if rnn.batch_first else data, start)[0]
            outputs = torch.cat([head(states) for head in heads], -1) if heads else states
            found = (outputs.transpose(0, 1) if rnn.batch_first else outputs).double().cpu().numpy()
    except Exception as error:
        first = str(error).partition("\n")[0]
        raise UnsupportedError(
            f"the module does not run on an input with {network.inputs} features "
            f"({type(error).__name__}: {first}); expected one whose parts fit together"
        ) from None
    with np.errstate(all="ignore"):
        expected = network.run(x)
        allowed = _rounding(network, x, _unit(torch, weight))
        off = np.abs(found - expected) if found.shape == expected.shape else np.array([np.inf])
        agree = bool((off <= allowed).all())
    if not np.isfinite(found).all():
        raise UnsupportedError(
            "the module's outputs are not finite on a small input; expected weights with which it "
            "can be run"
        )
    if not agree:
        raise UnsupportedError(
            f"the module does not compute what its weights say: on a small input an output is off "
            f"by {float(np.max(off)):.2g}, where rounding explains at most "
            f"{float(np.max(allowed)):.2g}; expected an unchanged torch.nn.RNN"
        )


def _unit(torch: Any, weight: Any) -> float:
    """Return the unit of rounding, a coarse one where products may be rounded more."""
    coarse = weight.device.type != "cpu" or torch.get_float32_matmul_precision() != "highest"
    return 2.0**-8 if coarse and weight.dtype == torch.float32 else torch.finfo(weight.dtype).eps


def _rounding(network: StoredNetwork, x: Array, unit: float) -> Array:
    """Bound by how much outputs computed in floating point may be off.

    Sizes come from the network with absolute weights, in which nothing cancels; an error made once
    is carried on by the same weights, since ReLU, tanh and the logistic function are non-expansive.
    """
    size, error = np.abs(x), np.zeros_like(x)
    parts = network.second_biases or (None,) * len(network.layers)
    for layer, second in zip(network.layers, parts, strict=True):
        weights = layer.to_numpy()
        W, F = np.abs(weights.W), np.abs(weights.F)
        b = np.abs(weights.b)
        if second is not None:
            b = np.abs((layer.b - second).to_numpy()[:, 0]) + np.abs(second.to_numpy()[:, 0])
        step = 4 * (layer.states + layer.inputs + 4) * unit
        h = np.broadcast_to(np.abs(weights.h_init), (x.shape[1], layer.states))
        e = np.zeros_like(h)
        sizes, errors = [], []
        exact = layer.activation.is_relu  # other engines have other functions, a little
        for drive, drive_error in zip(size, error, strict=True):
            h = h @ W.T + drive @ F.T + b
            e = e @ W.T + drive_error @ F.T + step * (h + 2.0**-100)
            if not exact:
                h, e = np.ones_like(h), e + _ENGINE * unit
            sizes.append(h)
            errors.append(e)
        size, error = np.stack(sizes), np.stack(errors)
        if layer is network.layers[-1]:
            C = np.abs(weights.C)
            size, error = size @ C.T, error @ C.T + step * (size @ C.T)
    found: Array = error + 4 * unit * (size + np.abs(network.output_bias.to_numpy()[:, 0]))
    return found
