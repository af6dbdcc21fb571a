"""How far the tanh and the logistic function of each engine are from the exact ones.

    python benchmarks/engine_activations.py [--every STEP] [--points COUNT] [--only WORD]

prints a table: the largest ``|computed - exact|`` in units of rounding (u = 2^-24 in float32,
2^-53 in float64), where it is, from which ``|z|`` on the computed value is the limit itself, and
how often a larger z has a smaller value.  The bounds assume at most 16 u, see
:mod:`urnn_proofs.checks.numeric.engine`.

float32: every STEP-th number of either sign (1: all of them, an hour), against float64.
float64: numbers of all sizes, against Arb, or mpmath where python-flint is absent, with 160 bits.
PyTorch and onnxruntime are measured through the recurrent operators that run a network, PyTorch on
a GPU with cuDNN and without; absent engines are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from importlib import metadata, util
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Engine = Callable[[Array], Array]

_STEP, _UNITS = 1001, 64
_CHUNK = 2**22 // _UNITS * _UNITS
_TOP = 0x7F800000  # the bits of infinity in float32


def engines(phi: str) -> Iterator[tuple[str, Engine, tuple[str, ...]]]:
    """Yield what is installed: a name, the function, and the types that it takes."""
    both = ("float32", "float64")
    yield f"NumPy {np.__version__}", _numpy(phi), both
    if util.find_spec("torch"):
        yield f"PyTorch {metadata.version('torch')}", _torch(phi, "cpu"), both
        yield from _on_gpu(phi)
    if util.find_spec("onnxruntime") and util.find_spec("onnx"):
        yield f"onnxruntime {metadata.version('onnxruntime')}", _onnxruntime(phi), ("float32",)
    if util.find_spec("jax"):
        yield f"JAX {metadata.version('jax')}", _jax(phi), both


def _logistic(z: Array) -> Array:
    small = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + small), small / (1 + small))


def _numpy(phi: str) -> Engine:
    return np.tanh if phi == "tanh" else _logistic


def _on_gpu(phi: str) -> Iterator[tuple[str, Engine, tuple[str, ...]]]:
    import torch

    if not torch.cuda.is_available():
        return
    name = f"PyTorch {metadata.version('torch')}, CUDA"
    both = ("float32", "float64")
    yield f"{name}, without cuDNN", _torch(phi, "cuda", cudnn=False), both
    if phi == "tanh":  # cuDNN has no logistic RNN
        yield f"cuDNN {torch.backends.cudnn.version()} ({name})", _torch(phi, "cuda"), both


def _torch(phi: str, device: str, *, cudnn: bool = True) -> Engine:
    """The modules that ``to_torch`` makes, W = 0 and F = I, products not in TF32."""
    import torch

    from urnn_proofs.formats.torch.wrapper import LogisticRNN

    torch.set_num_threads(1)

    def run(z: Array) -> Array:
        make = torch.nn.RNN if phi == "tanh" else LogisticRNN
        rnn = make(_UNITS, _UNITS, bias=False, dtype=getattr(torch, str(z.dtype))).to(device)
        x = torch.from_numpy(z.reshape(1, -1, _UNITS)).to(device)
        with torch.no_grad(), torch.backends.cudnn.flags(enabled=cudnn, allow_tf32=False):
            rnn.weight_ih_l0.copy_(torch.eye(_UNITS))
            rnn.weight_hh_l0.zero_()
            found: Array = rnn(x)[0].cpu().numpy().ravel()
        return found

    return run


def _onnxruntime(phi: str) -> Engine:
    """The operator ``RNN``, W = 0 and F = I."""
    import onnx
    import onnxruntime

    helper, real = onnx.helper, onnx.TensorProto.FLOAT
    weights = {"W": np.eye(_UNITS, dtype="f4")[None], "R": np.zeros((1, _UNITS, _UNITS), "f4")}
    name = {"tanh": "Tanh", "logistic": "Sigmoid"}[phi]
    node = helper.make_node(
        "RNN", ["x", "W", "R"], ["", "y"], activations=[name], hidden_size=_UNITS
    )
    ends = [helper.make_tensor_value_info(end, real, [1, "batch", _UNITS]) for end in "xy"]
    stored = [onnx.numpy_helper.from_array(array, key) for key, array in weights.items()]
    graph = helper.make_graph([node], "g", [ends[0]], [ends[1]], stored)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda z: session.run(None, {"x": z.reshape(1, -1, _UNITS)})[0].ravel()


def _jax(phi: str) -> Engine:
    import jax

    jax.config.update("jax_enable_x64", True)
    compiled = jax.jit(jax.numpy.tanh if phi == "tanh" else jax.nn.sigmoid)
    return lambda z: np.asarray(compiled(z))


class Seen:
    """The worst that was seen, piece by piece."""

    def __init__(self, limit: float, unit: float) -> None:
        self.limit, self.unit = limit, unit
        self.worst, self.at, self.last, self.falls = 0.0, 0.0, None, 0
        self.reached: float | None = None

    def add(self, z: Array, computed: Array, off: Array) -> None:
        """Take in a piece, ordered by the size of z."""
        k = int(np.argmax(off))
        if off[k] > self.worst * self.unit:
            self.worst, self.at = float(off[k]) / self.unit, float(z[k])
        values = np.concatenate([[] if self.last is None else [self.last], computed])
        towards = np.diff(values) if self.limit >= values[0] else -np.diff(values)
        self.falls += int((towards < 0).sum())
        self.last = float(computed[-1])
        equal = computed == self.limit
        if equal.any() and self.reached is None:
            self.reached = abs(float(z[int(np.argmax(equal))]))
        elif not equal.all() and self.reached is not None:
            self.reached = None if not equal[-1] else self.reached


def float32(engine: Engine, phi: str, sign: int, every: int) -> Seen:
    """Compare at every n-th float32 number of one sign, with float64."""
    seen = Seen(_limit(phi, sign), 2.0**-24)
    for start in range(0, _TOP, _CHUNK * every):
        bits = np.arange(start, min(start + _CHUNK * every, _TOP), every, dtype=np.int64)
        bits = bits[: len(bits) // _UNITS * _UNITS] if len(bits) >= _UNITS else bits[:0]
        if not len(bits):
            continue
        z = bits.astype(np.uint32).view(np.float32) * np.float32(sign)
        computed = engine(z).astype(np.float64)
        seen.add(z, computed, np.abs(computed - _numpy(phi)(z.astype(np.float64))))
    return seen


def float64(engine: Engine, phi: str, sign: int, points: int) -> Seen:
    """Compare at float64 numbers of all sizes, with Arb."""
    rng = np.random.default_rng(0)
    sizes = np.concatenate([rng.uniform(0, 45, points), np.exp(rng.uniform(-300, 6, points))])
    z = sign * np.sort(sizes)[: len(sizes) // _UNITS * _UNITS]
    computed = engine(z).astype(np.float64)
    off = np.array([_off(phi, *pair) for pair in zip(z.tolist(), computed.tolist(), strict=True)])
    seen = Seen(_limit(phi, sign), 2.0**-53)
    seen.add(z, computed, off)
    return seen


def _off(phi: str, z: float, computed: float) -> float:
    if util.find_spec("flint") is None:
        import mpmath

        with mpmath.workprec(160):
            real = mpmath.mpf(z)
            value = mpmath.tanh(real) if phi == "tanh" else 1 / (1 + mpmath.exp(-real))
            return float(abs(value - mpmath.mpf(computed)))
    import flint

    flint.ctx.prec = 160
    exact = flint.arb(z).tanh() if phi == "tanh" else 1 / (1 + (-flint.arb(z)).exp())
    return float(abs(exact - flint.arb(computed)).upper())


def _limit(phi: str, sign: int) -> float:
    return float(sign) if phi == "tanh" else float(sign > 0)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=_STEP, help="of float32, every n-th number")
    parser.add_argument("--points", type=int, default=100_000, help="float64, half of each sign's")
    parser.add_argument("--only", default="", help="engines with this in their name")
    options = parser.parse_args()
    print("| phi | engine | type | worst, in u | at z | limit from \\|z\\| = | falls |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for phi in ("tanh", "logistic"):
        for name, engine, types in engines(phi):
            for kind in types if options.only in name else ():
                for sign in (-1, 1):
                    with np.errstate(all="ignore"):
                        if kind == "float32":
                            seen = float32(engine, phi, sign, options.every)
                        else:
                            seen = float64(engine, phi, sign, options.points)
                    reached = "never" if seen.reached is None else f"{seen.reached:.6g}"
                    cells = (phi, name, kind, f"{seen.worst:.2f}", f"{seen.at:.6g}", reached)
                    print(f"| {' | '.join(cells)} | {seen.falls} |", flush=True)


if __name__ == "__main__":
    main()
