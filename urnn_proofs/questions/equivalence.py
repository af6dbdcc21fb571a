"""From a contractive RNN to its equivalent URNN, with everything needed to check it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

from urnn_proofs.certificate import Certificate, equivalence_certificate
from urnn_proofs.checks.exact.contractive import NormBound, certify_contractive
from urnn_proofs.checks.exact.dilation import Dilation
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.state_bound import StateBound
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.guesses.rational.rational_dilation import rational_dilation
from urnn_proofs.guesses.state_bound import find_state_bound, require_above_start
from urnn_proofs.model.activation import Flat, PiecewiseLinear
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
)
from urnn_proofs.model.network import RNN, URNN, Network, require_rnn
from urnn_proofs.model.number import exact_number, exact_numbers, shorten, show_fields
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Report, Verdict
from urnn_proofs.questions.scaling import contractive_scaling
from urnn_proofs.questions.steps_3_1 import is_homogeneous, network_scope, steps_for_network

__all__ = ["Equivalence", "equivalent_urnn", "parse_bound"]


@dataclass(frozen=True, eq=False)
class Equivalence:
    """An RNN, a URNN that computes the same outputs on X_M, and the evidence.

    Parameters
    ----------
    rnn, urnn
        The two networks.
    input_bound
        M: the claim is about inputs with ``||x^k|| <= M``.
    bound
        The state bound H and where it comes from; None if no unit was added, so none is needed.
    dilation
        How U was found; evidence for the check of orthogonality.  None if U is rational.
    flat
        The half-line on which the activation is constant, where the added units stay.
    scaling
        Positive diagonal E if the states were rescaled to make W contractive; the URNN is then
        that of :attr:`base`.
    """

    rnn: RNN
    urnn: URNN
    input_bound: Fraction
    bound: StateBound | None
    dilation: Dilation | None
    flat: Flat | None = None
    scaling: tuple[Fraction, ...] | None = None

    __repr__ = show_fields

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

    def _repr_html_(self) -> str:
        from urnn_proofs.show.html.results import urnn_html  # for notebooks, on demand

        return urnn_html(self)

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
    scaling: bool | Sequence[Any] = False,
    rational: bool = False,
    force: bool = False,
) -> Equivalence:
    """Build the URNN of Theorem 3.1 and verify it.

    Parameters
    ----------
    rnn
        A network with ``||W|| < 1`` and an activation that is constant on a half-line (ReLU,
        ReLU6, hard tanh, hard sigmoid, or one declared by
        :func:`~urnn_proofs.model.activation.piecewise_linear`); or ``||W|| = 1`` if a rule or
        *state_bound* bounds the states; or, with *scaling*, a ReLU network with any W that some
        positive diagonal E makes contractive.
    input_bound
        M >= 0 (int, Fraction or float): inputs satisfy ``||x^k|| <= M`` for every k.
    state_bound
        An upper bound of every ``||h^k||``, if you know one: of the states of *rnn* itself,
        whatever the scaling; for ``E h`` it is multiplied by ``max E``.  What no rule here confirms
        is reported as ASSUMED.
    scaling
        True: if W is not contractive, look for a positive diagonal E with ``||E W E^{-1}|| < 1``.
        Or the diagonal of E itself, positive rationals.  The URNN then carries the rescaled
        states; its outputs are the same.
    rational
        Make every weight rational, at the price of up to 3r more states (up to n = 48 with float64
        weights).
    force
        Try sizes that take hours.

    Returns
    -------
    Equivalence
        ``.urnn`` has ``n + r`` states, ``r = rank(I - W^T W)`` (if *rational* at most
        ``n + 4r``); ``.report`` holds the checks.

    Raises
    ------
    NotContractiveError
        If ``||W|| > 1``, or ``= 1`` with no bound of the states, with a rational witness; with
        *scaling*, only if none was found, and with a proof that none exists where there is one.
    UnsupportedError
        If the activation is constant on no half-line, no rule bounds the states, the network is
        too large, or it is a URNN already.
    InputError
        If the bounds are negative or not numbers.

    Source: arXiv:1910.13672, Theorem 3.1; other activations, scalings and rational weights are
    this package's own.

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
    flat = _flat_half_line(require_rnn(rnn))
    if supplied is not None:
        require_above_start(rnn, supplied)
    if isinstance(scaling, bool):
        try:
            used = None
            found = _construct(rnn, flat, M, supplied, rational, force)
        except NotContractiveError as refusal:
            if not is_homogeneous(rnn):
                raise
            if not scaling:
                hint = "scaling=True (--scale) looks for a positive diagonal that makes it so"
                raise NotContractiveError(f"{refusal}; {hint}", refusal.witness) from None
            used = _scaling_or_refusal(rnn, refusal)
            found = _construct_rescaled(rnn, used, flat, M, supplied, rational, force)
    else:
        used = exact_numbers(scaling, "scaling")
        found = _construct_rescaled(rnn, used, flat, M, supplied, rational, force)
    urnn, bound, dilation = found
    result = Equivalence(rnn, urnn, M, bound, dilation, flat, used)
    if result.report.verdict not in (Verdict.PROVED, Verdict.ASSUMED):
        raise UndecidedError(
            f"the network that was built did not pass its own checks: {result.report}"
        )
    return result


