"""What is assumed of the function that an engine computes for an activation.

ReLU is exact.  Engines compute tanh and the logistic function by polynomials and tables of their
own, and no standard says how well.  So it is an assumption, and every report that rests on it says
so: for each number z of the format, the computed value is within

    16 u  of  phi(z),   u = 2^-24 in float32, 2^-53 in float64.

Both functions stay within [-1, 1], where neighbouring numbers are at most u apart: it allows for
an error of 16 units in the last place at the top of the range, and more below.  Nothing else is
assumed: not that a computed tanh is monotone (JAX's is not), nor that it reaches -1 anywhere, nor a
small *relative* error (that of onnxruntime's is large near 0).

``benchmarks/engine_activations.py`` measures it, for all float32 numbers where that is asked for;
``docs/engines.md`` has the table.  The worst that was seen is 7 u (JAX, tanh in float64), and 3 u
in PyTorch and onnxruntime.  One engine does not do what is assumed: cuDNN, which PyTorch uses for
``torch.nn.RNN`` on GPUs, is off by 130 u in float32.  Bounds do not cover it; they do cover
PyTorch's own kernels on GPUs (2 u), which run after ``torch.backends.cudnn.enabled = False``.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.checks.numeric.rounding import Format
from urnn_proofs.model.activation import Activation, PiecewiseLinear
from urnn_proofs.model.errors import UnsupportedError

__all__ = ["ENGINE_UNITS", "MEASURED", "activation_error", "assumed_of_engine"]

#: By how many u the computed activation may be off.
ENGINE_UNITS = 16
#: The smooth activations that were measured.
MEASURED = ("tanh", "logistic")


def activation_error(phi: Activation, arithmetic: Format) -> Fraction:
    """Return what a computed phi may be off by, entrywise; 0 for ReLU.

    Raises
    ------
    UnsupportedError
        If engines were not measured for this activation.

    Examples
    --------
    >>> from urnn_proofs.checks.numeric.rounding import FLOAT32
    >>> from urnn_proofs.model.activation import activation
    >>> activation_error(activation("tanh"), FLOAT32) == Fraction(16, 2**24)
    True
    """
    if isinstance(phi, PiecewiseLinear) and phi.is_relu:
        return Fraction(0)
    if phi.name not in MEASURED:  # these names are kept for the built-in functions
        raise UnsupportedError(
            f"the activation is {phi.name!r}; expected 'relu', which engines compute without "
            f"rounding, or one of {', '.join(MEASURED)}, for which it is known how well they do"
        )
    return ENGINE_UNITS * arithmetic.unit


def assumed_of_engine(phi: Activation, arithmetic: Format) -> str:
    """Say what is assumed of an engine's phi; empty for ReLU."""
    error = activation_error(phi, arithmetic)
    if error == 0:
        return ""
    return f"{phi.name} computed within {ENGINE_UNITS} u = {float(error):.2g}"
