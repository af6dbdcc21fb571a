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
    "3.1": "8dccc313aaf401222eaa33dc78cf35d20179180ac2f77fb8a20d1c6765747da8",
    "3.2": "ea712b8e708ebb6b956f317ff13a46cc06ce577e997c40315fdb668516a7a505",
    "3.3": "a52d7d3d2ed20e2277a5277be055417da559d8aed6deae09f006ce8a8b722218",
    "3.3-strong": "84dd743330964c80749a8a8045f9bed629d75aedf864d2244f40296e16bba13b",
    "2n-1": "4136ff991cee0de1d670ceafc32832cf065df9a08be6bc37c53ea9bac0734d6a",
    "n+mu": "c43449f0331125a879e4e10dc58cabf398baf4a431fe22772edf505527fa9203",
    "n+eigenspace": "ba644df90768497bbc72067feadfadcb42f193e04520b372f09ca26aa4c937af",
    "2n-iff-diagonal": "c6a1615eaa822be812095406f758ee81b692e12f40f6d69ceaf60dbe1c586735",
    "2n-not-robust": "396b3d416433986213cc47a294bff4ca8fa7466a95d9b2a1f849d68bf0e937e6",
    "no-bound": "e52253a9de37a75e241ba06f9d45044736d30b4905acc083d8d71266526a7fe2",
    "complex": "36c7431e1bbc0d76dbbd09766b141399c1389a26704d5b0c782604637d9b8dec",
    "expansive": "944b96b9042c405387f0bfd59bb8f01e9ed7c90cb625a2b13340dd6366cd987d",
    "epsilon": "f900e6bb68e4d6e08da6932a927be81b7be43023379207d700d572114be9cd51",
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
