"""Which activations are constant on no interval, so that Theorem 3.3 applies, and why.

For each built-in one Coq has the conclusion of Theorem 3.3; what is said here of its slope is the
reason in a line.  An activation that is constant on a half-line is on the other side: Theorem 3.1
applies to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flint import arb

from urnn_proofs.formal.record import theorem_standing
from urnn_proofs.model.activation import Activation, PiecewiseLinear, activation
from urnn_proofs.model.errors import UnsupportedError
from urnn_proofs.model.verdict import USED, Check, Role, Trust, Verdict

__all__ = ["NowhereFlat", "nowhere_flat", "nowhere_flat_checks"]

_ANALYTIC = "an analytic function whose derivative is somewhere not 0 is constant on no interval"


@dataclass(frozen=True)
class NowhereFlat:
    """Why an activation is constant on no interval.

    Parameters
    ----------
    name
        The activation.
    reason
        In one sentence.
    slope_at
        Enclosure of ``phi'(1)``, None for a piecewise linear one.
    used
        What is taken from textbooks.
    non_expansive
        Whether all slopes are at most 1, so that contractive networks exist for it.
    coq
        The Coq theorem that Theorem 3.3 holds for it, and how Coq defines it; None if there is
        none.
    """

    name: str
    reason: str
    slope_at: str | None
    used: str
    non_expansive: bool
    coq: tuple[str, str] | None = None


def _sigmoid(z: arb) -> arb:
    return 1 / (1 + (-z).exp())


def _normal(z: arb) -> tuple[arb, arb]:
    """Return the distribution function and the density of the standard normal."""
    density = (-z * z / 2).exp() / (2 * arb.pi()).sqrt()
    return (1 + (z / arb(2).sqrt()).erf()) / 2, density


_Slope = tuple[Callable[[arb], arb], str, str]
# built-in activation -> (phi', reason, what is used)
_SLOPES: dict[Activation, _Slope] = {
    activation("tanh"): (
        lambda z: 1 - z.tanh() ** 2,
        "phi' = 1 - tanh^2 > 0 everywhere",
        "calculus",
    ),
    activation("logistic"): (
        lambda z: _sigmoid(z) * (1 - _sigmoid(z)),
        "phi' = s (1 - s) > 0 everywhere",
        "calculus",
    ),
    activation("softplus"): (_sigmoid, "phi' is the logistic function, > 0 everywhere", "calculus"),
    activation("elu"): (
        lambda z: arb(1),
        "phi' = exp(z) for z < 0 and 1 for z > 0: > 0 everywhere",
        "calculus",
    ),
    activation("gelu"): (lambda z: _normal(z)[0] + z * _normal(z)[1], "phi is analytic", _ANALYTIC),
    activation("silu"): (
        lambda z: _sigmoid(z) * (1 + z * (1 - _sigmoid(z))),
        "phi is analytic",
        _ANALYTIC,
    ),
    activation("sin"): (lambda z: z.cos(), "phi is analytic", _ANALYTIC),
}


#: built-in activation -> (its Coq theorem, its definition in Coq)
_IN_COQ: dict[Activation, tuple[str, str]] = {
    activation("tanh"): (
        "theorem_3_3_tanhR",
        "tanhR z = (e^z - e^-z) / (e^z + e^-z)",
    ),
    activation("logistic"): ("theorem_3_3_logisticR", "logisticR z = 1 / (1 + e^-z)"),
    activation("softplus"): ("theorem_3_3_softplusR", "softplusR z = ln (1 + e^z)"),
    activation("elu"): ("theorem_3_3_eluR", "eluR z = z for z >= 0 and e^z - 1 for z < 0"),
    activation("leaky_relu"): (
        "theorem_3_3_leaky",
        "leaky a z = a z + (1 - a) max(0, z) for any a that is not 0; here a = 1/100",
    ),
    activation("gelu"): (
        "theorem_3_3_geluR",
        "geluR z = z normal_cdf z, where normal_cdf has slopes q e^(-z^2/2) for some q > 0 and "
        "tends to 0 at -infinity and to 1 at +infinity (Coq theorem normal_cdf_spec)",
    ),
    activation("silu"): ("theorem_3_3_siluR", "siluR z = z / (1 + e^-z)"),
    activation("sin"): ("theorem_3_3_sinR", "sinR z = sin z, by its power series"),
}


def nowhere_flat(name: str) -> NowhereFlat:
    """Return why the activation of this name is constant on no interval.

    Raises
    ------
    UnsupportedError
        If it is constant somewhere, or nothing is known about it.
    InputError
        If there is no activation of that name.

    Examples
    --------
    >>> nowhere_flat("leaky_relu").reason
    'no slope is 0: 1/100, 1'
    """
    phi = activation(name)
    if isinstance(phi, PiecewiseLinear):
        if 0 in phi.slopes:
            raise UnsupportedError(
                f"{phi.name} is constant on an interval (a slope is 0); Theorem 3.3 needs an "
                f"activation that is constant on none"
            )
        shown = ", ".join(str(s) for s in phi.slopes)
        return NowhereFlat(
            phi.name,
            f"no slope is 0: {shown}",
            None,
            "kinks are isolated",
            phi.lipschitz <= 1,
            _IN_COQ.get(phi),
        )
    if phi not in _SLOPES:
        raise UnsupportedError(
            f"whether {phi.name} is constant on an interval is not known here; expected one of: "
            f"{', '.join(known.name for known in _SLOPES)}"
        )
    slope, reason, used = _SLOPES[phi]
    value = slope(arb(1))
    if value.contains(0):
        raise UnsupportedError(f"the enclosure of the slope of {phi.name} at 1 contains 0")
    return NowhereFlat(phi.name, reason, value.str(8), used, phi.lipschitz <= 1, _IN_COQ.get(phi))


def nowhere_flat_checks() -> tuple[Check, ...]:
    """Return one check for each activation that Theorem 3.3 covers besides tanh and logistic."""
    names = ("softplus", "elu", "leaky_relu", "gelu", "silu", "sin")
    return tuple(_check(nowhere_flat(name)) for name in names)


def _check(found: NowhereFlat) -> Check:
    evidence = {"why": found.reason}
    if found.slope_at is not None:
        evidence["phi'(1)"] = found.slope_at
    if not found.non_expansive:
        evidence["note"] = (
            "slopes above 1: with ||W|| < 1 alone a network is not contractive as in the paper"
        )
    if found.coq is None:
        return _in_words(found, evidence)
    name, definition = found.coq
    standing = theorem_standing(name)
    if not standing.applies:
        return _in_words(found, evidence | {"Coq": " ".join(standing.against)})
    theorem = standing.theorems[0]
    return Check(
        name=f"with {found.name}",
        claim=f"with {found.name} there is a network with one state and ||W|| < 1 that no URNN of "
        f"any size matches: {found.reason}",
        scope=f"{found.name}, all N, all M > 0",
        verdict=Verdict.PROVED,
        trust=Trust.FORMAL,
        engine=f"Coq {theorem.coq}, {name}, recorded",
        evidence=evidence | {"definition": definition, name: theorem.statement},
        role=Role.CROSS_CHECK,
    )


def _in_words(found: NowhereFlat, evidence: dict[str, str]) -> Check:
    return Check(
        name=f"with {found.name}",
        claim=f"{found.name} is constant on no interval: {found.reason}",
        scope=f"{found.name}, all arguments",
        verdict=Verdict.PROVED,
        trust=Trust.EXACT if found.slope_at is None else Trust.BALL,
        engine="theorems.nowhere_flat (Arb)",
        evidence=evidence | {USED: f"{found.used}; the remark on generic inputs"},
        role=Role.CROSS_CHECK,
    )
