"""Which check a certificate asks for, and the digest of what it claims."""

import hashlib
import json
from os import PathLike
from typing import Any, NamedTuple

from .consequence import check_consequence
from .equivalence import check_equivalence
from .hypotheses import check_hypotheses
from .lower_bound import check_lower_bound
from .reading import MAX_BYTES, Budget, Malformed, Rejected, fields, items, load, word
from .within import check_within

_CHECKS = {"equivalence": check_equivalence, "lower_bound": check_lower_bound}
_CHECKS |= {"consequence": check_consequence, "within": check_within}
_CHECKS |= {"hypotheses": check_hypotheses}


class Outcome(NamedTuple):
    """What was proved, in words, and the SHA-256 digest of the claim."""

    statement: str
    digest: str


def check(path: str | PathLike[str]) -> Outcome:
    """Check a file; raises Rejected, Malformed, or OSError if it cannot be read."""
    with open(path, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    try:
        return check_text(data.decode("ascii"))
    except UnicodeDecodeError:
        raise Malformed("a certificate is written in ASCII") from None


def check_text(source: str) -> Outcome:
    """Check the text of a certificate; see :func:`check`."""
    data = load(source)
    keys = ("format", "version", "kind", "claim", "evidence", "digest", "tools")
    form, version, kind, claim, evidence, digest, tools = fields(data, "certificate", *keys)
    if (form, version, type(version)) != ("urnn_proofs certificate", 3, int):
        raise Malformed("expected the format 'urnn_proofs certificate', version 3")
    for entry in items(tools, "tools", 20):  # who made it: for people, believed by nobody
        word(entry, "tools", "[ -~]{0,200}")
    try:
        canonical = json.dumps(claim, sort_keys=True, separators=(",", ":"))
    except RecursionError:
        raise Malformed("the claim is nested too deeply") from None
    if digest != hashlib.sha256(canonical.encode()).hexdigest():
        raise Rejected("the digest is not that of the claim")
    return Outcome(_dispatch(kind, claim, evidence, Budget()), digest)


def _dispatch(kind: Any, claim: Any, evidence: Any, budget: Budget, inside: bool = False) -> str:
    if kind == "bundle" and not inside:
        parts = [fields(x, "claim", "kind", "claim") for x in items(claim, "claim", 200, 1)]
        proofs = items(evidence, "evidence", len(parts), len(parts))
        shown = [_dispatch(k, c, proof, budget, True) for (k, c), proof in zip(parts, proofs)]
        return f"{len(parts)} claims:\n  " + "\n  ".join(shown)
    if not isinstance(kind, str) or kind not in _CHECKS:
        raise Malformed(f"unknown kind; expected one of bundle, {', '.join(_CHECKS)}")
    return _CHECKS[kind](claim, evidence, budget)
