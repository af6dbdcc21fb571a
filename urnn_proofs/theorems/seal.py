"""The seal of a theorem: what its text says, and which check stands behind which step.

A machine checks algebra; that the algebra means what the text says is for a reader.  So what was
read is sealed when a theorem is registered: statement, hypotheses, steps, their order, and the
function that checks each of them.  A proof that differs in any part proves nothing until someone
has read it again: :func:`changes` names the parts.

A reader's word is recorded as the digest in :data:`READ`; a page whose text was edited after that
does not have it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from urnn_proofs.model.errors import InputError
from urnn_proofs.theorems.parts import Theorem

__all__ = ["READ", "changes", "prose_digest", "register", "seal_of"]

#: The seal of every theorem as it was last read beside its checks.
READ: dict[str, str] = {
    "3.1": "025519fc5233371332d4396863c6d0738023da92729358249fba9078bbbd968e",
    "3.2": "a933457c54abbfdd630169e8e36cf39e9eb5f2d4e552ca0495ff40e25f119586",
    "3.3": "a52d7d3d2ed20e2277a5277be055417da559d8aed6deae09f006ce8a8b722218",
    "3.3-strong": "540c2dd10ab681f0efafa2e093d815b616e3d6c853ed24c23118efdfb3ff10b0",
    "2n-1": "1c6119a7711577f01020176ec2e77b5f4c2ff6b13ebccdfb3bdff96c6cc8afd7",
    "n+mu": "3a2ebb9047f64b1c2bcc2562f2252e54d06e20433f8bffc152b4bc72b2cd80f2",
    "n+eigenspace": "ba644df90768497bbc72067feadfadcb42f193e04520b372f09ca26aa4c937af",
    "2n-iff-diagonal": "43b533656b44684bd6241bc80dece19c07f5b22ee12bc9e3e217653464672d15",
    "2n-not-robust": "bd3bcd4e5568bd66c9af40a3fadb9afae413385f8ef398331752543e81fb0554",
    "no-bound": "6c6121a3e1c03759db2f04d5a3fa540192a224535bac225aa96be387ce55a3ca",
    "complex": "08787a540d9e858418f1c45d85135bdb4ec4eb9d6072dea02b7dcc6ea0ebc22f",
    "expansive": "ccfb37ace7aedfb7ddd8e8c1bd0c457976f7e33e93c9165a9652f57f06877290",
    "epsilon": "e43f356270359c2d4595c5d51b5091fa09a50cbc935396e09f12f94e87e2cc88",
}

_Known = TypeVar("_Known", bound=Theorem)
_REGISTERED: dict[str, Mapping[str, Any]] = {}


def register(proof: _Known) -> _Known:
    """Seal a proof under its name and return it; the same proof may be registered again.

    Raises
    ------
    InputError
        If another proof has that name.
    """
    known = _REGISTERED.setdefault(proof.name, _parts(proof))
    if _differences(known, _parts(proof)):
        raise InputError(
            f"another proof is registered as {proof.name!r}; expected a name of its own"
        )
    return proof


def changes(proof: Theorem) -> tuple[str, ...]:
    """Return what differs between a proof and the registered one of its name, in words.

    Nothing if it is the registered one, and that is the one that was read.
    """
    known = _REGISTERED.get(proof.name)
    if known is None:
        return (f"no theorem {proof.name!r} is registered",)
    found = _differences(known, _parts(proof))
    if not found and READ.get(proof.name, proof.seal) != proof.seal:
        return ("its page was edited after it was read",)
    return found


def prose_digest(proof: Theorem) -> str:
    """Return the SHA-256 of name, statement, LaTeX and hypotheses."""
    said = [proof.name, proof.statement.text, proof.statement.latex, list(proof.hypotheses)]
    return _sha256(said)


def seal_of(proof: Theorem) -> str:
    """Return the SHA-256 of all parts, each check by the name of its function."""
    return _sha256([[label, _named(part)] for label, part in _parts(proof).items()])


def _parts(proof: Theorem) -> Mapping[str, Any]:
    """Return everything that is sealed, by what a reader would call it."""
    parts: dict[str, Any] = {
        "the statement": proof.statement.text,
        "the statement in LaTeX": proof.statement.tex,
        "the list of Coq theorems": list(proof.statement.coq),
        "the scope": proof.statement.scope,
        "the number of hypotheses": len(proof.hypotheses),
        "the order of the steps": [step.name for step in proof.steps],
        "the reference": proof.reference,
        "the list of examples": proof.audit,
        "the prose for papers": "" if proof.prose is None else str(proof.prose),
    }
    for i, hypothesis in enumerate(proof.hypotheses, 1):
        parts[f"hypothesis {i}"] = hypothesis
    for step in proof.steps:
        parts[f"the claim of step {step.name!r}"] = step.claim
        parts[f"the reason of step {step.name!r}"] = step.why
        parts[f"what step {step.name!r} uses"] = list(step.depends)
        parts[f"the check of step {step.name!r}"] = step.run
    return parts


def _differences(known: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    labels = dict.fromkeys((*known, *found))
    missing = object()
    return tuple(
        f"{label} was changed"
        for label in labels
        if not _same(known.get(label, missing), found.get(label, missing))
    )


def _same(one: Any, other: Any) -> bool:
    """Compare texts by their letters, functions by identity."""
    return one is other or (type(one) is type(other) and not callable(one) and one == other)


def _named(part: Any) -> Any:
    if isinstance(part, Callable):  # type: ignore[arg-type]
        return f"{part.__module__}.{part.__qualname__}"
    return part if isinstance(part, (str, int, list)) else str(part)


def _sha256(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
