r"""The head of a generated text: what it is, what it rests on, and a digest of every letter.

``verify`` reads the head, proves and writes everything again, and compares.  The digest only tells
an edited text from one that no longer follows; what counts is the comparison.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Report
from urnn_proofs.show.paper.frame import needs
from urnn_proofs.show.paper.request import Request
from urnn_proofs.show.tex.escape import comment
from urnn_proofs.theorems.proof import Proof

__all__ = ["digest_of", "read_head", "sealed"]

_FIRST = "% urnn-proofs latex, format 1"
_HEAD = re.compile(
    re.escape(_FIRST) + r"\n% text: sha256 ([0-9a-f]{64})\n% version: (\S+)\n% options: (.+)\n"
)


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
    return f"{_FIRST}\n% text: sha256 {digest_of(rest)}\n{rest}"


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


def digest_of(text: str) -> str:
    """Return the SHA-256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()
