"""Certificates: what was proved, with what is needed to derive it again without the prover.

A certificate is JSON with exact rationals.  It is written here and checked by
:mod:`urnn_proofs.kernel`, which shares no code with anything else in the package.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from urnn_proofs import kernel
from urnn_proofs.atomic import writing
from urnn_proofs.errors import InputError, UnsupportedError
from urnn_proofs.exact.state_bound import BoundRule
from urnn_proofs.number import format_rational
from urnn_proofs.rational import RationalMatrix
from urnn_proofs.scaled import ScaledRational
from urnn_proofs.symbolic.cofactors import Cofactor
from urnn_proofs.symbolic.free_algebra import Polynomial
from urnn_proofs.verdict import Verdict

if TYPE_CHECKING:
    from urnn_proofs.network import RNN
    from urnn_proofs.theorems.equivalence import Equivalence

__all__ = ["Certificate", "bundle", "check", "equivalence_certificate", "identity_certificate"]


@dataclass(frozen=True)
class Certificate:
    """A claim with its evidence, ready to be saved or checked.

    Parameters
    ----------
    kind
        "equivalence", "identity", "inequality" or "bundle".
    claim, evidence
        JSON-compatible values; the kernel documents their form.
    """

    kind: str
    claim: Any
    evidence: Any

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
            "version": 1,
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
            data = kernel.reading.load(Path(path).read_text(encoding="utf-8"))
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
            kernel.check(certificate)
    except kernel.Rejected:
        return Verdict.REFUTED
    except (kernel.Malformed, OSError) as error:
        raise InputError(f"not a well-formed certificate: {error}") from None
    return Verdict.PROVED


def equivalence_certificate(equivalence: Equivalence) -> Certificate:
    """Return the certificate that two networks have the same outputs.

    Raises
    ------
    UnsupportedError
        If the state bound was supplied by the caller and no rule proves it, or the network is
        larger than what the kernel reads.
    """
    rnn, urnn, bound = equivalence.rnn, equivalence.urnn, equivalence.bound
    if bound.rule is BoundRule.SUPPLIED:
        raise UnsupportedError(
            "the state bound was supplied and not proved; a certificate needs one that a rule "
            "proves"
        )
    largest = kernel.reading.MAX_SIZE
    if urnn.states > largest:
        raise UnsupportedError(
            f"the URNN has {urnn.states} states; certificates are written for at most {largest}"
        )
    assert isinstance(rnn.W, RationalMatrix)
    assert isinstance(urnn.W, ScaledRational)
    claim = {
        "rnn": {"W": _rows(rnn.W), **_weights(rnn)},
        "urnn": {
            "R": _rows(urnn.W.R),
            "alpha": [format_rational(x) for x in urnn.W.alpha],
            "beta": [format_rational(x) for x in urnn.W.beta],
            **_weights(urnn),
        },
        "input_bound": format_rational(equivalence.input_bound),
    }
    sign = bound.rule is BoundRule.SIGN
    numbers = {
        "H": bound.H,
        "rho": Fraction(0) if sign else bound.rho,
        "F_norm": bound.F_norm,
        "b_norm": bound.b_norm,
    }
    evidence: dict[str, Any] = {"rule": "sign" if sign else "norm"}
    evidence |= {name: format_rational(value) for name, value in numbers.items()}
    scaling = equivalence.scaling or (Fraction(1),) * rnn.states
    evidence["scaling"] = [format_rational(x) for x in scaling]
    return Certificate("equivalence", claim, evidence)


def identity_certificate(
    conclusion: Polynomial, relations: Sequence[Polynomial], cofactors: Sequence[Cofactor]
) -> Certificate:
    """Return the certificate that *conclusion* lies in the ideal of the relations."""
    letters = [
        {
            "name": x.name,
            "adjoint": x.adjoint_name,
            "domain": x.domain,
            "codomain": x.codomain,
        }
        for x in conclusion.alphabet.letters
    ]
    claim = {
        "letters": letters,
        "relations": [relation.as_json() for relation in relations],
        "conclusion": conclusion.as_json(),
    }
    return Certificate("identity", claim, {"cofactors": [c.as_json() for c in cofactors]})


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


def _weights(rnn: RNN) -> dict[str, Any]:
    return {
        "F": _rows(rnn.F),
        "b": [row[0] for row in _rows(rnn.b)],
        "C": _rows(rnn.C),
        "h_init": [row[0] for row in _rows(rnn.h_init)],
        "activation": rnn.activation.name,
    }


def _rows(matrix: RationalMatrix) -> list[list[str]]:
    return [[format_rational(x) for x in row] for row in matrix.to_fractions()]
