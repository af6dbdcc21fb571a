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
    "3.1": "f0153642d216bae233d55e7b1a99ab8197a5853e0f933b4d9f077989d6e20f70",
    "3.2": "9e825853e0d163cd5fb497fc865ba17087b3c8ea04c8d904358f5698a4580e0b",
    "3.3": "84812045b3252aa80bfa2a2248b985bf0708fbe174fcca3338b8e3fd21565563",
    "3.3-strong": "bf6a765502e45c0f37d295c3030d05286531fd6e3122288adb152bee1619f698",
    "2n-1": "cd9a7d7e8944aea6dd0a1e4306a4cb46766eda7b2829fab8f7d24a1497174eef",
    "n+mu": "cc02af977e4b2deedd76656c8615027c39f504e12065e866ca032dc4925c250b",
    "n+eigenspace": "14ff99ad7bc45422d1ff42e96e5cdc42bcbdfe931628f60abae3c8be9d86caec",
    "2n-iff-diagonal": "36320e46cd27077ae3a93969bc478f198decebf6d8dcaf5d22e56347cd5ff761",
    "2n-not-robust": "7bc3b64ccc6e583f9867a95a6b4684401f9b8f2d871b5c64b696e9b7f70e17ab",
    "no-bound": "f7202ae90779813394a26f9e0cb61064639b580fd83f0f5924a9af6163abab06",
    "complex": "93813e92d101acb2e229d0922da9bc85f7b396922ed22a141e96253e77f7056e",
    "expansive": "f69c1a7083d9969e1cfb188d4411b55798b6698eb093b8a67295641ec3be5056",
    "epsilon": "6ca932092c0c5bcdc3cdae648449f9ac30dbf6ffc432130a31bb85595d745354",
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
