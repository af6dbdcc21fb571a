"""A recurrence written out step by step, as ``torch.onnx.export(..., dynamo=True)`` writes it.

Every step is compared with the first one: the same inputs at the next time, the same weights, the
same bias.  So the graph is a layer, run for as many steps as its input has, or it is refused.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from urnn_proofs.formats.onnx.constants import Attributes, Floats, integers
from urnn_proofs.formats.onnx.values import Cell, Fill, Known, Signal, Stack, Step, Value
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN
from urnn_proofs.model.rational import RationalMatrix

__all__ = [
    "add_steps",
    "close_step",
    "concatenate",
    "constant_column",
    "layer_of",
    "map_step",
    "mapped",
    "picked",
    "reshape_step",
    "shift_step",
    "take_step",
]

#: Linear maps one after the other: each makes the exact numbers longer.
MAX_MAPS = 16


def require_few_maps(maps: int) -> int:
    """Refuse long products of linear maps.

    Raises
    ------
    UnsupportedError
        If there are more than :data:`MAX_MAPS`.
    """
    if maps > MAX_MAPS:
        raise UnsupportedError(f"expected at most {MAX_MAPS} linear maps one after the other")
    return maps


def take_step(signal: Signal, axis: int, time: int) -> Step:
    """Take one step of a sequence; the axis that is asked becomes the time.

    Raises
    ------
    UnsupportedError
        If the number of steps is free, or the axis is another one.
    InputError
        If there is no such step.
    """
    axis %= len(signal.axes)
    if "T" not in signal.axes and not signal.layers and len(signal.axes) == 3 and axis < 2:
        names = {signal.axes[axis]: "T", signal.axes[1 - axis]: "B", signal.axes[2]: "F"}
        signal = replace(
            signal,
            axes="".join(names[a] for a in signal.axes),
            input_axes="".join(names[a] for a in signal.input_axes),
        )
        if signal.input_axes[-1] != "F":
            raise UnsupportedError(
                f"the input of the model has its axes in the order {signal.input_axes}; expected "
                f"TBF (time, batch, features) or BTF"
            )
    if signal.axes[axis] != "T" or signal.lengths is not None:
        raise UnsupportedError("expected it to take one step, of sequences of one length")
    steps = signal.length("T")
    if steps is None:
        raise UnsupportedError(
            "it takes one step of sequences of any length; expected a fixed number of steps"
        )
    if not -steps <= time < steps:
        raise InputError(f"it takes step {time}; expected one of {steps}")
    axes = signal.axes.replace("T", "")
    return Step(axes, drive=replace(signal, axes=axes), time=time % steps)


def map_step(step: Step, weight: RationalMatrix) -> Step:
    """Apply a linear map, (q, p), to the features."""
    if step.axes[-1] != "F":
        raise UnsupportedError("expected it on the last axis, that of the features")
    maps = require_few_maps(step.maps + 1)
    drive = None if step.drive is None else mapped(step.drive, weight)
    R = step.R
    if step.cell is not None:
        n = step.cell.b.shape[0]
        _require_width(weight, n if R is None else R.shape[0])
        R = weight if R is None else weight @ R
    r = None if step.r is None else weight @ step.r
    return replace(step, drive=drive, R=R, r=r, maps=maps)


def mapped(signal: Signal, weight: RationalMatrix) -> Signal:
    """Apply a linear map, (q, p), to a sequence: composed exactly with the maps before it."""
    if signal.axes[-1] != "F" and not signal.axes[-1].isdigit():
        raise UnsupportedError("expected it on the last axis, that of the features")
    if signal.width is not None:
        _require_width(weight, signal.width)
    C = weight if signal.C is None else weight @ signal.C
    d = None if signal.d is None else weight @ signal.d
    last = signal.axes[-1]
    return replace(
        signal,
        C=C,
        d=d,
        maps=require_few_maps(signal.maps + 1),
        axes=signal.axes.replace(last, "F"),
        input_axes=signal.input_axes.replace(last, "F"),
    )


def _require_width(weight: RationalMatrix, width: int) -> None:
    if weight.shape[1] != width:
        raise InputError(f"the weight has {weight.shape[1]} rows; expected {width}")


def shift_step(step: Step, bias: RationalMatrix, rank: int) -> Step:
    """Add a constant column; *rank* is that of the array it came from."""
    if step.axes[-1] != "F":
        raise UnsupportedError("expected it on the last axis, that of the features")
    axes = "D" * (rank - len(step.axes)) + step.axes
    if step.drive is not None and step.cell is None:
        d = bias if step.drive.d is None else step.drive.d + bias
        return replace(step, axes=axes, drive=replace(step.drive, d=d))
    return replace(step, axes=axes, r=bias if step.r is None else step.r + bias)


def add_steps(one: Step, other: Step) -> Step:
    """Add the inputs of a step and the states of the step before.

    Raises
    ------
    UnsupportedError
        If both are inputs or both are states.
    """
    if one.drive is None:
        one, other = other, one
    if one.drive is None or one.cell is not None or other.drive is not None:
        raise UnsupportedError("expected the inputs of a step and states of the one before")
    short, long = sorted((one.axes, other.axes), key=len)
    if long.lstrip("D") != short.lstrip("D"):
        raise UnsupportedError(f"its inputs have the axes {one.axes} and {other.axes}")
    return replace(other, axes=long, drive=one.drive, time=one.time)


def close_step(step: Step, phi: str) -> Step:
    """Apply the activation: the states of a layer at this step.

    Raises
    ------
    UnsupportedError
        If the step is not like the ones before it.
    """
    if step.drive is None:
        raise UnsupportedError("expected it on the sum of inputs and states of one step")
    drive, before = step.drive, step.cell
    width = drive.width
    if width is None:
        raise UnsupportedError("expected inputs whose number of features is fixed")
    zero = RationalMatrix.zeros(width, 1)
    second = zero if step.r is None else step.r
    if second.shape[0] != width or (step.R is not None and step.R.shape[0] != width):
        raise InputError(f"the parts of a step differ in size; expected {width} states")
    b = second if drive.d is None else drive.d + second
    expected = 0 if before is None else before.step + 1
    if step.time != expected:
        raise UnsupportedError(
            f"it reads step {step.time} of the inputs; expected step {expected}: every step must "
            f"read the states of the step before, in order"
        )
    if before is None:
        return Step(step.axes, cell=Cell(drive, b, second, phi))
    W = RationalMatrix.identity(width) if step.R is None else step.R
    same = (
        _same_sequence(before.drive, drive)
        and _equal(before.b, b)
        and before.phi == phi
        and (before.W is None or _equal(before.W, W))
    )
    if not same or W.shape[1] != width:
        raise UnsupportedError(
            f"step {expected} has other inputs, weights or another bias than the one before; "
            f"expected the same at every step, and an initial state of zeros"
        )
    return Step(step.axes, cell=Cell(drive, b, second, phi, W, before, expected))


def _equal(one: RationalMatrix | None, other: RationalMatrix | None) -> bool:
    return one is other or (one is not None and other is not None and one == other)


def _same_sequence(one: Signal, other: Signal) -> bool:
    """Whether two steps read one sequence through one map; the biases are compared in b."""
    alike = len(one.layers) == len(other.layers) and one.input_axes == other.input_axes
    return (
        alike
        and all(a is b for a, b in zip(one.layers, other.layers, strict=True))
        and _equal(one.C, other.C)
    )


def layer_of(step: Step, axes: str) -> Signal:
    """Return the layer that a step is the last one of, with the map applied to its states.

    Raises
    ------
    UnsupportedError
        If steps are missing, or there is only one, in which no transition matrix is seen.
    """
    cell = step.cell
    if cell is None or step.drive is not None:
        raise UnsupportedError("expected states of a layer")
    drive = cell.drive
    steps = drive.length("T")
    if cell.step + 1 != steps:
        raise UnsupportedError(
            f"it reads the states of step {cell.step}; expected those of all {steps} steps, or of "
            f"the last one"
        )
    W, b, phi = cell.W, cell.b, cell.phi
    if W is None:
        raise UnsupportedError(
            "the recurrence is written out for one step, which shows no transition matrix; "
            "expected two steps or more: export the model with a longer sequence"
        )
    n = b.shape[0]
    F = RationalMatrix.identity(n) if drive.C is None else drive.C
    layer = RNN(W=W, F=F, b=b, C=RationalMatrix.identity(n), activation=phi)
    return replace(
        drive,
        axes=axes,
        layers=(*drive.layers, layer),
        second_biases=(*drive.second_biases, cell.second),
        C=step.R,
        d=step.r,
        maps=step.maps,
        biased=drive.biased or not b.is_zero(),
    )


def concatenate(attributes: Attributes, parts: list[Value]) -> Signal | Stack:
    """Join all steps of a layer to a sequence, or the last states of several layers to a stack.

    Raises
    ------
    UnsupportedError
        If the parts are anything else.
    """
    axis = attributes["axis"]
    if all(isinstance(p, Signal) and p.layers and p.axes == "DBF" for p in parts) and axis == 0:
        return Stack(tuple(p for p in parts if isinstance(p, Signal)))
    steps = [p for p in parts if isinstance(p, Step) and p.cell is not None and p.drive is None]
    axes = steps[0].axes if steps else ""
    if len(steps) != len(parts) or any(p.axes != axes for p in steps):
        raise UnsupportedError("expected the states of every step, in order")
    if axes[axis] != "D":
        raise UnsupportedError(f"expected it along the axis of the time, not {axes[axis]}")
    axis %= len(axes)
    last = steps[-1]
    chain: list[Cell] = []
    cell = last.cell
    if cell is not None and cell.step + 1 != len(steps):
        cell = None  # not all steps: nothing to walk through
    while cell is not None:
        chain.append(cell)
        cell = cell.before
    whole = len(chain) == len(steps) and all(
        p.cell is c and _equal(p.R, last.R) and _equal(p.r, last.r)
        for p, c in zip(steps, reversed(chain), strict=True)
    )
    if whole:
        return layer_of(last, axes[:axis] + "T" + axes[axis + 1 :])
    if axes == "DBF" and all(
        p.cell is not None and p.cell.step + 1 == p.cell.drive.length("T") for p in steps
    ):
        return Stack(tuple(steps))
    raise UnsupportedError("expected the states of every step of a layer, in order, each once")


def picked(stack: Stack, attributes: Attributes, arrays: list[Floats]) -> Signal | Step:
    """Take the states of one layer out of those of several."""
    index = integers(arrays[0])
    if attributes.get("axis", 0) != 0 or len(index) != 1 or arrays[0].ndim != 0:
        raise UnsupportedError("expected it to take the states of one layer")
    if not -len(stack.parts) <= index[0] < len(stack.parts):
        raise InputError(f"it takes layer {index[0]}; expected one of {len(stack.parts)}")
    part = stack.parts[index[0]]
    return replace(part, axes=part.axes.removeprefix("D"))


def reshape_step(op: str, attributes: Attributes, step: Step, arrays: list[Floats]) -> Step:
    """Add, remove or move axes, of which all that are not B or F have length 1.

    Raises
    ------
    UnsupportedError
        If an axis that is removed has another length.
    """
    axes = step.axes
    if op == "Transpose":
        perm = list(attributes.get("perm", range(len(axes))[::-1]))
        if sorted(perm) != list(range(len(axes))):
            raise InputError(f"perm is {perm}; expected an order of {len(axes)} axes")
        return replace(step, axes="".join(axes[k] for k in perm))
    if op == "Gather":
        wanted = integers(arrays[0])
        if arrays[0].ndim or wanted[0] not in (0, -1):
            raise UnsupportedError("expected it to remove an axis of length 1")
        wanted = [attributes.get("axis", 0)]
    else:
        wanted = integers(arrays[0]) if arrays else list(attributes.get("axes", []))
    rank = len(axes) + (len(wanted) if op == "Unsqueeze" else 0)
    if rank > 8 or not wanted or not all(-rank <= k < rank for k in wanted):
        raise InputError(f"its axes are {wanted}; expected some of {rank}")
    places = {k % rank for k in wanted}
    if op == "Unsqueeze":
        rest = iter(axes)
        if len(places) < len(wanted):
            raise InputError(f"its axes are {wanted}; expected each once")
        return replace(step, axes="".join("D" if k in places else next(rest) for k in range(rank)))
    if any(axes[k] != "D" for k in places):
        raise UnsupportedError("expected it to remove axes of length 1 only")
    return replace(step, axes="".join(a for k, a in enumerate(axes) if k not in places))


def constant_column(value: Known | Fill, step: Step) -> tuple[RationalMatrix, int]:
    """Return the one row that a constant repeats as a column, and the rank of the constant.

    Raises
    ------
    UnsupportedError
        If it is no such row, or adding it would make an axis longer.
    """
    source = step.cell.drive if step.drive is None and step.cell is not None else step.drive
    width = None if source is None else source.width
    if step.cell is not None and step.R is not None:
        width = step.R.shape[0]
    if isinstance(value, Known):
        array, rank = value.array, value.array.ndim
        axes = ("D" * rank + step.axes)[-rank:] if rank else ""
        for letter, length in zip(axes[:-1], array.shape, strict=False):
            batch = source.length("B") if letter == "B" and source is not None else 1
            if length not in (1, batch):
                raise UnsupportedError(f"a constant of shape {array.shape} makes an axis longer")
    else:
        if value.rank is None:
            raise UnsupportedError("the shape of the initial state is not known")
        array, rank = value.row, value.rank
    if rank > 8:
        raise UnsupportedError(f"a constant has {rank} axes; expected at most 8")
    size = width if width is not None else array.shape[-1] if array.ndim else 1
    if array.size == 1:
        row = np.broadcast_to(array.reshape(()), (size,)).copy()
    else:
        rows = array.reshape(-1, array.shape[-1])
        bits = np.ascontiguousarray(rows).view(f"u{rows.dtype.itemsize}")
        if rows.shape[1] != size or not (bits == bits[0]).all():
            raise UnsupportedError(f"expected one row of {size} numbers, not {array.shape}")
        row = rows[0].copy()
    return RationalMatrix.parse(row, "a constant", ndim=1), rank
