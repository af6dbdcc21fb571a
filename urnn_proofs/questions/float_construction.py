"""A URNN in floats, built layer by layer; :mod:`.float_conversion` checks it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from urnn_proofs.checks.exact.norms import exact_work_fits
from urnn_proofs.checks.exact.rescaling import rescale
from urnn_proofs.checks.numeric.float_dilation import halmos
from urnn_proofs.checks.numeric.float_network import FloatNetwork
from urnn_proofs.formats.rounding import check_dtype, natural_dtype, rounded
from urnn_proofs.formats.stacking import merged
from urnn_proofs.formats.stored import StoredNetwork
from urnn_proofs.model.errors import InputError, UndecidedError, UnsupportedError
from urnn_proofs.model.network import RNN, Network, require_rnn
from urnn_proofs.model.number import exact_number
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.questions.conversion import Conversion, few_bits, output_bound, with_room
from urnn_proofs.questions.equivalence import Equivalence, equivalent_urnn, parse_bound
from urnn_proofs.questions.float_conversion import FloatConversion, Scaling, float_layer
from urnn_proofs.questions.float_original import OriginalRun
from urnn_proofs.questions.float_upper import UpperUnits, require_relu
from urnn_proofs.questions.scaling import contractive_scaling, is_contractive

__all__ = ["convert_to_floats"]


def convert_to_floats(
    network: StoredNetwork | Network,
    input_bound: Any,
    dtype: str | None = None,
    *,
    state_bound: Any = None,
    scaling: bool | Sequence[Any] = False,
    exact: bool | None = None,
) -> FloatConversion:
    """Make every layer orthogonal in floating-point weights, and bound what that changes.

    Parameters
    ----------
    network
        What :func:`~urnn_proofs.formats.files.load_stored` or
        :func:`~urnn_proofs.formats.torch.modules.from_torch` returned, or an ``RNN``.
    input_bound
        M >= 0: inputs satisfy ``||x^k|| <= M`` for every k.
    dtype
        ``"float32"`` or ``"float64"``, for storage and for the arithmetic that will run it; that of
        the network if omitted.
    state_bound, scaling
        As for :func:`~urnn_proofs.questions.equivalence.equivalent_urnn`; with several layers
        *scaling* is True or False, and *state_bound* is omitted.
    exact
        Whether to round an exact, verified URNN; False computes U in floating point.  If omitted,
        exact up to 128 states.

    Returns
    -------
    FloatConversion
        ``.result`` is the network to write or to run; ``.error`` the bounds; ``.report`` says what
        is proved.  Where no bound can be shown the report is UNKNOWN and says why.

    Raises
    ------
    NotContractiveError
        If a layer has ``||W|| >= 1``, with a witness; try *scaling*.
    UndecidedError
        Without an exact URNN: if no bound can be shown.
    UnsupportedError
        If the activation is not covered, or nothing bounds the inputs of a layer.
    InputError
        If an argument is malformed, or a weight is beyond the range of the type.

    Source: arXiv:1910.13672, Theorem 3.1; the bounds are this package's own.

    Examples
    --------
    >>> found = convert_to_floats(RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]]), input_bound=1)
    >>> found.dtype, found.result.rnn.states, found.report.verdict
    ('float32', 2, <Verdict.PROVED: 'PROVED'>)
    >>> found.error.weights == 0, float(found.error.same_engine) < 1e-5
    (True, True)
    """
    source = StoredNetwork.of(network) if isinstance(network, Network) else network
    if not isinstance(source, StoredNetwork):
        raise InputError(f"network is a {type(network).__name__}; expected a StoredNetwork")
    source, M = merged(source), parse_bound(input_bound, "input_bound")
    kind = natural_dtype(source) if dtype is None else check_dtype(dtype)
    if len(source.layers) > 1 and (state_bound is not None or not isinstance(scaling, bool)):
        raise InputError(
            f"the network has {len(source.layers)} layers; state_bound and a given scaling go "
            f"with one layer"
        )
    if exact is None:
        exact = all(_exact_fits(require_rnn(layer)) for layer in source.layers)
    if not exact and state_bound is not None:
        raise InputError("state_bound goes with an exact URNN; leave it out, or pass exact=True")
    build = _exact_layer if exact else _float_layer
    stored = rounded(source, kind)
    found: list[_Layer] = []
    for k in range(len(source.layers)):
        try:
            found.append(build(source, stored, k, M, state_bound, scaling))
        except UnsupportedError as error:  # keeps its witness: the same exception goes on
            if len(source.layers) > 1:
                error.args = (f"layer {k}: {error}",)
            raise
        M = found[-1].reach
    scalings = tuple(layer.scaling for layer in found)
    bounds = tuple(layer.input_bound for layer in found)
    if exact:
        conversion = Conversion(source, tuple(e for layer in found if (e := layer.exact)))
        result = rounded(merged(conversion.result), kind)
        return FloatConversion(source, result, bounds, scalings, conversion)
    seconds = tuple(layer.second_bias for layer in found) if source.second_biases else ()
    urnns = tuple(layer.urnn for layer in found)
    result = merged(replace(stored, layers=urnns, second_biases=seconds))
    return FloatConversion(source, result, bounds, scalings)


# With float64 weights the exact method takes about a minute at this size.
_EXACT_STATES = 128


@dataclass(frozen=True)
class _Layer:
    """What building a layer gives."""

    urnn: Network
    input_bound: Fraction
    scaling: Scaling
    reach: Fraction
    second_bias: RationalMatrix
    exact: Equivalence | None = None


def _exact_fits(layer: RNN) -> bool:
    return layer.states <= _EXACT_STATES and exact_work_fits(
        layer.states, 2 * layer.W.denominator.bit_length()
    )


def _exact_layer(
    source: StoredNetwork,
    stored: StoredNetwork,
    k: int,
    M: Fraction,
    state_bound: Any,
    scaling: bool | Sequence[Any],
) -> _Layer:
    layer = require_rnn(source.layers[k])
    e = equivalent_urnn(layer, M, state_bound=state_bound, scaling=scaling)
    try:
        upper = _upper(source, stored, k, M, e.scaling)
        needed = upper.gate_bias(e.urnn.W.to_numpy())
        e, reach = with_room(e, needed), _reach(upper, stored, k)
    except (UndecidedError, UnsupportedError):  # no bound for floats: the report says why
        e = with_room(e)
        reach = output_bound(e) if k + 1 < len(source.layers) else Fraction(0)
    if e.bound is not None and k + 1 < len(source.layers):
        reach = max(reach, output_bound(e))
    return _Layer(e.urnn, M, e.scaling, few_bits(reach), _second(stored, k, e.urnn.states), e)


def _float_layer(
    source: StoredNetwork,
    stored: StoredNetwork,
    k: int,
    M: Fraction,
    _: Any,
    scaling: bool | Sequence[Any],
) -> _Layer:
    layer = require_rnn(source.layers[k])
    require_relu(layer)
    E = _scaling(layer, scaling)
    upper = _upper(source, stored, k, M, E)
    _ = upper.computed_effect  # refuses what is not contractive before any work on U
    weights = upper.with_gates(halmos(upper.stored.W))
    second = RationalMatrix.zeros(weights.states, 1)
    if weights.second_bias is not None:
        second = RationalMatrix.parse(weights.second_bias, "second_bias", ndim=1)
    return _Layer(weights.exact(), M, E, few_bits(_reach(upper, stored, k)), second)


def _scaling(layer: RNN, scaling: bool | Sequence[Any]) -> Scaling:
    if not isinstance(scaling, bool):
        return tuple(exact_number(e, f"scaling[{i}]") for i, e in enumerate(scaling))
    if scaling and not is_contractive(layer):
        return contractive_scaling(layer.W)
    return None


def _upper(
    source: StoredNetwork, stored: StoredNetwork, k: int, M: Fraction, E: Scaling
) -> UpperUnits:
    """Return the units of layer k as they will be stored, with their bounds."""
    layer = require_rnn(source.layers[k])
    require_relu(layer)
    kind = natural_dtype(stored)
    if E is None:
        return UpperUnits(layer, float_layer(stored, k, kind), M, None, "auto")
    return UpperUnits(layer, FloatNetwork.rounded(rescale(layer, E), kind), M, E, "auto")


def _reach(upper: UpperUnits, stored: StoredNetwork, k: int) -> Fraction:
    return OriginalRun(upper, float_layer(stored, k, natural_dtype(stored))).reach


def _second(stored: StoredNetwork, k: int, size: int) -> RationalMatrix:
    if not stored.second_biases:
        return RationalMatrix.zeros(size, 1)
    second = stored.second_biases[k]
    return RationalMatrix.blocks([[second], [RationalMatrix.zeros(size - second.shape[0], 1)]])
