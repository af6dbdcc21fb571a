"""``equivalent_urnn``: from a network to a URNN with the same outputs, exact or in floats.

Everything here proposes; what is built is checked by the result itself
(:mod:`urnn_proofs.questions.equivalence`) before it is returned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.numeric.engine import MEASURED
from urnn_proofs.checks.numeric.rounding import require_gradual_underflow
from urnn_proofs.formats.rounding import check_dtype
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.errors import InputError
from urnn_proofs.model.network import Network, require_rnn
from urnn_proofs.model.number import exact_number, exact_numbers, shorten
from urnn_proofs.questions.equivalence import Equivalence
from urnn_proofs.questions.exact_urnn import Wanted, exactly, flat_half_line, with_room
from urnn_proofs.questions.float_urnn import exact_fits, exact_then_rounded, made_in_floats
from urnn_proofs.questions.scaling import is_contractive
from urnn_proofs.questions.within_epsilon import parse_epsilon, within_epsilon
from urnn_proofs.questions.within_floats import require_attained, within_floats

__all__ = ["equivalent_urnn", "parse_bound"]


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
        if dtype is None and not all(map(flat_half_line, map(require_rnn, stored.layers))):
            return within_epsilon(stored, M, eps, rational=rational, force=force)
    supplied = None if state_bound is None else parse_bound(state_bound, "state_bound")
    E = scaling if isinstance(scaling, bool) else exact_numbers(scaling, "scaling")
    wanted = Wanted(supplied, E, rational, force)
    if dtype is None:
        room = not isinstance(network, Network)
        return exactly(stored, M, wanted, lambda k, layer: with_room(layer) if room else layer)
    if rational:
        raise InputError("rational goes with exact weights; leave dtype out")
    kind = check_dtype(dtype)
    require_gradual_underflow()
    if exact is None:
        exact = all(exact_fits(require_rnn(layer)) for layer in merged(stored).layers)
    if _saturates(stored, eps, scaling, supplied):
        return within_floats(stored, M, eps, kind, exact=exact, norms=norms, force=force)
    if eps is not None:
        found = equivalent_urnn(stored, M, dtype=kind, exact=exact, norms=norms, force=force)
        return require_attained(replace(found, epsilon=eps))
    if exact:
        return exact_then_rounded(stored, M, kind, wanted, norms)
    if supplied is not None:
        raise InputError("state_bound goes with an exact URNN; leave it out, or pass exact=True")
    return made_in_floats(stored, M, kind, E, norms)


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
    if all(map(flat_half_line, layers)):
        return False
    if epsilon is not None:
        return True
    smooth = all(layer.activation.name in MEASURED for layer in layers)
    return smooth and scaling is False and state_bound is None and all(map(is_contractive, layers))


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
