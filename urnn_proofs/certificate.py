"""Certificates: what was proved, with what is needed to derive it again without the prover.

A certificate is JSON with exact rationals.  It is written here and checked by
:mod:`urnn_proofs.kernel`, which shares no code with anything else in the package.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from urnn_proofs import kernel
from urnn_proofs.checks.exact.count_theorems import CountBound, fixed_point
from urnn_proofs.checks.exact.lower_bound import LowerBound
from urnn_proofs.checks.exact.margin import Margin
from urnn_proofs.checks.exact.state_bound import BoundRule, StateBound
from urnn_proofs.checks.symbolic.free_algebra import Polynomial
from urnn_proofs.guesses.cofactors import Cofactor
from urnn_proofs.model.activation import Activation, PiecewiseLinear, is_registered
from urnn_proofs.model.atomic import as_path, writing
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.network import RNN, URNN, Network
from urnn_proofs.model.number import format_rational
from urnn_proofs.model.rational import RationalMatrix
from urnn_proofs.model.verdict import Verdict

__all__ = [
    "Certificate",
    "bundle",
    "check",
    "consequence_certificate",
    "copies_certificate",
    "equivalence_certificate",
    "hypotheses_certificate",
    "labelled",
    "lower_bound_certificate",
    "within_certificate",
]


@dataclass(frozen=True)
class Certificate:
    """A claim with its evidence, ready to be saved or checked.

    Parameters
    ----------
    kind
        "equivalence", "within", "lower_bound", "hypotheses", "consequence" or "bundle".
    claim, evidence
        JSON-compatible values; the kernel documents their form.
    """

    kind: str
    claim: Any
    evidence: Any

    def __repr__(self) -> str:
        return f"<Certificate: {self.kind}, sha256 {self.digest}>"

    @property
    def digest(self) -> str:
        """SHA-256 of the claim in canonical JSON."""
        canonical = json.dumps(self.claim, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()

    def to_json(self) -> str:
        """Return the text of the certificate."""
        from urnn_proofs import __version__

        data = {
            "format": "urnn_proofs certificate",
            "version": 3,
            "kind": self.kind,
            "digest": self.digest,
            "tools": [f"urnn_proofs {__version__}", f"python {platform.python_version()}"],
            "claim": self.claim,
            "evidence": self.evidence,
        }
        return json.dumps(data, indent=1) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the certificate; the file appears only when it is complete.

        Raises
        ------
        InputError
            If the folder does not exist.
        """
        with writing(path) as stream:
            stream.write(self.to_json().encode())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Certificate:
        """Read a certificate without checking it; use :func:`check` to check it.

        Raises
        ------
        InputError
            If the file is missing or is not a certificate.
        """
        try:
            with open(path, "rb") as stream:
                data = kernel.reading.load(stream.read(kernel.reading.MAX_BYTES + 1).decode())
            return cls(data["kind"], data["claim"], data["evidence"])
        except (OSError, UnicodeDecodeError, kernel.Malformed, KeyError, TypeError) as error:
            raise InputError(f"{path} is not a readable certificate: {error}") from None


def check(certificate: Certificate | str | os.PathLike[str]) -> Verdict:
    """Let the kernel check a certificate: an object, a path, or JSON text.

    Returns
    -------
    Verdict
        PROVED if the kernel derives the claim; REFUTED if the certificate does not prove
        its claim (which may still be true).

    Raises
    ------
    InputError
        If it is not a well-formed certificate, or the file cannot be read.
    """
    try:
        if isinstance(certificate, Certificate):
            kernel.check_text(certificate.to_json())
        elif isinstance(certificate, str) and certificate.lstrip().startswith("{"):
            kernel.check_text(certificate)
        else:
            kernel.check(as_path(certificate))
    except kernel.Rejected:
        return Verdict.REFUTED
    except kernel.Malformed as error:
        raise InputError(f"not a well-formed certificate: {error}") from None
    except OSError as error:
        raise InputError(
            f"{certificate} cannot be read: {error.strerror or error}; expected a certificate's "
            f"file, or its text"
        ) from None
    return Verdict.PROVED


def equivalence_certificate(
    rnn: RNN,
    urnn: URNN,
    input_bound: Fraction,
    *,
    scaling: Sequence[Fraction] | None,
    side: str,
    bound: StateBound | None,
) -> Certificate:
    """Return the certificate that two networks have the same outputs.

    Parameters
    ----------
    rnn, urnn, input_bound
        The claim.
    scaling
        E, if the states of *urnn* are rescaled.
    side
        "left" or "right": where the activation is constant; "none" without added units.
    bound
        The state bound, if units were added.

    Raises
    ------
    UnsupportedError
        If the state bound was supplied by the caller and no rule proves it, or the network or a
        number in it is larger than what the kernel reads.
    """
    if urnn.activation != rnn.activation:
        raise UnsupportedError(
            f"the activations are {rnn.activation.name!r} and {urnn.activation.name!r}; a "
            f"certificate is about two networks with the same one"
        )
    if bound is not None and bound.rule is BoundRule.SUPPLIED:
        raise UnsupportedError(
            "the state bound was supplied and not proved; a certificate needs one that a rule "
            "proves"
        )
    n = rnn.states
    evidence = {
        "copies": [*range(n), *[-1] * (urnn.states - n)],
        "scaling": [_short(x) for x in scaling or (Fraction(1),) * n],
        "side": side,
        "bound": None if bound is None else _bound(bound, n),
    }
    return Certificate("equivalence", _same_outputs(rnn, urnn, input_bound), evidence)


