"""From a contractive ReLU RNN to its equivalent URNN, with everything needed to check it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from urnn_proofs.errors import InputError, NotContractiveError, UndecidedError, UnsupportedError
from urnn_proofs.exact.contractive import NormBound, certify_contractive
from urnn_proofs.exact.dilation import Dilation, dilate
from urnn_proofs.exact.scaling import find_scaling, scale_matrix
from urnn_proofs.exact.state_bound import StateBound, bound_states
from urnn_proofs.network import RNN
from urnn_proofs.number import exact_number
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.scaled import ScaledRational
from urnn_proofs.theorems.certificate import Certificate, equivalence_certificate
from urnn_proofs.theorems.theorem_3_1 import is_relu, network_scope, steps_for_network
from urnn_proofs.verdict import Report, Verdict

__all__ = ["Equivalence", "equivalent_urnn", "parse_bound", "rescale"]


@dataclass(frozen=True, eq=False)
class Equivalence:
    """An RNN, a URNN that computes the same outputs on X_M, and the evidence.

    Parameters
    ----------
    rnn, urnn
        The two networks; ``urnn.W`` is a scaled-rational orthogonal matrix.
    input_bound
        M: the claim is about inputs with ``||x^k|| <= M``.
    bound
        The state bound H and where it comes from.
    dilation
        How U was found; evidence for the check of orthogonality.
    scaling
        Positive diagonal E if the states had to be rescaled to make W contractive; the URNN is
        then that of :attr:`base`.
    """

    rnn: RNN
    urnn: RNN
    input_bound: Fraction
    bound: StateBound
    dilation: Dilation
    scaling: tuple[Fraction, ...] | None = None

    @property
    def base(self) -> RNN:
        """The contractive network that was dilated: ``rnn``, its states rescaled by E."""
        return self.rnn if self.scaling is None else rescale(self.rnn, self.scaling)

    @cached_property
    def report(self) -> Report:
        """The result of checking this object, computed once."""
        return self.verify()

    @cached_property
    def certificate(self) -> Certificate:
        """What the independent kernel needs to derive the claim again.

        Raises
        ------
        UnsupportedError
            If the state bound rests on the caller's word, or the network is too large.
        """
        return equivalence_certificate(self)

    def verify(self) -> Report:
        """Check every step again, from the two networks."""
        sizes = _states(self.rnn), _states(self.urnn)
        report = Report(
            title="Theorem 3.1 for an RNN with {}: URNN with {}".format(*sizes),
            scope=network_scope(self),
            checks=steps_for_network(self),
        )
        if report.verdict is not Verdict.PROVED:
            return report
        try:
            return replace(report, certificate=self.certificate)
        except UnsupportedError:  # larger than what the kernel reads
            return report


def equivalent_urnn(
    rnn: RNN,
    input_bound: Any,
    *,
    state_bound: Any = None,
    scaling: bool = False,
    force: bool = False,
) -> Equivalence:
    """Build the URNN of Theorem 3.1 and verify it.

    Parameters
    ----------
    rnn
        A ReLU network with ``||W|| < 1``; or ``||W|| = 1`` if a rule or *state_bound* bounds
        the states; or, with *scaling*, any W that some positive diagonal E makes contractive.
    input_bound
        M >= 0 (int, Fraction or float): inputs satisfy ``||x^k|| <= M`` for every k.
    state_bound
        An upper bound of every ``||h^k||``, if you know one.  What no rule here confirms is
        reported as ASSUMED.
    scaling
        If W is not contractive, look for a positive diagonal E with ``||E W E^{-1}|| < 1``.  The
        URNN then carries the rescaled states; its outputs are the same.
    force
        Try sizes that take hours.

    Returns
    -------
    Equivalence
        ``.urnn`` has ``n + rank(I - W^T W)`` states; ``.report`` holds the checks.

    Raises
    ------
    NotContractiveError
        If ``||W|| > 1``, or ``= 1`` with no bound of the states, with a rational witness; with
        *scaling*, only if none was found, and with a proof that none exists where there is one.
    UnsupportedError
        If the activation is flat on no half-line, or the network is too large.
    InputError
        If the bounds are negative or not numbers.

    Source: arXiv:1910.13672, Theorem 3.1.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> both = equivalent_urnn(RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]]), input_bound=1)
    >>> both.urnn.states, both.bound.H
    (2, Fraction(2, 1))
    >>> both.report.verdict
    <Verdict.PROVED: 'PROVED'>
    """
    M = parse_bound(input_bound, "input_bound")
    supplied = None if state_bound is None else parse_bound(state_bound, "state_bound")
    if not isinstance(rnn, RNN):
        raise InputError(f"rnn is a {type(rnn).__name__}; expected an urnn_proofs.RNN")
    if not isinstance(rnn.W, RationalMatrix):
        raise UnsupportedError(
            "the transition matrix is already scaled-rational; expected a network with rational W"
        )
    if not is_relu(rnn):
        raise UnsupportedError(
            f"the activation is {rnn.activation.name!r}; the construction of Theorem 3.1 needs "
            f"one that is zero on a half-line, 'relu' (for smooth activations Theorem 3.3 says "
            f"that some networks have no equivalent URNN of any size)"
        )
    try:
        used, base = None, rnn
        dilation, bound = _contractive_or_bounded(rnn, M, supplied, force)
    except NotContractiveError as refusal:
        if not scaling or supplied is not None:  # a bound of ||h|| is none of the rescaled states
            raise
        used = _scaling_or_refusal(rnn.W, refusal)
        base = rescale(rnn, used)
        dilation, bound = _contractive_or_bounded(base, M, None, force)
    urnn = _assemble(base, dilation.U, bound.H)
    result = Equivalence(rnn, urnn, M, bound, dilation, used)
    if result.report.verdict not in (Verdict.PROVED, Verdict.ASSUMED):
        raise UndecidedError(
            f"the network that was built did not pass its own checks: {result.report}"
        )
    return result


def _states(rnn: RNN) -> str:
    return "1 state" if rnn.states == 1 else f"{rnn.states} states"


def parse_bound(value: Any, name: str) -> Fraction:
    """Read a nonnegative bound.

    Raises
    ------
    InputError
        If it is negative or not a finite number.
    """
    bound = exact_number(value, name)
    if bound < 0:
        raise InputError(f"{name} is {value}; expected a number >= 0")
    return bound


def rescale(rnn: RNN, scaling: tuple[Fraction, ...]) -> RNN:
    """Return ``(E W E^{-1}, E F, E b, C E^{-1}, E h_init)`` for ``E = diag(scaling)``.

    It has the same outputs, since ReLU commutes with a positive diagonal.

    Raises
    ------
    InputError
        If the scaling does not fit or has an entry that is not positive.
    """
    if len(scaling) != rnn.states or any(e <= 0 for e in scaling):
        raise InputError(f"scaling is {scaling}; expected {rnn.states} positive rationals")
    assert isinstance(rnn.W, RationalMatrix)
    E = RationalMatrix.from_fractions(_diagonal(scaling))
    inverse = RationalMatrix.from_fractions(_diagonal(tuple(1 / e for e in scaling)))
    return RNN(
        W=scale_matrix(rnn.W, scaling),
        F=E @ rnn.F,
        b=E @ rnn.b,
        C=rnn.C @ inverse,
        h_init=E @ rnn.h_init,
        activation=rnn.activation,
    )


def _diagonal(entries: tuple[Fraction, ...]) -> list[list[Fraction]]:
    return [
        [e if i == j else Fraction(0) for j in range(len(entries))] for i, e in enumerate(entries)
    ]


def _scaling_or_refusal(W: RationalMatrix, refusal: NotContractiveError) -> tuple[Fraction, ...]:
    """Look for a scaling; a refusal carries the witness, and the dual proof where there is one."""
    try:
        return find_scaling(W)
    except NotContractiveError as none:
        message = f"{refusal}; {none}"
        raise NotContractiveError(message, refusal.witness, none.dual) from None
    except UndecidedError as open_question:
        message = f"{refusal}; {open_question}"
        raise NotContractiveError(message, refusal.witness) from None


def _contractive_or_bounded(
    rnn: RNN, M: Fraction, supplied: Fraction | None, force: bool
) -> tuple[Dilation, StateBound]:
    """Find the state bound first (cheap, refuses early), then the dilation."""
    assert isinstance(rnn.W, RationalMatrix)
    norm: NormBound | None = None
    try:
        norm = certify_contractive(rnn.W)
    except NotContractiveError as refusal:
        if refusal.witness is None or _stretches_strictly(rnn.W, refusal.witness):
            raise
        # Perhaps ||W|| = 1 exactly; dilate() refuses anything above, with its own witness.
        dilation = dilate(rnn.W, force=force)
        try:
            return dilation, bound_states(rnn, M, None, supplied)
        except UnsupportedError:
            raise NotContractiveError(
                "W has norm exactly 1 (the attached witness v has ||W v|| = ||v||) and no rule "
                "here bounds the states; expected ||W|| < 1, or state_bound=H with "
                "||h^k|| <= H for every input considered",
                refusal.witness,
            ) from None
    bound = bound_states(rnn, M, norm, supplied)
    return dilate(rnn.W, force=force), bound


def _stretches_strictly(W: RationalMatrix, v: tuple[Fraction, ...]) -> bool:
    column = RationalMatrix.column(v)
    return (W @ column).frobenius_squared() > column.frobenius_squared()


def _assemble(rnn: RNN, U: ScaledRational, H: Fraction) -> RNN:
    r, m, p = U.shape[0] - rnn.states, rnn.inputs, rnn.outputs
    return RNN(
        W=U,
        F=RationalMatrix.blocks([[rnn.F], [RationalMatrix.zeros(r, m)]]),
        b=RationalMatrix.blocks([[rnn.b], [RationalMatrix.column([-H] * r)]]),
        C=RationalMatrix.blocks([[rnn.C, RationalMatrix.zeros(p, r)]]),
        h_init=RationalMatrix.blocks([[rnn.h_init], [RationalMatrix.zeros(r, 1)]]),
        activation=rnn.activation,
    )
