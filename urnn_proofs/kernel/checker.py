"""Which check a certificate asks for, and the digest of what it claims."""

import hashlib
import json
from os import PathLike
from typing import Any, NamedTuple

from .equivalence import check_equivalence
from .identity import check_identity
from .inequality import check_inequality
from .lower_bound import check_lower_bound
from .reading import MAX_BYTES, Malformed, Rejected, fields, items, load, spend, text

_CHECKS = {"equivalence": check_equivalence, "identity": check_identity}
_CHECKS |= {"inequality": check_inequality, "lower_bound": check_lower_bound}


class Outcome(NamedTuple):
    """What was proved, in words, and the SHA-256 digest of the claim."""

    statement: str
    digest: str


def check(path: str | PathLike[str]) -> Outcome:
    """Check a file; raises Rejected, Malformed, or OSError if it cannot be read."""
    with open(path, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    return check_text(data.decode("utf-8", errors="replace"))  # text() refuses what is not ASCII


def check_text(source: str) -> Outcome:
    """Check the text of a certificate; see :func:`check`."""
    spend(start=True)
    data = load(source)
    keys = ("format", "version", "kind", "claim", "evidence", "digest", "tools")
    form, version, kind, claim, evidence, digest, tools = fields(data, "certificate", *keys)
    if (form, version, type(version)) != ("urnn_proofs certificate", 2, int):
        raise Malformed("expected the format 'urnn_proofs certificate', version 2")
    for entry in items(tools, "tools", 20):  # who made it: for people, believed by nobody
        text(entry, "tools")
    canonical = json.dumps(claim, sort_keys=True, separators=(",", ":"))
    if digest != hashlib.sha256(canonical.encode()).hexdigest():
        raise Rejected("the digest is not that of the claim")
    return Outcome(_dispatch(kind, claim, evidence), digest)


def _dispatch(kind: Any, claim: Any, evidence: Any, *, inside: bool = False) -> str:
    if kind == "bundle" and not inside:
        parts = [fields(x, "claim", "kind", "claim") for x in items(claim, "claim", 200, 1)]
        proofs = items(evidence, "evidence", len(parts), len(parts))
        shown = [_dispatch(k, c, proof, inside=True) for (k, c), proof in zip(parts, proofs)]
        return f"{len(parts)} claims:\n  " + "\n  ".join(shown)
    if not isinstance(kind, str) or kind not in _CHECKS:
        raise Malformed(f"unknown kind; expected one of bundle, {', '.join(_CHECKS)}")
    return _CHECKS[kind](claim, evidence)
