"""What rounding an exact URNN to floats changes: stated beside a proof, and part of none.

The exact URNN of a network has the same outputs.  Rounded to floats its transition matrix is only
nearly orthogonal; how nearly is computed exactly here.  Nothing is claimed about the outputs of the
rounded network beyond what a few simulations show.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from urnn_proofs.convert.rounding import rounded
from urnn_proofs.convert.stored import identity
from urnn_proofs.exact.norms import sqrt_upper
from urnn_proofs.network import RNN
from urnn_proofs.number import to_float
from urnn_proofs.numeric.signals import sample_signals
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.theorems.conversion import Conversion

__all__ = ["rounding_notes"]

_SAMPLE_STEPS = 200


def rounding_notes(conversion: Conversion, dtype: str) -> tuple[str, ...]:
    """Say what rounding the URNN to floats changes; nothing here is a proof about its outputs.

    Raises
    ------
    InputError
        If a weight is beyond the range of the type.
    """
    floats = rounded(conversion.result, dtype)
    notes = []
    for k, (equivalence, layer) in enumerate(zip(conversion.layers, floats.layers, strict=True)):
        assert isinstance(layer.W, RationalMatrix)
        name = f"layer {k}: " if len(floats.layers) > 1 else ""
        defect = layer.W.transpose() @ layer.W - identity(layer.states)
        size = to_float(sqrt_upper(defect.frobenius_squared()))
        kept = "W, F, b and C of the original are among its weights, bit for bit"
        if not _keeps(equivalence.rnn, layer):
            kept = "weights of the original are rounded too"
        notes.append(
            f"{name}written is the URNN rounded to {dtype}, and the proof is not about that: "
            f"||U^T U - I|| <= {size:.1e} instead of 0; {kept}"
        )
    x = np.concatenate(list(_samples(conversion).values()), axis=1)
    worst = float(np.max(np.abs(conversion.source.run(x) - floats.run(x))))
    notes.append(
        f"on {x.shape[1]} sample sequences of {len(x)} steps the rounded URNN and the original, "
        f"run in float64, differ by at most {worst:.1e}"
    )
    return tuple(notes)


def _samples(conversion: Conversion) -> dict[str, Any]:
    M = to_float(conversion.layers[0].input_bound)
    return sample_signals(_SAMPLE_STEPS, conversion.source.inputs, min(M, 1e100))


def _keeps(rnn: RNN, floats: RNN) -> bool:
    """Tell whether the float network holds the weights of the original unchanged."""
    n, m, p = rnn.states, rnn.inputs, rnn.outputs
    assert isinstance(floats.W, RationalMatrix)
    W = RationalMatrix.from_fractions([[floats.W[i, j] for j in range(n)] for i in range(n)])
    F = RationalMatrix.from_fractions([[floats.F[i, j] for j in range(m)] for i in range(n)])
    b = RationalMatrix.column([floats.b[i, 0] for i in range(n)])
    if floats.outputs != p:  # a layer below the last: it gives out its states
        return rnn.W == W and rnn.F == F and rnn.b == b
    C = RationalMatrix.from_fractions([[floats.C[i, j] for j in range(n)] for i in range(p)])
    return rnn.W == W and rnn.F == F and rnn.b == b and rnn.C == C