def copies_certificate(rnn: RNN, urnn: URNN, groups: Sequence[int]) -> Certificate:
    """Return the certificate that a URNN made of copies of the units has the same outputs.

    *groups* says which unit of *rnn* each unit of *urnn* copies.  The claim is for M = 1; it holds
    for every M, since no bound enters.
    """
    evidence = {
        "copies": list(groups),
        "scaling": ["1"] * rnn.states,
        "side": "none",
        "bound": None,
    }
    return Certificate("equivalence", _same_outputs(rnn, urnn, Fraction(1)), evidence)


def within_certificate(rnn: RNN, urnn: URNN, margin: Margin | None) -> Certificate:
    """Return the certificate that outputs differ by at most ``margin.error``.

    Inputs of either network have norm at most ``margin.input_bound``, and differ from those of the
    other by at most ``margin.input_error``.

    Raises
    ------
    UnsupportedError
        If the kernel does not know the activation, the networks have two, there is no margin, or
        the network or a number in it is larger than what the kernel reads.
    """
    name = rnn.activation.name
    if margin is None or urnn.activation != rnn.activation or name not in kernel.within.KINDS:
        raise UnsupportedError(
            f"certificates within epsilon are about a margin and one activation of "
            f"{', '.join(kernel.within.KINDS)}; here it is {name!r}"
        )
    if not is_registered(rnn.activation):
        raise UnsupportedError(f"the activation {name!r} is not the built-in one of that name")
    m = margin
    numbers = {
        "margin": m.B, "delta": m.delta, "spread": m.spread, "omega": m.omega, "gain": m.gain,
        "F_norm": m.F_norm, "b_norm": m.b_norm, "C_norm": m.C_norm, "H": m.H,
    }  # fmt: skip
    claim = _same_outputs(rnn, urnn, m.input_bound) | {
        "activation": name,
        "input_error": _short(m.input_error),
        "epsilon": _short(m.error),
    }
    evidence = {
        "side": m.side,
        "terms": m.terms,
        "weights": [_short(x) for x in m.D],
        "low": [_short(x) for x in m.low],
        "high": [_short(x) for x in m.high],
        **{key: _short(value) for key, value in numbers.items()},
    }
    return Certificate("within", claim, evidence)


def _same_outputs(rnn: RNN, urnn: URNN, input_bound: Fraction) -> dict[str, Any]:
    largest = kernel.reading.MAX_SIZE
    if urnn.states > largest:
        raise UnsupportedError(
            f"the URNN has {urnn.states} states; certificates are written for at most {largest}"
        )
    return {
        "rnn": {"W": _rows(rnn.W), **_weights(rnn)},
        "urnn": {
            "R": _rows(urnn.W.R),
            "alpha": _texts(urnn.W.alpha),
            "beta": _texts(urnn.W.beta),
            "offset": _column(urnn.offset),
            **_weights(urnn),
        },
        "activation": _activation(rnn.activation),
        "input_bound": _short(input_bound),
    }


def _bound(bound: StateBound, n: int) -> dict[str, Any]:
    e = bound.ellipsoid
    if bound.rule is BoundRule.ELLIPSOID and e is not None:
        return {
            "P": _rows(e.P),
            "V": _rows(e.V),
            "t": _texts(e.t),
            "H": format_rational(bound.H),
            "a": format_rational(e.a),
            "lambda": format_rational(e.lam),
        }
    rules = {BoundRule.NORM: "norm", BoundRule.SIGN: "sign", BoundRule.RANGE: "range"}
    return {
        "rule": rules[bound.rule],
        "scaling": [_short(x) for x in bound.scaling or (Fraction(1),) * n],
        "H": format_rational(bound.H),
        "rho": format_rational(bound.rho),
        "F_norm": format_rational(bound.F_norm),
        "b_norm": format_rational(bound.b_norm),
    }


def _activation(phi: Activation) -> Any:
    """Return the exact data of a piecewise linear activation; of others nothing is claimed."""
    if not isinstance(phi, PiecewiseLinear):
        return "any"
    return {
        "knots": [_short(x) for x in phi.knots],
        "slopes": [_short(x) for x in phi.slopes],
        "value": _short(phi.value),
    }


