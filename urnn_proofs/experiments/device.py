"""Training on a GPU: hundreds of networks at once, each in a thread block of its own.

The kernels are in ``networks.cu``; one network takes all gradient steps of an epoch in one launch.
They compute what :mod:`~.training` computes on the CPU: the same initial weights, the same order of
the sequences, Adam, and the projection by products.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from urnn_proofs.experiments.extras import need
from urnn_proofs.experiments.training import Settings
from urnn_proofs.model.errors import UnsupportedError

__all__ = ["Backend", "Cupy", "Device", "Found", "Lanes", "Program"]

Array = np.ndarray[Any, Any]
SOURCE = Path(__file__).with_name("networks.cu")
_CONSTRAINTS = {"projection": 1, "cayley": 2}
_CONTRACTIVE = 3
_LARGEST, _WARPS = 32, 16
_AHEAD = 4  # epochs that may wait in line


class Program(Protocol):
    """The kernels compiled for one model and size, with a line of launches of their own."""

    def launch(self, kernel: str, networks: int, *arguments: Any) -> Callable[[], None]:
        """Start a kernel after the earlier launches; return what waits for its end."""


class Backend(Protocol):
    """Where kernels run: a GPU, or whatever a test puts in its place."""

    name: str
    software: str

    def put(self, array: Array) -> Any:
        """Copy an array there."""

    def get(self, array: Any) -> Array:
        """Copy an array back."""

    def empty(self, count: int) -> Any:
        """Make room for *count* float32 numbers."""

    def program(self, source: str, threads: int) -> Program:
        """Compile kernels."""


class Cupy:
    """The first GPU that CUDA sees, through CuPy.

    Raises
    ------
    MissingExtraError
        If CuPy is not installed.
    UnsupportedError
        If it finds no GPU.
    """

    def __init__(self) -> None:
        os.environ.setdefault("CUDA_DEVICE_MAX_CONNECTIONS", "32")  # read when CUDA starts
        self._cupy = need(
            "cupy", "training on a GPU", "the cupy of your CUDA, such as cupy-cuda13x"
        )
        try:
            properties = self._cupy.cuda.runtime.getDeviceProperties(0)
        except self._cupy.cuda.runtime.CUDARuntimeError as error:
            raise UnsupportedError(
                f"CUDA finds no GPU here ({error}); train with --device cpu"
            ) from None
        self.name = properties["name"].decode()
        self.software = f"cupy {self._cupy.__version__}"

    def put(self, array: Array) -> Any:
        """Copy an array there."""
        found = self._cupy.asarray(np.ascontiguousarray(array))
        self._cupy.cuda.Device().synchronize()
        return found

    def get(self, array: Any) -> Array:
        """Copy an array back, when all kernels are done."""
        self._cupy.cuda.Device().synchronize()
        return np.asarray(self._cupy.asnumpy(array))

    def empty(self, count: int) -> Any:
        """Make room for *count* float32 numbers."""
        return self._cupy.empty(count, np.float32)

    def program(self, source: str, threads: int) -> Program:
        """Compile kernels."""
        return _CupyProgram(self._cupy, source, threads)


class _CupyProgram:
    def __init__(self, cupy: Any, source: str, threads: int) -> None:
        self._stream = cupy.cuda.Stream(non_blocking=True)
        self._threads = threads
        module = cupy.RawModule(code=source)
        self._kernels = {name: module.get_function(name) for name in ("train_epoch", "score")}

    def launch(self, kernel: str, networks: int, *arguments: Any) -> Callable[[], None]:
        with self._stream:
            self._kernels[kernel]((networks,), (self._threads,), arguments)
            event = self._stream.record()
        wait: Callable[[], None] = event.synchronize
        return wait


@dataclass(frozen=True, eq=False)
class Lanes:
    """Networks of one model and size, and the data that each is trained on.

    Parameters
    ----------
    model, hidden
        Of all of them.
    weights
        Initial weights as in :func:`~.initial.initial_weights`, one dict each.
    x_of, y_of
        Places of the data of each network among the device's inputs and outputs.
    """

    model: str
    hidden: int
    weights: Sequence[dict[str, Array]]
    x_of: Sequence[int]
    y_of: Sequence[int]


@dataclass(frozen=True, eq=False)
class Found:
    """What training found, K networks.

    Parameters
    ----------
    weights, last
        Of the epoch with the smallest training loss, and of the last epoch; one dict each.
    losses
        Mean training loss of each epoch, (epochs, K).
    kept
        Number of the epoch whose weights were kept, from 1, (K,).
    squares, squares_last
        Sums of squared errors on the test sequences, output by output, (K, p).
    """

    weights: list[dict[str, Array]]
    last: list[dict[str, Array]]
    losses: Array
    kept: Array
    squares: Array
    squares_last: Array


@dataclass(eq=False)
class _Run:
    """The arrays of one :class:`Lanes` on the device."""

    lanes: Lanes
    program: Program
    constraint: int
    base: Array
    arrays: dict[str, Any]


class Device:
    """Data on a device, and training on it.

    Parameters
    ----------
    backend
        Where.
    x, y
        Inputs (S, N, T, m) and noisy outputs (D, N, T, p).
    training
        The first so many of the N sequences are for training, the others for testing.
    """

    def __init__(self, backend: Backend, x: Array, y: Array, training: int) -> None:
        self.backend = backend
        self._x = backend.put(x.astype(np.float32, copy=False))
        self._y = backend.put(y.astype(np.float32, copy=False))
        self._rows, self._steps, self._inputs = x.shape[1:]
        self._outputs, self._training = y.shape[-1], training
        self._programs: dict[tuple[str, int, int, str], Program] = {}

    def train(
        self,
        groups: Sequence[Lanes],
        settings: Settings,
        *,
        order_seed: int = 0,
        tell: Callable[[int], None] = lambda epoch: None,
    ) -> list[Found]:
        """Train all networks of all groups at the same time.

        Parameters
        ----------
        order_seed
            As for :func:`~.training.fit`.
        tell
            Called after each epoch with its number; what it raises ends the training.

        Raises
        ------
        UnsupportedError
            For a size that the kernels do not have.
        """
        batch = min(settings.batch, self._training)
        self._compile(groups, batch, settings.activation)
        runs = [self._start(lanes, settings, batch) for lanes in groups]
        batches = self._training // batch
        orders = [
            np.random.default_rng([order_seed, epoch]).permutation(self._training)
            for epoch in range(settings.epochs)
        ]
        order = self.backend.put(np.array(orders)[:, : batches * batch].astype(np.int32))
        waiting: list[list[Callable[[], None]]] = []
        for epoch in range(settings.epochs):
            waiting.append(
                [self._epoch(run, settings, epoch, order[epoch], batches) for run in runs]
            )
            if epoch >= _AHEAD:
                for wait in waiting[epoch - _AHEAD]:
                    wait()
                tell(epoch - _AHEAD + 1)
        for epoch in range(max(0, settings.epochs - _AHEAD), settings.epochs):
            for wait in waiting[epoch]:
                wait()
            tell(epoch + 1)
        return [self._found(run) for run in runs]

    def _compile(self, groups: Sequence[Lanes], batch: int, activation: str) -> None:
        wanted = {(lanes.model, lanes.hidden, batch, activation) for lanes in groups}
        wanted -= set(self._programs)
        for _, hidden, _, _ in wanted:
            if hidden > _LARGEST or _warps(hidden, batch) > _WARPS:
                raise UnsupportedError(
                    f"{hidden} hidden units in batches of {batch} do not fit one thread block; "
                    f"expected at most {_LARGEST}, and {_WARPS} warps: use --device cpu"
                )
        with ThreadPoolExecutor() as pool:
            keys = sorted(wanted)
            self._programs.update(zip(keys, pool.map(self._program, keys), strict=True))

    def _program(self, key: tuple[str, int, int, str]) -> Program:
        model, hidden, batch, activation = key
        values = {"N": hidden, "B": batch, "M": self._inputs, "O": self._outputs}
        values |= {"LSTM": int(model == "lstm"), "TANH": int(activation == "tanh")}
        text = "".join(f"#define {name} {value}\n" for name, value in values.items())
        return self.backend.program(text + SOURCE.read_text(), 32 * _warps(hidden, batch))

    def _start(self, lanes: Lanes, settings: Settings, batch: int) -> _Run:
        K, n = len(lanes.weights), lanes.hidden
        put, empty = self.backend.put, self.backend.empty
        constraint = _CONTRACTIVE if lanes.model == "contractive" else 0
        if lanes.model == "urnn":
            constraint = _CONSTRAINTS[settings.constraint]
        first = [dict(weights) for weights in lanes.weights]
        base = np.zeros((K, n, n), np.float32)
        if constraint == _CONSTRAINTS["cayley"]:
            base = np.stack([weights["W"] for weights in first])
            for weights in first:
                weights["W"] = np.zeros_like(weights["W"])
        packed = np.stack([_pack(weights) for weights in first])
        kept_each = 5 if lanes.model == "lstm" else 1
        threads = 32 * _warps(n, batch)
        arrays = {
            "x_of": put(np.asarray(lanes.x_of, np.int32)),
            "y_of": put(np.asarray(lanes.y_of, np.int32)),
            "parameters": put(packed),
            "moments": put(np.zeros((K, 2, packed.shape[1]), np.float32)),
            "base": put(base),
            "keep": empty(K * self._steps * kept_each * threads),
            "errors": empty(K * self._steps * batch * self._outputs),
            "losses": put(np.zeros((settings.epochs, K), np.float32)),
            "best": put(packed),
            "best_loss": put(np.full(K, np.inf, np.float32)),
            "best_epoch": put(np.zeros(K, np.int32)),
        }
        program = self._programs[lanes.model, n, batch, settings.activation]
        return _Run(lanes, program, constraint, base, arrays)

    def _epoch(
        self, run: _Run, settings: Settings, epoch: int, order: Any, batches: int
    ) -> Callable[[], None]:
        a = run.arrays
        return run.program.launch(
            "train_epoch",
            len(run.lanes.weights),
            self._x,
            self._y,
            a["x_of"],
            a["y_of"],
            order,
            np.int32(batches),
            np.int32(self._rows),
            np.int32(self._steps),
            a["parameters"],
            a["moments"],
            a["base"],
            a["keep"],
            a["errors"],
            a["losses"][epoch],
            a["best"],
            a["best_loss"],
            a["best_epoch"],
            np.int32(run.constraint),
            np.int32(epoch),
            np.float32(settings.learning_rate),
            np.float32(settings.clip or 0),
        )

    def _found(self, run: _Run) -> Found:
        get, a = self.backend.get, run.arrays
        example = run.lanes.weights[0]
        both = []
        for name in ("best", "parameters"):
            weights = [_unpack(row, example) for row in get(a[name])]
            if run.constraint == _CONSTRAINTS["cayley"]:
                for w, base in zip(weights, run.base, strict=True):
                    w["W"] = _cayley(base, w["W"])
            both.append((weights, self._score(run, weights)))
        (weights, squares), (last, squares_last) = both
        losses, kept = get(a["losses"]), get(a["best_epoch"])
        return Found(weights, last, losses, kept, squares, squares_last)

    def _score(self, run: _Run, weights: list[dict[str, Array]]) -> Array:
        put, K = self.backend.put, len(weights)
        squares = put(np.zeros((K, self._outputs)))
        run.program.launch(
            "score",
            K,
            self._x,
            self._y,
            run.arrays["x_of"],
            run.arrays["y_of"],
            np.int32(self._training),
            np.int32(self._rows - self._training),
            np.int32(self._rows),
            np.int32(self._steps),
            put(np.stack([_pack(w) for w in weights])),
            squares,
        )()
        return self.backend.get(squares)


def _warps(hidden: int, batch: int) -> int:
    """Return how many warps a thread block has: no sequence stands in two of them."""
    return -(-batch // max(1, 32 // hidden))


def _pack(weights: dict[str, Array]) -> Array:
    return np.concatenate([np.ravel(weights[name]) for name in "WFbCd"]).astype(np.float32)


def _unpack(row: Array, example: dict[str, Array]) -> dict[str, Array]:
    found, place = {}, 0
    for name in "WFbCd":
        shape = example[name].shape
        count = int(np.prod(shape))
        found[name] = row[place : place + count].reshape(shape).copy()
        place += count
    return found


def _cayley(base: Array, A: Array) -> Array:
    """Return what :func:`~.constraints.cayley` returns, in float64."""
    S = A.astype(np.float64) - A.T
    eye = np.eye(len(A))
    found: Array = (base @ np.linalg.solve(eye + S, eye - S)).astype(np.float32)
    return found
