"""The exact URNN of each layer of a network: a dilation with gates that stay closed, or copies.

Everything here proposes, as in :mod:`.construction`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from urnn_proofs.checks.exact.contractive import NormBound, certify_contractive
from urnn_proofs.checks.exact.dilation import Dilation
from urnn_proofs.checks.exact.lumping import NoLumping, refutes_lumping
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.state_bound import StateBound
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.copies import duplicated_urnn, find_lumping
from urnn_proofs.guesses.dilation import with_added_units
from urnn_proofs.guesses.state_bound import (
    find_state_bound,
    require_above_start,
)
from urnn_proofs.model.activation import Flat, PiecewiseLinear
from urnn_proofs.model.errors import (
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
    with_diagnosis,
)
from urnn_proofs.model.network import RNN, URNN, require_rnn
from urnn_proofs.model.number import few_bits, shorten
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.equivalence import Equivalence, require_proved
from urnn_proofs.questions.layer import Layer, LayerEvidence, of_layer, with_urnns
from urnn_proofs.questions.layers import output_bound
from urnn_proofs.questions.scaling import contractive_scaling
from urnn_proofs.questions.steps_3_1 import is_homogeneous
from urnn_proofs.questions.within_epsilon import dilated, epsilon_hint

__all__ = ["ROOM", "Scaling", "Wanted", "copied_urnn", "exactly", "flat_half_line", "with_room"]

# The lower bias of an exported URNN has at least so much room.
ROOM = Fraction(1, 2**10)

_MOST_COPIES = 2000

Scaling = tuple[Fraction, ...] | None


@dataclass(frozen=True)
class Wanted:
    """What an exact layer is to be like."""

    state_bound: Fraction | None
    scaling: bool | tuple[Fraction, ...]
    rational: bool
    force: bool


def exactly(
    network: StoredNetwork,
    M: Fraction,
    wanted: Wanted,
    adjusted: Callable[[int, Layer], Layer],
    reach: Callable[[int, Layer], Fraction] | None = None,
) -> Equivalence:
    """Build the exact URNN of every layer; *adjusted* may lower the bias of its gates.

    *reach* bounds what a layer gives out, where that is to be more than its exact outputs.
    """
    found: list[Layer] = []
    for k, rnn in enumerate(network.layers):
        with of_layer(k, network):
            found.append(adjusted(k, _exact_layer(require_rnn(rnn), M, wanted)))
            if k + 1 < len(network.layers):
                M = output_bound(found[-1])
                if reach is not None:
                    M = few_bits(max(M, reach(k, found[-1])))
    evidence = tuple(layer.evidence for layer in found)
    urnns = with_urnns(network, found)
    return require_proved(Equivalence(network, urnns, found[0].input_bound, evidence))


def _exact_layer(rnn: RNN, M: Fraction, wanted: Wanted) -> Layer:
    flat = flat_half_line(rnn)
    if flat is None:
        if not isinstance(wanted.scaling, bool):
            rescale(rnn, wanted.scaling)  # refuses: no activation that is smooth commutes with it
        return _copied_layer(rnn, M)
    supplied, rational, force = wanted.state_bound, wanted.rational, wanted.force
    if supplied is not None:
        require_above_start(rnn, supplied)
    used: Scaling = None
    if isinstance(wanted.scaling, bool):
        try:
            found = _construct(rnn, flat, M, supplied, rational, force)
        except NotContractiveError as refusal:
            if not is_homogeneous(rnn):
                raise
            if not wanted.scaling:
                hint = "scaling=True (--scale) looks for a positive diagonal that makes it so"
                raise NotContractiveError(f"{refusal}; {hint}", refusal.witness) from None
            used = _scaling_or_refusal(rnn, refusal)
            found = _construct(
                rescale(rnn, used), flat, M, _rescaled(supplied, used), rational, force
            )
    else:
        used = wanted.scaling
        found = _construct(rescale(rnn, used), flat, M, _rescaled(supplied, used), rational, force)
    urnn, bound, dilation = found
    return Layer(rnn, urnn, M, LayerEvidence(M, used, flat, bound, dilation))


def _rescaled(supplied: Fraction | None, E: tuple[Fraction, ...]) -> Fraction | None:
    """Turn a supplied bound, one of ``||h||``, into one of ``||E h||``."""
    return None if supplied is None else supplied * max(E)


def copied_urnn(rnn: RNN) -> Layer | NoLumping:
    """Return the smallest URNN made of copies of the units, or the proof that there is none.

    It has the same outputs for all inputs, with no bound on them, for every activation.  There is
    none if the spectral radius of W is below 1.  Where there is none, a URNN of another kind may
    exist; for a reduced tanh or logistic network ``theorem("3.3-strong")`` excludes it, in words.

    Raises
    ------
    UnsupportedError
        If the network is a URNN already.
    UndecidedError
        See :func:`~urnn_proofs.guesses.copies.find_lumping`; or if the URNN would have more than
        2000 states.

    Source: the positive side of arXiv:1910.13672, Theorem 3.3, which shows networks without one.

    Examples
    --------
    >>> third = Fraction(1, 3)
    >>> W = [[third, 4 * third], [-2 * third, third]]
    >>> both = copied_urnn(RNN(W, [[1], [2]], [0, 0], [[1, 1]], activation="tanh"))
    >>> both.urnn.states, both.evidence.copies
    (3, (0, 1, 1))
    """
    W = require_rnn(rnn).W
    found = find_lumping(W)
    if isinstance(found, NoLumping):
        if not refutes_lumping(W, found.dual):
            raise UndecidedError("a dual proof failed its own exact check; please report this")
        return found
    if found.states > _MOST_COPIES:
        raise UndecidedError(
            f"the smallest URNN made of copies has {found.states} states; at most {_MOST_COPIES} "
            f"are written out here"
        )
    urnn, copies = duplicated_urnn(rnn, found)
    return Layer(rnn, urnn, Fraction(1), LayerEvidence(Fraction(1), copies=copies))


def _copied_layer(rnn: RNN, M: Fraction) -> Layer:
    """Nowhere constant: no unit can be added, but units may be copied."""
    why = _no_half_line(rnn)
    try:
        found = copied_urnn(rnn)
    except UndecidedError as error:
        raise UndecidedError(
            with_diagnosis(f"{why}; whether copies of its units make W orthogonal: {error}")
        ) from None
    if isinstance(found, NoLumping):
        raise UnsupportedError(
            with_diagnosis(
                f"{why}; and no number of copies of its units makes W orthogonal{epsilon_hint(rnn)}"
            )
        )
    return replace(found, input_bound=M, evidence=replace(found.evidence, input_bound=M))


def flat_half_line(rnn: RNN) -> Flat | None:
    """Return the half-line on which the added units are to stay; None if there is none."""
    phi = rnn.activation
    return phi.flat[0] if type(phi) is PiecewiseLinear and phi.flat else None


def _no_half_line(rnn: RNN) -> str:
    why = "is smooth, or not given by exact data"
    if type(rnn.activation) is PiecewiseLinear:
        slopes = rnn.activation.slopes
        left, right = shorten(slopes[0]), shorten(slopes[-1])
        why = f"has slope {left} on the far left and {right} on the far right"
    return (
        f"the activation {rnn.activation.name!r} {why}; the construction of Theorem 3.1 needs one "
        f"that is constant (slope 0) on a half-line, such as 'relu', and without it some networks "
        f"have no equivalent URNN (Theorem 3.3)"
    )


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
        U, dilation = dilated(rnn.W, rational, force)
        if U.shape[0] > rnn.states:
            bound = _bound_at_norm_one(rnn, M, supplied, refusal)
    else:
        U, dilation = dilated(rnn.W, rational, force)
    return _assemble(rnn, U, flat, bound), bound, dilation


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
    H = Fraction(0) if bound is None else bound.H
    low = flat.end - H if flat.side == "left" else flat.end + H
    return with_added_units(rnn, U, [low] * (U.shape[0] - rnn.states), flat.value)


def with_room(layer: Layer, at_least: Fraction = Fraction(0)) -> Layer:
    """Raise the state bound a little, and to *at_least*: floats hold the lower bias exactly then.

    Every step is checked again for the new layer.
    """
    bound, flat = layer.evidence.bound, layer.evidence.flat
    H = Fraction(0) if bound is None else max(bound.H * (1 + ROOM), at_least)
    if bound is None or flat is None or H == 0:
        return layer
    H, old = few_bits(H), layer.urnn
    low = flat.end - H if flat.side == "left" else flat.end + H
    added = RationalMatrix.column([low] * (old.states - layer.rnn.states))
    b = RationalMatrix.blocks([[layer.base.b], [added]])
    urnn = old.replace(b=b)
    evidence = replace(layer.evidence, bound=replace(bound, H=H))
    return replace(layer, urnn=urnn, evidence=evidence)
