"""How far the outputs of a floating-point URNN can be from those of the RNN, on all of X_M.

The RNN: ``h^k = relu(W h^{k-1} + F x^k + b)``, ``y^k = C h^k``, exact, with ``||h^k|| <= H``.
The stored network has n *upper* units with weights ``W', F', b', C', h'``, close to those of the
RNN, and *lower* units (the gates) with rows ``s_i`` of U over the upper units, rows ``f_i`` of F,
biases ``-B_i``, initial state 0.  Write ``rho' = ||W'||``, ``g^k`` for its upper states in exact
arithmetic, ``c^k`` for the computed ones, m and p for the numbers of inputs and outputs.

Gates.  As long as the lower states are exactly 0, the columns of U and C that belong to them do not
matter, in exact and in computed arithmetic alike (a product with 0 is 0, and adding 0 is exact).
In exact arithmetic they stay 0 as long as ``s_i . g + f_i . x <= B_i``, for which
``s G + f M <= min B`` suffices: Cauchy-Schwarz, with ``s``, ``f`` the largest row norms and
``||g^k|| <= G``.  A computed preactivation differs from the exact one by at most
``gamma_K (|s_i|.|c| + |f_i|.|x| + B_i) + t``, so the computed lower states stay 0 if
``(1 + gamma_K)(s G^ + f M) + t <= (1 - gamma_K) min B``, ``||c^k|| <= G^``.  The *slack* is
``min B - (s G + f M)``; the lower bias ``-H`` of the exact URNN has none to speak of.

Rounding of the weights (exact arithmetic).  ReLU is non-expansive, so ``e_k = ||g^k - h^k||`` obeys
``e_k <= rho' e_{k-1} + ||W' - W|| H + ||F' - F|| M + ||b' - b||``, hence

    e = max(||h' - h_init||, (||W' - W|| H + ||F' - F|| M + ||b' - b||) / (1 - rho')),
    ||y'^k - y^k|| = ||C'(g^k - h^k) + (C' - C) h^k|| <= ||C'|| e + ||C' - C|| H,

for all k: from ``e_{k-1} <= e`` follows ``e_k <= e``.  ``rho' <= ||W|| + ||W' - W||`` below 1 is
all that is needed.  Likewise ``G = min(H + e, max(||h'||, (||F'|| M + ||b'||) / (1 - rho')))``.

Rounding inside the recursion.  With ``K = n + m + 2`` terms in a preactivation (n states, m inputs,
two biases, as PyTorch and ONNX have them) the computed one is ``W' c + F' x + b' + r``,
``|r_i| <= gamma_K (|W'||c| + |F'||x| + |b'|)_i + t``, ``|b'|`` the sizes of both biases added up,
whatever the order of the additions (:mod:`urnn_proofs.checks.numeric.rounding`; t is the effect of
underflow), and relu is exact.  So, with
``R(G^) = gamma_K (|| |W'| || G^ + || |F'| || M + || |b'| ||) + sqrt(n) t``,

    ||c^k|| <= G^ = max(||h'||, the solution of  G^ = rho' G^ + ||F'|| M + ||b'|| + R(G^)),
    d_k = ||c^k - g^k|| <= rho' d_{k-1} + R(G^),   d_{-1} = 0,   so d = R(G^) / (1 - rho'),

and an output differs by at most ``||C'|| d + gamma_{n+1} || |C'| || G^ + sqrt(p) t'``.

What is assumed of the engine that runs the network: IEEE arithmetic of the stored format, rounding
to nearest, sums in any order, fused multiply-adds allowed; no reduced precision (TF32, bfloat16)
and no fast matrix multiplication.  Inputs are numbers of that format with ``||x^k|| <= M``.

Weighted norms.  All of this holds just as well for ``||S h||`` in place of ``||h||``, S any
positive diagonal: relu is non-expansive there too, and rounding errors satisfy
``|S r| <= gamma_K (|S W' S^-1| |S c| + |S F'| |x| + |S b'|) + S t`` entrywise.  So every norm may
be that of the rescaled weights ``(S W' S^-1, S F', S b', C' S^-1, S h')``, ``s_i`` replaced by
``s_i S^-1``, with underflow multiplied by powers of the scales (*stretch*).  What changes is how
large the bounds come out, not which network is run.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.checks.numeric.rounding import Format, gamma, underflow
from urnn_proofs.checks.numeric.weight_norms import Differences, Gates, Norms
from urnn_proofs.model.bound_text import about
from urnn_proofs.model.errors import UndecidedError
from urnn_proofs.model.number import round_up, sqrt_upper

__all__ = [
    "ComputedBound",
    "ErrorBounds",
    "WeightsBound",
    "computed_bound",
    "gap",
    "output_bias_bound",
    "output_growth",
    "require_in_range",
    "required_gate_bias",
    "room_in_computation",
    "slack",
    "state_bound",
    "weights_bound",
]


@dataclass(frozen=True)
class ErrorBounds:
    """Bounds of differences of outputs, Euclidean, for all k and all inputs in X_M.

    Parameters
    ----------
    weights
        The stored weights in exact arithmetic, against the exact RNN.
    recursion
        The computed outputs, against the stored weights in exact arithmetic.
    same_engine
        The computed outputs, against those of the original RNN run in the same arithmetic (its
        weights rounded to the same format).
    """

    weights: Fraction
    recursion: Fraction
    same_engine: Fraction

    @property
    def total(self) -> Fraction:
        """The computed outputs, against the exact RNN."""
        return self.weights + self.recursion

    def __repr__(self) -> str:
        return f"<ErrorBounds: {self}>"

    def __str__(self) -> str:
        parts = f"{about(self.weights)} from the weights and {about(self.recursion)} from computing"
        return f"at most {about(self.total)}: {parts}; same engine: {about(self.same_engine)}"


@dataclass(frozen=True)
class WeightsBound:
    """What rounding the weights does, in exact arithmetic.

    Parameters
    ----------
    output
        Bounds ``||y'^k - y^k||``.
    state
        e, bounds ``||g^k - h^k||``.
    largest_state
        G, bounds ``||g^k||``.
    """

    output: Fraction
    state: Fraction
    largest_state: Fraction


@dataclass(frozen=True)
class ComputedBound:
    """What rounding inside the recursion does.

    Parameters
    ----------
    output
        Bounds the distance of the computed outputs from the exact ones of the same weights.
    state
        d, the same for the states.
    largest_state
        G^, bounds the computed states.
    """

    output: Fraction
    state: Fraction
    largest_state: Fraction


def state_bound(norms: Norms, rho: Fraction, M: Fraction) -> Fraction:
    """Return H with ``||h^k|| <= H`` for inputs in X_M (step S4 of Theorem 3.1).

    Parameters
    ----------
    rho
        An upper bound of ``||W||``, below 1.

    Raises
    ------
    UndecidedError
        If rho is not below 1.
    """
    steady = (norms.F * M + norms.b) / gap(rho)
    return round_up(max(norms.h_init, steady), 64)


def weights_bound(
    norms: Norms, rho: Fraction, changed: Differences, H: Fraction, M: Fraction
) -> WeightsBound:
    """Bound the effect of rounding the weights.

    Parameters
    ----------
    norms
        Of the stored weights of the upper units.
    rho
        rho', an upper bound of ``||W'||``.
    changed
        Stored minus wanted.
    H, M
        Bounds of the exact states and of the inputs.

    Raises
    ------
    UndecidedError
        If rho is not below 1.
    """
    step = changed.W * H + changed.F * M + changed.b
    e = round_up(max(changed.h_init, step / gap(rho)), 64)
    return WeightsBound(
        output=round_up(norms.C * e + changed.C * H, 64),
        state=e,
        largest_state=min(H + e, state_bound(norms, rho, M)),
    )


def computed_bound(
    norms: Norms, rho: Fraction, M: Fraction, arithmetic: Format, stretch: Fraction = Fraction(1)
) -> ComputedBound:
    """Bound the effect of rounding inside the recursion.

    Parameters
    ----------
    norms, rho, M
        As for :func:`weights_bound`.
    stretch
        What underflow is to be multiplied with, for rescaled states.

    Raises
    ------
    UndecidedError
        If rounding is not small against ``1 - rho``, or sums may overflow.
    """
    K = norms.states + norms.inputs + 2
    unit, root = gamma(K, arithmetic), sqrt_upper(Fraction(norms.states))
    # R(G) = constant + slope G; t grows by `tiny` for each unit of a factor's size.
    tiny = underflow(K, Fraction(-2), arithmetic) * stretch
    fixed = underflow(K, norms.W_abs + norms.F_abs + M, arithmetic) * stretch
    slope = unit * norms.W_abs + root * tiny
    constant = unit * (norms.F_abs * M + norms.b_abs) + root * fixed
    steady = (norms.F * M + norms.b + constant) / gap(rho + slope)
    G = round_up(max(norms.h_init, steady), 64)
    d = round_up((constant + slope * G) / (1 - rho), 64)
    readout = underflow(norms.states + 1, norms.C_abs + G, arithmetic) * stretch
    last = gamma(norms.states + 1, arithmetic) * norms.C_abs * G
    output = norms.C * d + last + sqrt_upper(Fraction(norms.outputs)) * readout
    largest_sum = max(norms.W_abs * G + norms.F_abs * M + norms.b_abs, norms.C_abs * G)
    require_in_range(largest_sum * stretch, arithmetic)
    return ComputedBound(round_up(output, 64), d, G)


def output_bias_bound(
    norms: Norms,
    computed: ComputedBound,
    size: Fraction,
    arithmetic: Format,
    stretch: Fraction = Fraction(1),
) -> Fraction:
    """Bound what rounding the sum ``C h + d`` adds to the bound of ``C h``, ``||d|| <= size``.

    Raises
    ------
    UndecidedError
        If sums may overflow.
    """
    terms = norms.states + 2
    total = norms.C_abs * computed.largest_state + size
    require_in_range(total * stretch, arithmetic)
    lost = underflow(terms, norms.C_abs + computed.largest_state, arithmetic) * stretch
    rounding = gamma(terms, arithmetic) * total
    return round_up(rounding + sqrt_upper(Fraction(norms.outputs)) * lost, 64)


def slack(found: Gates, largest_state: Fraction, M: Fraction) -> Fraction:
    """Return ``min B - (s G + f M)``: what is left of the lower bias in exact arithmetic."""
    return -found.highest - (found.rows * largest_state + found.inputs * M)


def room_in_computation(
    found: Gates,
    largest_state: Fraction,
    sizes: Norms,
    M: Fraction,
    arithmetic: Format,
    stretch: Fraction = Fraction(1),
) -> Fraction:
    """Return by how much every computed lower preactivation stays below 0; negative: no proof.

    Parameters
    ----------
    largest_state
        G^, bounds the computed states.
    sizes
        For the numbers of states and inputs.

    Raises
    ------
    UndecidedError
        If sums may overflow.
    """
    K = sizes.states + sizes.inputs + 2
    reach = found.rows * largest_state + found.inputs * M
    require_in_range(reach - found.lowest, arithmetic)
    size = found.rows + found.inputs + largest_state + M
    unit, lost = gamma(K, arithmetic), underflow(K, size, arithmetic) * stretch
    return -found.highest * (1 - unit) - (1 + unit) * reach - lost


def required_gate_bias(
    found: Gates,
    largest_state: Fraction,
    sizes: Norms,
    M: Fraction,
    arithmetic: Format,
    stretch: Fraction = Fraction(1),
) -> Fraction:
    """Return the least B for which :func:`room_in_computation` is not negative."""
    unit = gamma(sizes.states + sizes.inputs + 2, arithmetic)
    closed = Gates(found.units, found.rows, found.inputs, Fraction(0), Fraction(0), True)
    return -room_in_computation(closed, largest_state, sizes, M, arithmetic, stretch) / (1 - unit)


def output_growth(norms: Norms, rho: Fraction, lipschitz: Fraction = Fraction(1)) -> Fraction:
    """Return ``||C|| L ||F|| / (1 - L rho)``: a Lipschitz constant from inputs to outputs."""
    return round_up(norms.C * lipschitz * norms.F / gap(rho, lipschitz), 64)


def gap(rho: Fraction, lipschitz: Fraction = Fraction(1)) -> Fraction:
    """Return ``1 - L rho``, for an activation with Lipschitz constant L.

    Raises
    ------
    UndecidedError
        If it is not positive.
    """
    found = 1 - lipschitz * rho
    if found <= 0:
        what = "||W||" if lipschitz == 1 else "L ||W||"
        raise UndecidedError(
            f"1 - {what} less the effect of rounding is {float(found):.3g}, and must be positive; "
            f"use float64, or a network whose norm is further below {float(1 / lipschitz):.3g}"
        )
    return found


def require_in_range(largest_sum: Fraction, arithmetic: Format) -> None:
    """Refuse sums that may overflow.

    Raises
    ------
    UndecidedError
        If twice the largest one is beyond the range of the format.
    """
    if not 2 * largest_sum < arithmetic.largest:
        raise UndecidedError(
            f"sums may overflow {arithmetic.name}; rescale the network or the inputs"
        )
