r"""The head of a generated text: what it is, what it rests on, and a digest of every letter.

``verify`` reads the head, proves and writes everything again, and compares.  The digest only tells
an edited text from one that no longer follows; what counts is the comparison.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Report
from urnn_proofs.show.paper.frame import needs
from urnn_proofs.show.paper.request import Request
from urnn_proofs.show.tex.escape import comment
from urnn_proofs.theorems.proof import Proof

__all__ = ["Outcome", "read_head", "sealed", "verify"]

_FIRST = "% urnn-proofs latex, format 1"
_MAX_BYTES = 4_000_000
_HEAD = re.compile(
    re.escape(_FIRST) + r"\n% text: sha256 ([0-9a-f]{64})\n% version: (\S+)\n% options: (.+)\n"
)


@dataclass(frozen=True)
class Outcome:
    """What verifying a text came to."""

    matches: bool
    text: str
    reports: tuple[Report, ...] = ()


def sealed(text: str, request: Request, pairs: Sequence[tuple[Proof, Report]]) -> str:
    """Put the head in front of a text."""
    lines = [f"version: {request.version}", f"options: {request.to_json()}"]
    for proof, report in pairs:
        certificate = report.certificate
        digest = "none" if certificate is None else f"sha256 {certificate.digest}"
        lines.append(
            f"Theorem {proof.name}: {report.verdict}, trust {report.trust}; certificate: {digest}"
        )
        lines.append(f"Theorem {proof.name}: wording and checks: sha256 {proof.seal}")
    lines += needs(request)
    lines.append("generated; `urnn-proofs latex --verify FILE` says whether it still holds")
    rest = "".join(f"% {comment(line)}\n" for line in lines) + text
    return f"{_FIRST}\n% text: sha256 {_digest(rest)}\n{rest}"


def read_head(text: str) -> tuple[str, Request]:
    """Return the digest that a text carries, and the request it answers.

    Raises
    ------
    InputError
        If it is not a text of this package.
    """
    found = _HEAD.match(text)
    if found is None:
        raise InputError(f"the file does not begin with {_FIRST!r} and its digest")
    return found[1], Request.from_json(found[3], found[2])


def verify(path: Path) -> Outcome:
    """Prove and write everything again, and compare.

    Raises
    ------
    InputError
        If the file cannot be read, or is not a text of this package.
    """
    from urnn_proofs import __version__
    from urnn_proofs.show.paper.document import generate  # which imports this module

    try:
        if path.stat().st_size > _MAX_BYTES:
            raise InputError(f"{path} is larger than any text of this package")
        text = path.read_bytes().decode("ascii").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    digest, request = read_head(text)
    made = generate(request)
    if text == made.text:
        other = "" if request.version == __version__ else f", written by version {request.version}"
        return Outcome(True, f"the text is what version {__version__} proves{other}", made.reports)
    rest = text.split("\n", 2)[2]
    if _digest(rest) != digest:
        return Outcome(False, "the text was changed after it was generated", made.reports)
    return Outcome(
        False, f"the text is not what version {__version__} proves and writes", made.reports
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
