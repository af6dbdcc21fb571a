"""``equivalent_urnn``: from a network to a URNN with the same outputs, exact or in floats.

Everything here proposes; what is built is checked by the result itself
(:mod:`urnn_proofs.questions.equivalence`) before it is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.contractive import NormBound, certify_contractive
from urnn_proofs.checks.exact.dilation import Dilation
from urnn_proofs.checks.exact.lumping import NoLumping, refutes_lumping
from urnn_proofs.checks.exact.norms import exact_work_fits
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.exact.state_bound import BoundRule, StateBound
from urnn_proofs.checks.numeric.engine import MEASURED
from urnn_proofs.checks.numeric.float_layer import FloatLayer
from urnn_proofs.checks.numeric.float_network import FloatNetwork, FloatStack
from urnn_proofs.checks.numeric.float_run import FloatRun, require_relu
from urnn_proofs.checks.numeric.norm_source import norm_source
from urnn_proofs.checks.numeric.rounding import require_gradual_underflow
from urnn_proofs.checks.numeric.weight_norms import same_weights, upper_part
from urnn_proofs.formats.rounding import check_dtype, rounded
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.guesses.copies import duplicated_urnn, find_lumping
from urnn_proofs.guesses.dilation import dilate
from urnn_proofs.guesses.halmos import gate_bias, halmos, with_gates
from urnn_proofs.guesses.rational.rational_dilation import rational_dilation
from urnn_proofs.guesses.state_bound import (
    find_state_bound,
    norm_bound,
    require_above_start,
)
from urnn_proofs.guesses.weighting import propose_weighting
from urnn_proofs.model.activation import Flat, PiecewiseLinear
from urnn_proofs.model.errors import (
    InputError,
    NotContractiveError,
    UndecidedError,
    UnsupportedError,
    with_diagnosis,
)
from urnn_proofs.model.network import RNN, URNN, Network, require_rnn
from urnn_proofs.model.number import exact_number, exact_numbers, few_bits, shorten, to_float
from urnn_proofs.model.orthogonal import Orthogonal
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict
from urnn_proofs.questions.equivalence import Equivalence, output_bound
from urnn_proofs.questions.float_stacks import handed_on, stack_of
from urnn_proofs.questions.layer import Layer, LayerEvidence, with_urnns
from urnn_proofs.questions.scaling import contractive_scaling, is_contractive
from urnn_proofs.questions.steps_3_1 import is_homogeneous
from urnn_proofs.questions.within_epsilon import epsilon_hint, parse_epsilon, within_epsilon
from urnn_proofs.questions.within_floats import require_attained, within_floats

__all__ = ["copied_urnn", "equivalent_urnn", "parse_bound"]

# The lower bias of an exported URNN has at least so much room.
_ROOM = Fraction(1, 2**10)

# With float64 weights the exact method takes about a minute at this size.
_EXACT_STATES = 128

_MOST_COPIES = 2000


def equivalent_urnn(
    network: Network | StoredNetwork,
    input_bound: Any,
    *,
    epsilon: Any = None,
    dtype: Any = None,
    scaling: bool | Sequence[Any] = False,
    rational: bool = False,
    state_bound: Any = None,
    exact: bool | None = None,
    norms: str = "auto",
    force: bool = False,
) -> Equivalence:
    """Build a URNN with the same outputs, or outputs within epsilon, layer by layer, and verify it.

    Parameters
    ----------
    network
        An ``RNN``, or what :func:`~urnn_proofs.formats.files.load` or
        :func:`~urnn_proofs.formats.torch.modules.from_torch` returned.  Each layer has
        ``||W|| < 1`` and an activation that is constant on a half-line (ReLU, ReLU6, hard tanh,
        hard sigmoid, or one declared by
        :func:`~urnn_proofs.model.activation.piecewise_linear`); or ``||W|| = 1`` if a rule or
        *state_bound* bounds the states; or, with *scaling*, ReLU and any W that some positive
        diagonal E makes contractive.  Under any other activation (tanh) copies of its units make W
        orthogonal; no bound enters then.
    input_bound
        M >= 0 (int, Fraction or float): inputs satisfy ``||x^k|| <= M`` for every k.
    epsilon
        None: equal outputs.  A number > 0: ``||y_u^k - y^k|| <= epsilon``, for activations that
        have a limit at one end (tanh, logistic, softplus, ELU, SELU, GELU, SiLU, Mish), with exact
        weights; where every activation is constant on a half-line the outputs are equal anyway.
        With a *dtype* (tanh, logistic) it is for the weights that are stored, in exact arithmetic,
        and ``.error`` says what computing adds; if it is left out there, it is what one unit of
        rounding at the limit is worth.
    dtype
        None: exact weights and equal outputs.  ``"float32"`` or ``"float64"``: weights of that
        type, and bounds of what rounding does, in storage and in the arithmetic that will run them.
    scaling
        True: if W is not contractive, look for a positive diagonal E with ``||E W E^{-1}|| < 1``.
        Or, for one layer, the diagonal of E itself, positive rationals.  The URNN then carries the
        rescaled states; its outputs are the same.
    rational
        Make every exact weight rational, at the price of up to 3r more states (up to n = 48 with
        float64 weights).
    state_bound
        For one layer: an upper bound of every ``||h^k||``, if you know one: of the states of the
        network itself, whatever the scaling; for ``E h`` it is multiplied by ``max E``.  What no
        rule here confirms is reported as ASSUMED.
    exact
        With a *dtype*: whether to round an exact, verified URNN; False computes U in floating
        point.  If omitted, exact up to 128 states.
    norms
        With a *dtype*, where norm bounds come from: "ball", "numpy", or "auto".
    force
        Try sizes that take hours.

    Returns
    -------
    Equivalence
        ``.result`` is the URNN (``.urnn`` where there is one layer), each layer with ``n + r``
        states, ``r = rank(I - W^T W)`` (if *rational* at most ``n + 4r``); ``.report`` holds the
        checks.  For a stored network the lower bias leaves a little room and has few bits, so that
        it survives rounding later.  With a *dtype* ``.error`` holds the bounds; where none can be
        shown the report is UNKNOWN and says why.

    Raises
    ------
    NotContractiveError
        If ``||W|| > 1``, or ``= 1`` with no bound of the states, with a rational witness; with
        *scaling*, only if none was found, and with a proof that none exists where there is one.
    UnsupportedError
        If the activation is covered by no method here, no rule bounds the states or the inputs of a
        layer, or the network is too large.
    UndecidedError
        If floats without an exact URNN have no bound, or this process flushes subnormal numbers.
    InputError
        If an argument is malformed, or a weight is beyond the range of the type.

    Source: arXiv:1910.13672, Theorem 3.1; other activations, scalings, rational weights and bounds
    for floats are this package's own.

    Examples
    --------
    >>> from urnn_proofs import RNN
    >>> rnn = RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]])
    >>> both = equivalent_urnn(rnn, input_bound=1)
    >>> both.urnn.states, both.bound.H
    (2, Fraction(2, 1))
    >>> both.report.verdict
    <Verdict.PROVED: 'PROVED'>
    >>> found = equivalent_urnn(StoredNetwork.of(rnn, rnn, output_bias=[3]), input_bound=1)
    >>> found.report.verdict, [layer.input_bound for layer in found.layers]
    (<Verdict.PROVED: 'PROVED'>, [Fraction(1, 1), Fraction(1025, 512)])
    >>> found = equivalent_urnn(rnn, input_bound=1, dtype="float32")
    >>> found.error.weights == 0, float(found.error.same_engine) < 1e-5
    (True, True)
    """
    stored = StoredNetwork.of(network) if isinstance(network, Network) else network
    if not isinstance(stored, StoredNetwork):
        raise InputError(
            f"network is a {type(network).__name__}; expected an urnn_proofs.RNN or StoredNetwork"
        )
    if type(rational) is not bool:
        raise InputError(f"rational is {shorten(rational)}; expected True or False")
    count = len(stored.layers)
    if count > 1 and (state_bound is not None or not isinstance(scaling, bool)):
        raise InputError(
            f"the network has {count} layers; state_bound and a given scaling go with one layer"
        )
    M = parse_bound(input_bound, "input_bound")
    if dtype is None and exact is not None:
        raise InputError("exact goes with a dtype; leave it out")
    eps: Fraction | None = None
    if epsilon is not None:
        if state_bound is not None or scaling is not False:
            raise InputError(
                "epsilon goes with neither state_bound nor scaling (--state-bound, --scale); leave "
                "those out"
            )
        eps = parse_epsilon(epsilon)
        if dtype is None and not all(map(_flat_half_line, map(require_rnn, stored.layers))):
            return within_epsilon(stored, M, eps, rational=rational, force=force)
    supplied = None if state_bound is None else parse_bound(state_bound, "state_bound")
    E = scaling if isinstance(scaling, bool) else exact_numbers(scaling, "scaling")
    wanted = _Wanted(supplied, E, rational, force)
    if dtype is None:
        room = not isinstance(network, Network)
        return _exactly(stored, M, wanted, lambda k, layer: with_room(layer) if room else layer)
    if rational:
        raise InputError("rational goes with exact weights; leave dtype out")
    kind = check_dtype(dtype)
    require_gradual_underflow()
    if exact is None:
        exact = all(_exact_fits(require_rnn(layer)) for layer in merged(stored).layers)
    if _saturates(stored, eps, scaling, supplied):
        return within_floats(stored, M, eps, kind, exact=exact, norms=norms, force=force)
    if eps is not None:
        found = equivalent_urnn(stored, M, dtype=kind, exact=exact, norms=norms, force=force)
        return require_attained(replace(found, epsilon=eps))
    if exact:
        return _rounded(stored, M, kind, wanted, norms)
    if supplied is not None:
        raise InputError("state_bound goes with an exact URNN; leave it out, or pass exact=True")
    return _in_floats(stored, M, kind, E, norms)


def _saturates(
    network: StoredNetwork,
    epsilon: Fraction | None,
    scaling: bool | Sequence[Any],
    state_bound: Fraction | None,
) -> bool:
    """Tell whether floats are to come within epsilon; without one, where nothing else is possible.

    A contractive W has no copies that make it orthogonal.
    """
    layers = [require_rnn(layer) for layer in network.layers]
    if all(map(_flat_half_line, layers)):
        return False
    if epsilon is not None:
        return True
    smooth = all(layer.activation.name in MEASURED for layer in layers)
    return smooth and scaling is False and state_bound is None and all(map(is_contractive, layers))


@dataclass(frozen=True)
class _Wanted:
    """What an exact layer is to be like."""

    state_bound: Fraction | None
    scaling: bool | tuple[Fraction, ...]
    rational: bool
    force: bool


Scaling = tuple[Fraction, ...] | None


def _exactly(
    network: StoredNetwork,
    M: Fraction,
    wanted: _Wanted,
    adjusted: Callable[[int, Layer], Layer],
    reach: Callable[[int, Layer], Fraction] | None = None,
) -> Equivalence:
    """Build the exact URNN of every layer; *adjusted* may lower the bias of its gates.

    *reach* bounds what a layer gives out, where that is to be more than its exact outputs.
    """
    found: list[Layer] = []
    count = len(network.layers)
    for k, rnn in enumerate(network.layers):
        try:
            found.append(adjusted(k, _exact_layer(require_rnn(rnn), M, wanted)))
            if k + 1 < count:
                M = output_bound(found[-1])
                if reach is not None:
                    M = few_bits(max(M, reach(k, found[-1])))
        except UnsupportedError as error:  # keeps its witness: the same exception goes on
            if count > 1:
                error.args = (f"layer {k}: {error}",)
            raise
    result = Equivalence(
        network,
        with_urnns(network, found),
        found[0].input_bound,
        tuple(layer.evidence for layer in found),
    )
    if result.proof.verdict not in (Verdict.PROVED, Verdict.ASSUMED):
        raise UndecidedError(
            f"the network that was built did not pass its own checks: {result.proof}"
        )
    return result


def _exact_layer(rnn: RNN, M: Fraction, wanted: _Wanted) -> Layer:
    flat = _flat_half_line(rnn)
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


def _flat_half_line(rnn: RNN) -> Flat | None:
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
        f"that is constant (slope 0) on a half-line, such as 'relu' (for activations that are "
        f"nowhere constant some networks have no equivalent URNN of any size: Theorem 3.3)"
    )


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


def with_room(layer: Layer, at_least: Fraction = Fraction(0)) -> Layer:
    """Raise the state bound a little, and to *at_least*: floats hold the lower bias exactly then.

    Every step is checked again for the new layer.
    """
    bound, flat = layer.bound, layer.flat
    H = Fraction(0) if bound is None else max(bound.H * (1 + _ROOM), at_least)
    if bound is None or flat is None or H == 0:
        return layer
    H, old = few_bits(H), layer.urnn
    low = flat.end - H if flat.side == "left" else flat.end + H
    added = RationalMatrix.column([low] * (old.states - layer.rnn.states))
    b = RationalMatrix.blocks([[layer.base.b], [added]])
    urnn = old.replace(b=b)
    evidence = replace(layer.evidence, bound=replace(bound, H=H))
    return replace(layer, urnn=urnn, evidence=evidence)


# -- floats --------------------------------------------------------------------------------


def _exact_fits(layer: RNN) -> bool:
    return layer.states <= _EXACT_STATES and exact_work_fits(
        layer.states, 2 * layer.W.denominator.bit_length()
    )


def _rounded(
    network: StoredNetwork, M: Fraction, kind: str, wanted: _Wanted, norms: str
) -> Equivalence:
    """Build the exact URNN, its gates closed with room for floats, and round it."""
    joined = merged(network)
    rounded(joined, kind)  # refuses what is beyond the range of the type
    bounded: dict[int, FloatRun] = {}

    def adjusted(k: int, layer: Layer) -> Layer:
        try:
            upper = _upper(joined, k, layer.input_bound, kind, layer.scaling, norms)
            needed = gate_bias(upper, layer.urnn.W.to_numpy())
        except (UndecidedError, UnsupportedError):  # no bound for floats: the report says why
            return with_room(layer, _by_norms(layer))
        bounded[k] = upper
        return with_room(layer, max(needed, _by_norms(layer)))

    def reach(k: int, layer: Layer) -> Fraction:
        return bounded[k].reach if k in bounded else Fraction(0)

    found = _exactly(joined, M, wanted, adjusted, reach)
    passed = merged(found.result)
    built: StoredNetwork | FloatStack
    try:
        for layer in joined.layers:
            require_relu(require_rnn(layer))
        built = stack_of(passed, kind)
    except UnsupportedError:  # has no bound in floats
        built = rounded(passed, kind)
    evidence = tuple(LayerEvidence(e.input_bound, e.scaling) for e in found.evidence)
    return Equivalence(network, built, M, evidence, kind, found, norms)


def _by_norms(layer: Layer) -> Fraction:
    """Return what floats, whose gates are shown closed by norms, may need; 0 if it is no more."""
    if layer.bound is None or layer.bound.rule is not BoundRule.ELLIPSOID:
        return Fraction(0)
    try:
        found = norm_bound(layer.base, layer.input_bound, certify_contractive(layer.base.W))
    except (NotContractiveError, UndecidedError):
        return Fraction(0)
    return Fraction(0) if found is None else found.H * (1 + _ROOM)


def _in_floats(
    network: StoredNetwork,
    M: Fraction,
    kind: str,
    scaling: bool | tuple[Fraction, ...],
    norms: str,
) -> Equivalence:
    """Compute U in floating point, for any size."""
    joined = merged(network)
    layers: list[FloatNetwork] = []
    evidence: list[LayerEvidence] = []
    bound = M
    for k, layer in enumerate(joined.layers):
        try:
            layer = require_rnn(layer)
            require_relu(layer)
            E = _scaling(layer, scaling)
            upper = _upper(joined, k, bound, kind, E, norms)
            _ = upper.computed_effect  # refuses what has no bound before any work on U
            U = halmos(upper.stored.W)
            layers.append(with_gates(upper.stored, U, gate_bias(upper, U)))
            evidence.append(LayerEvidence(bound, E))
            bound = few_bits(upper.reach)
        except UnsupportedError as error:  # keeps its witness: the same exception goes on
            if len(joined.layers) > 1:
                error.args = (f"layer {k}: {error}",)
            raise
    stored = stack_of(joined, kind)
    built = FloatStack(handed_on(layers), stored.output_bias)
    result = Equivalence(network, built, M, tuple(evidence), kind, None, norms)
    only = result.floats.layers[0]
    if len(layers) == 1 and isinstance(only, FloatLayer):
        same = same_weights(upper_part(only.weights, only.rnn.states), upper.stored)
        if same and only.weighting == upper.weighting and only.tube is None:
            # Of the same weights, in the same norm: no need to derive it all again.
            vars(only)["upper"], vars(only)["contraction"] = upper, upper.contraction
    return result


def _scaling(layer: RNN, scaling: bool | tuple[Fraction, ...]) -> Scaling:
    if not isinstance(scaling, bool):
        return scaling
    if scaling and not is_contractive(layer):
        return contractive_scaling(layer.W)
    return None


def _upper(
    joined: StoredNetwork, k: int, M: Fraction, kind: str, E: Scaling, norms: str
) -> FloatRun:
    """Return the units of layer k as they will be stored, with their bounds."""
    layer = require_rnn(joined.layers[k])
    require_relu(layer)
    base = layer if E is None else rescale(layer, E)
    alone = StoredNetwork.of(base)
    if E is None and joined.second_biases:
        alone = replace(alone, second_biases=(joined.second_biases[k],))
    stored = stack_of(alone, kind).layers[0]
    certified = certify_contractive(base.W)
    weighting = propose_weighting(stored, to_float(M))
    return FloatRun(base, stored, M, norm_source(norms, 2 * layer.states), weighting, certified)