def _flat_half_line(rnn: RNN) -> Flat:
    """Return the half-line on which the added units are to stay, or say why there is none."""
    why = "is smooth, or not given by exact data"
    if type(rnn.activation) is PiecewiseLinear:
        if rnn.activation.flat:
            return rnn.activation.flat[0]
        slopes = rnn.activation.slopes
        why = f"has slope {slopes[0]} on the far left and {slopes[-1]} on the far right"
    raise UnsupportedError(
        f"the activation {rnn.activation.name!r} {why}; the construction of Theorem 3.1 needs one "
        f"that is constant (slope 0) on a half-line, such as 'relu' (for activations that are "
        f"nowhere constant some networks have no equivalent URNN of any size: Theorem 3.3)"
    )


def _states(rnn: Network) -> str:
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
        raise InputError(f"{name} is {shorten(value)}; expected a number >= 0")
    return bound


def _scaling_or_refusal(rnn: RNN, refusal: NotContractiveError) -> tuple[Fraction, ...]:
    """Look for a scaling; a refusal carries the witness, and the dual proof where there is one."""
    try:
        return contractive_scaling(rnn.W)
    except NotContractiveError as none:
        message = f"{refusal}; {none}"
        raise NotContractiveError(message, refusal.witness, none.dual) from None
    except UndecidedError as open_question:
        message = f"{refusal}; {open_question}"
        raise NotContractiveError(message, refusal.witness) from None


def _construct_rescaled(
    rnn: RNN,
    E: tuple[Fraction, ...],
    flat: Flat,
    M: Fraction,
    supplied: Fraction | None,
    rational: bool,
    force: bool,
) -> tuple[URNN, StateBound | None, Dilation | None]:
    """Construct the URNN of the states E h; ``||E h|| <= max E ||h||`` for a supplied bound."""
    scaled = rescale(rnn, E)
    return _construct(
        scaled, flat, M, None if supplied is None else max(E) * supplied, rational, force
    )


def _construct(
    rnn: RNN, flat: Flat, M: Fraction, supplied: Fraction | None, rational: bool, force: bool
) -> tuple[URNN, StateBound | None, Dilation | None]:
    """Find the state bound first where it is cheap (it refuses early), then the dilation."""
    norm: NormBound | None = None
    bound: StateBound | None = None
    try:
        norm = certify_contractive(rnn.W)
        bound = find_state_bound(rnn, M, norm, supplied)
    except NotContractiveError as refusal:
        if refusal.witness is None or _stretches_strictly(rnn.W, refusal.witness):
            raise
        # Perhaps ||W|| = 1 exactly; the dilation refuses anything above, with its own witness.
        U, dilation = _dilated(rnn.W, rational, force)
        if U.shape[0] > rnn.states:
            bound = _bound_at_norm_one(rnn, M, supplied, refusal)
    else:
        U, dilation = _dilated(rnn.W, rational, force)
    return _assemble(rnn, U, flat, bound), bound, dilation


def _dilated(W: RationalMatrix, rational: bool, force: bool) -> tuple[Orthogonal, Dilation | None]:
    if rational:
        return rational_dilation(W, force=force), None
    dilation = dilate(W, force=force)
    return dilation.U, dilation


def _bound_at_norm_one(
    rnn: RNN, M: Fraction, supplied: Fraction | None, refusal: NotContractiveError
) -> StateBound:
    try:
        return find_state_bound(rnn, M, None, supplied)
    except UnsupportedError as why:
        raise NotContractiveError(
            f"W has norm exactly 1 (the attached witness v has ||W v|| = ||v||) and {why}",
            refusal.witness,
        ) from None


def _stretches_strictly(W: RationalMatrix, v: tuple[Fraction, ...]) -> bool:
    column = RationalMatrix.column(v)
    return (W @ column).frobenius_squared() > column.frobenius_squared()


def _assemble(rnn: RNN, U: Orthogonal, flat: Flat, bound: StateBound | None) -> URNN:
    r, m, p = U.shape[0] - rnn.states, rnn.inputs, rnn.outputs
    H = Fraction(0) if bound is None else bound.H
    low = flat.end - H if flat.side == "left" else flat.end + H
    value = RationalMatrix.column([flat.value] * r)
    return URNN(
        W=U,
        F=RationalMatrix.blocks([[rnn.F], [RationalMatrix.zeros(r, m)]]),
        b=RationalMatrix.blocks([[rnn.b], [RationalMatrix.column([low] * r)]]),
        C=RationalMatrix.blocks([[rnn.C, RationalMatrix.zeros(p, r)]]),
        h_init=RationalMatrix.blocks([[rnn.h_init], [value]]),
        activation=rnn.activation,
        offset=RationalMatrix.blocks([[RationalMatrix.zeros(rnn.states, 1)], [value]]),
    )