def lower_bound_certificate(rnn: RNN, input_bound: Fraction, bound: LowerBound) -> Certificate:
    """Return the certificate of a lower bound.

    Every URNN with the activation and the outputs of the RNN has at least ``bound.states`` states.

    Raises
    ------
    UnsupportedError
        If the network or a number in it is larger than what the kernel reads.
    """
    claim = {**_about(rnn, input_bound, len(bound.inputs)), "states": bound.states}
    evidence = {
        "inputs": [_texts(row) for row in bound.inputs],
        "scaling": [_short(x) for x in bound.scaling],
    }
    return Certificate("lower_bound", claim, evidence)


def hypotheses_certificate(rnn: RNN, input_bound: Fraction, bound: CountBound) -> Certificate:
    """Return the certificate that the hypotheses of a theorem on numbers of states hold.

    The kernel checks these; its statement names the theorem as assumed.

    Raises
    ------
    UnsupportedError
        If an eigenvalue is irrational, or the network or a number in it is larger than what the
        kernel reads.
    """
    if any(len(p) > 2 for _, p in bound.parts):
        raise UnsupportedError("an eigenvalue is irrational; the kernel reads rational ones")
    about = _about(rnn, input_bound)
    claim = {**about, "theorem": bound.theorem, "states": bound.states}
    evidence = {
        "input": _texts(bound.input),
        "fixed_point": _texts(fixed_point(rnn, bound.input)),
        "scaling": [_short(x) for x in bound.scaling],
        "parts": [
            {"units": list(units), "eigenvalue": _short(Fraction(-p[0], p[1])) if p else None}
            for units, p in bound.parts
        ],
    }
    return Certificate("hypotheses", claim, evidence)


def consequence_certificate(
    label: str,
    conclusion: Polynomial,
    relations: Sequence[Polynomial],
    cofactors: Sequence[Cofactor],
) -> Certificate:
    """Return the certificate that *conclusion* vanishes where the relations do.

    *label* says for people what it is for; see :func:`labelled`.
    """
    claim = {
        "label": label,
        "letters": conclusion.alphabet.as_json(),
        "hypotheses": [{"polynomial": r.as_json(), "sign": "="} for r in relations],
        "conclusion": {"polynomial": conclusion.as_json(), "sign": "="},
    }
    evidence = {"multiples": [c.as_json() for c in cofactors], "summands": []}
    return labelled(Certificate("consequence", claim, evidence), label)


def labelled(certificate: Certificate, *names: str) -> Certificate:
    """Name the theorem and the step a consequence is for: part of the claim, believed by nobody."""
    if certificate.kind != "consequence":
        return certificate
    parts = [re.sub(r"[^A-Za-z0-9._+]+", "-", name).strip("-._+")[:30] for name in names]
    label = "/".join(part for part in parts if part) or "unnamed"
    return replace(certificate, claim={**certificate.claim, "label": label})


def bundle(parts: Sequence[Certificate]) -> Certificate:
    """Join certificates into one file; bundles among them are taken apart."""
    flat: list[tuple[str, Any, Any]] = []
    for part in parts:
        if part.kind == "bundle":
            inner = zip(part.claim, part.evidence, strict=True)
            flat += [(c["kind"], c["claim"], e) for c, e in inner]
        else:
            flat.append((part.kind, part.claim, part.evidence))
    claim = [{"kind": kind, "claim": what} for kind, what, _ in flat]
    return Certificate("bundle", claim, [evidence for _, _, evidence in flat])


def _about(rnn: RNN, input_bound: Fraction, *sizes: int) -> dict[str, Any]:
    """Return what a claim about a network begins with, unless the kernel reads no such size."""
    largest = kernel.reading.MAX_SIZE
    if max(rnn.states, rnn.inputs, rnn.outputs, *sizes) > largest:
        raise UnsupportedError(
            f"the network has {rnn.states} states; certificates are written for at most {largest}"
        )
    return {
        "rnn": {"W": _rows(rnn.W), **_weights(rnn)},
        "activation": _activation(rnn.activation),
        "input_bound": _short(input_bound),
    }


def _weights(rnn: Network) -> dict[str, Any]:
    return {
        "F": _rows(rnn.F),
        "b": _column(rnn.b),
        "C": _rows(rnn.C),
        "h_init": _column(rnn.h_init),
    }


def _texts(values: Iterable[Fraction], longest: int = kernel.reading.MAX_DIGITS) -> list[str]:
    texts = [format_rational(x) for x in values]
    if (length := max(map(len, texts), default=0)) > longest:
        raise UnsupportedError(
            f"a number of the network has {length} characters; certificates are written with at "
            f"most {longest} in its place"
        )
    return texts


def _short(value: Fraction) -> str:
    """Write a number that the kernel prints, or multiplies weights with."""
    return _texts([value], kernel.reading.SHORT)[0]


def _column(matrix: RationalMatrix) -> list[str]:
    return [row[0] for row in _rows(matrix)]


def _rows(matrix: RationalMatrix) -> list[list[str]]:
    return [_texts(row) for row in matrix.to_fractions()]
