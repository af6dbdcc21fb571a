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
    "3.1": "22e6574579f80a6dfbe881f2c0473f44979e49573f4dbe03d7be97e961052bcf",
    "3.2": "ac8dc3176242e8215c448e4845c8647cbc8d9e5563f529cf7dda5fb43c31ae7a",
    "3.3": "4ce4303f344310f5c7474bcdd87f37163ade7fedef9fb3122fd8ed23fec2c108",
    "3.3-strong": "b490066b5af1ff81a5d98ea70da7706f133639b887e4ff254e1d5b48fde4d49f",
    "scalar-memory": "739108304d767b09c0fcfee1c1645a273cd30768a5112d5a6bf7b449b95af6ac",
    "epsilon": "6c55a54468581b89f1b97ed08e835c34cd16193eca0b6021d1dd540942c97848",
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
