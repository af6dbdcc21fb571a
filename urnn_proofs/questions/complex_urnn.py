"""n complex states for a real ReLU network with n: a unitary matrix, and split ReLU.

Split ReLU is ReLU of the real and of the imaginary part.  For ``W = P S Q^T`` (singular values) and
``V = P sqrt(1 - S^2) Q^T`` the matrix ``U = W + i V`` is unitary.  With the bias ``b - i H 1``, H a
bound of the states, the states stay real, since ``V h - H <= 0``, and are those of the RNN.  As a
real network it has 2n states, the orthogonal ``[[W, -V], [V, W]]``, and gates for imaginary parts:
what is proved about it is proved of that real network.  Source: theorem "complex".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from urnn_proofs.checks.exact.contractive import certify_contractive
from urnn_proofs.checks.exact.scaled import is_relu
from urnn_proofs.checks.numeric.float_network import FloatStack
from urnn_proofs.checks.numeric.rounding import require_gradual_underflow
from urnn_proofs.formats.rounding import check_dtype
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.dilation import with_added_units
from urnn_proofs.guesses.state_bound import find_state_bound
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN, require_rnn
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.text import one_line
from urnn_proofs.model.verdict import Check, Report, Trust, Verdict
from urnn_proofs.questions.construction import parse_bound
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.float_urnn import gated, upper_run
from urnn_proofs.questions.layer import LayerEvidence

__all__ = ["ComplexURNN", "complex_urnn"]

Array = np.ndarray[Any, np.dtype[np.float64]]
ComplexArray = np.ndarray[Any, np.dtype[np.complex128]]


@dataclass(frozen=True, eq=False)
class ComplexURNN:
    """A network ``z^k = srelu(U z^{k-1} + F x^k + b)``, ``y^k = Re(C z^k)`` with complex states.

    Parameters
    ----------
    equivalence
        The RNN, and the real URNN with twice the states that computes the same as this network.
    """

    equivalence: Equivalence

    def __str__(self) -> str:
        return self.report.summary()

    def __repr__(self) -> str:
        return one_line(
            f"<ComplexURNN: {_complex(self.states)}, the same outputs as an RNN with so many>"
        )

    @property
    def states(self) -> int:
        """Number of complex states."""
        return self.equivalence.rnn.states

    @property
    def real(self) -> StoredNetwork:
        """The real network with 2n states, to save or to run."""
        return self.equivalence.result

    @property
    def U(self) -> ComplexArray:  # noqa: N802
        """The unitary matrix, (n, n), rounded to complex128."""
        n, weights = self.states, self._real
        found: ComplexArray = weights.W[:n, :n] + 1j * weights.W[n:, :n]
        return found

    @cached_property
    def _real(self) -> Any:
        return self.real.layers[0].to_numpy()

    def run(self, x: Any) -> Array:
        """Simulate with complex numbers, in complex128; x is (T, m), the outputs (T, p).

        Raises
        ------
        InputError
            If x does not have that shape.
        """
        given = np.asarray(x, dtype=np.float64)
        if given.ndim != 2 or given.shape[1] != self.equivalence.rnn.inputs:
            raise InputError(
                f"x has shape {given.shape}; expected (T, {self.equivalence.rnn.inputs})"
            )
        n, w, U = self.states, self._real, self.U
        state = w.h_init[:n] + 1j * w.h_init[n:]
        bias = w.b[:n] + 1j * w.b[n:]
        outputs = np.empty((len(given), len(w.C)))
        for k, row in enumerate(given):
            z = U @ state + w.F[:n] @ row + bias
            state = np.maximum(z.real, 0) + 1j * np.maximum(z.imag, 0)
            outputs[k] = w.C[:, :n] @ state.real
        return outputs

    @cached_property
    def report(self) -> Report:
        """The steps of the real network, and that it is a complex one."""
        found = self.equivalence.report
        return replace(
            found,
            title=f"URNN with {_complex(self.states)} for an RNN with as many real ones",
            checks=(*found.checks, self._blocks()),
        )

    def _blocks(self) -> Check:
        """Compare the blocks of the real network, exactly; and that it is what ``run`` runs."""
        n, layer, given = self.states, self.real.layers[0], self.equivalence
        ok = layer.states == 2 * n and is_relu(layer) and given.epsilon is None
        ok = ok and given.network.output_bias.is_zero()
        if ok and isinstance(layer.W, Orthogonal):
            U = layer.W
            ok = all(_is_rotation(U, i, j, n) for i in range(n) for j in range(n))
        elif ok and isinstance(layer.W, RationalMatrix):
            W = layer.W.to_fractions()
            ok = all(
                W[i][j] == W[n + i][n + j] and W[n + i][j] == -W[i][n + j]
                for i in range(n)
                for j in range(n)
            )
        ok = ok and layer.F.block(range(n, 2 * n), range(layer.inputs)).is_zero()
        ok = ok and layer.C.block(range(layer.outputs), range(n, 2 * n)).is_zero()
        return Check(
            name="complex",
            claim="the real network is [[W, -V], [V, W]] with ReLU, real inputs and readout, no "
            "output bias: a complex one with split ReLU and U = W + i V",
            scope="this network",
            verdict=Verdict.PROVED if ok else Verdict.REFUTED,
            trust=Trust.EXACT,
            engine="exact comparison of blocks",
        )


def _is_rotation(U: Orthogonal, i: int, j: int, n: int) -> bool:
    """Decide whether ``U_ij = U_{n+i,n+j}`` and ``U_{n+i,j} = -U_{i,n+j}``: signs and squares."""

    def entry(a: int, b: int) -> tuple[bool, Fraction]:
        x = U.R[a, b]
        return x > 0, x * x * U.alpha[a] * U.beta[b]

    same, turned = (entry(i, j), entry(n + i, n + j)), (entry(n + i, j), entry(i, n + j))
    opposite = turned[0][1] == turned[1][1] and (turned[0][1] == 0 or turned[0][0] != turned[1][0])
    return same[0] == same[1] and opposite


def complex_urnn(rnn: RNN, input_bound: Any, *, dtype: Any = None) -> ComplexURNN:
    """Build a URNN with n complex states, unitary U and split ReLU, and verify it.

    Source: this package's own, ``theorem("complex")``.

    Parameters
    ----------
    rnn
        ReLU, ``||W|| < 1``.
    input_bound
        M >= 0: inputs satisfy ``||x^k|| <= M``.
    dtype
        None: exact weights, for diagonal W.  ``"float32"`` or ``"float64"``: weights of that type,
        for every W, with proved bounds of the error.

    Raises
    ------
    NotContractiveError
        If ``||W|| >= 1``.
    UnsupportedError
        If the activation is not ReLU; or W is not diagonal, and no type is given: the entries of V
        are in general no square roots of rationals.
    UndecidedError
        If no bounds in floats are shown.
    InputError
        If an argument is malformed.

    Examples
    --------
    >>> rnn = RNN([[Fraction(3, 5)]], [[1]], [0], [[1]])
    >>> found = complex_urnn(rnn, 1)
    >>> found.states, found.U.round(2).tolist(), found.report.verdict
    (1, [[(0.6+0.8j)]], <Verdict.PROVED: 'PROVED'>)
    """
    M = parse_bound(input_bound, "input_bound")
    if not is_relu(require_rnn(rnn)):
        raise UnsupportedError(f"the activation is {rnn.activation.name!r}; expected relu")
    norm = certify_contractive(rnn.W)
    network = StoredNetwork.of(rnn)
    if dtype is not None:
        kind = check_dtype(dtype)
        require_gradual_underflow()
        built = _in_floats(rnn, M, kind)
        return _verified(Equivalence(network, built, M, (LayerEvidence(M),), kind))
    rows = rnn.W.to_fractions()
    if any(x for i, row in enumerate(rows) for j, x in enumerate(row) if i != j):
        raise UnsupportedError(
            "W is not diagonal, so that the entries of V are in general no square roots of "
            "rationals; pass dtype='float64' for floats with proved bounds"
        )
    bound = find_state_bound(rnn, M, norm)
    flat = rnn.activation.flat[0]
    urnn = _exactly(rnn, [row[i] for i, row in enumerate(rows)], bound.H)
    evidence = LayerEvidence(M, flat=flat, bound=bound)
    return _verified(Equivalence(network, StoredNetwork.of(urnn), M, (evidence,)))


def _verified(both: Equivalence) -> ComplexURNN:
    found = ComplexURNN(both)
    if found.report.verdict is not Verdict.PROVED:
        raise UndecidedError(f"the network did not pass its own checks: {found.report}")
    return found


def _exactly(rnn: RNN, w: list[Fraction], H: Fraction) -> URNN:
    """Return the real network for a diagonal W: ``V = diag(sqrt(1 - w^2))``."""
    n = rnn.states
    left = [1 - x * x for x in w]
    unit, W = RationalMatrix.identity(n), rnn.W
    R = RationalMatrix.blocks([[W, -RationalMatrix.diagonal(left)], [unit, W]])
    one = [Fraction(1)] * n
    U = Orthogonal(R, (*one, *left), (*one, *(1 / x for x in left)))
    return with_added_units(rnn, U, [-H] * n)


def _in_floats(rnn: RNN, M: Fraction, kind: str) -> FloatStack:
    upper = upper_run(StoredNetwork.of(rnn), 0, M, kind, None, "auto")
    W = upper.stored.W.astype(np.float64)
    try:
        P, s, Qt = np.linalg.svd(W)
    except np.linalg.LinAlgError as error:
        raise UndecidedError(f"no singular value decomposition of W was found: {error}") from None
    V = (P * np.sqrt(np.maximum((1 - s) * (1 + s), 0.0))) @ Qt
    return gated(upper, np.block([[W, -V], [V, W]]))


def _complex(states: int) -> str:
    return f"{states} complex state{'s' * (states != 1)}"
