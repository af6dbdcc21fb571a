"""Do converted networks keep their bounds on a GPU, and with which settings of PyTorch?

    python benchmarks/networks_on_gpu.py

prints a table: for each network, type and setting, the largest difference of outputs that random
inputs show, over its proved bound; above 1, the bound does not hold there.  *total*: the URNN as
computed, against the exact RNN (here: computed in float64 on the CPU, so that in float64 the column
is empty); *same engine*: the URNN against the original RNN, both as computed.  Without a GPU, the
rows of the CPU alone.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from importlib import metadata
from typing import Any

import numpy as np
import torch
from torch.backends import cudnn

from urnn_proofs import RNN, equivalent_urnn, to_torch
from urnn_proofs.formats.stored import StoredNetwork

M, STEPS, SEQUENCES = 1, 400, 256


def networks() -> Iterator[tuple[str, RNN]]:
    """Yield a name and a network of norm 0.9 whose entries are float32 numbers."""
    for n in (2, 4, 8, 16, 32, 64):
        rng = np.random.default_rng(n)
        w = rng.standard_normal((n, n))
        w = (0.9 * w / np.linalg.norm(w, 2)).astype(np.float32)
        f, c = (rng.standard_normal(s).astype(np.float32) / n**0.5 for s in ((n, 3), (2, n)))
        b = rng.standard_normal(n).astype(np.float32) / 4
        for activation in ("relu", "tanh"):
            yield f"{activation}, n = {n}", RNN(w, f, b, c, activation=activation)


def settings() -> Iterator[tuple[str, str, AbstractContextManager[Any]]]:
    """Yield a name, a device, and what to run within."""
    name = f"PyTorch {metadata.version('torch')}"
    yield f"{name}, CPU", "cpu", nullcontext()
    if torch.cuda.is_available():
        of = f"cuDNN {cudnn.version()}"
        yield f"{name}, CUDA, without cuDNN", "cuda", cudnn.flags(enabled=False)
        yield f"{of}, without TF32", "cuda", cudnn.flags(enabled=True, allow_tf32=False)
        yield f"{of}, as PyTorch comes", "cuda", nullcontext()


def outputs(module: torch.nn.Module, x: torch.Tensor, device: str) -> np.ndarray[Any, Any]:
    """Return the outputs, (steps, sequences, outputs), in float64."""
    with torch.no_grad():
        computed: np.ndarray[Any, Any] = module.to(device)(x.to(device)).cpu().double().numpy()
    return computed


def inputs(d: int) -> torch.Tensor:
    """Return random sequences, half of them of norm M at each step."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((STEPS, SEQUENCES, d))
    x *= M / np.linalg.norm(x, axis=2, keepdims=True) * 0.999999  # the norm of what is rounded
    x[:, ::2] *= rng.random((STEPS, (SEQUENCES + 1) // 2, 1))
    return torch.from_numpy(x.astype(np.float32))


def main() -> None:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    if torch.cuda.is_available():
        print(torch.cuda.get_device_name(0))
    print("| network | type | engine | total: seen / bound | same engine: seen / bound |")
    print("| --- | --- | --- | --- | --- |")
    for name, rnn in networks():
        x = inputs(rnn.F.shape[1])
        exact = outputs(to_torch(StoredNetwork.of(rnn), dtype="float64"), x.double(), "cpu")
        for dtype in ("float32", "float64"):
            real = getattr(torch, dtype)
            found = equivalent_urnn(rnn, input_bound=M, dtype=dtype)
            urnn, original = to_torch(found.result), to_torch(StoredNetwork.of(rnn), dtype=dtype)
            bounds = found.error
            for engine, device, within in settings():
                with within:
                    mine = outputs(urnn, x.to(real), device)
                    theirs = outputs(original, x.to(real), device)
                off = np.linalg.norm(mine - exact, axis=2).max() / float(bounds.total)
                apart = np.linalg.norm(mine - theirs, axis=2).max() / float(bounds.same_engine)
                total = f"{off:.2g}" if dtype == "float32" else ""
                print(f"| {name} | {dtype} | {engine} | {total} | {apart:.2g} |", flush=True)


if __name__ == "__main__":
    main()
