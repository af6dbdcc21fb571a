"""Write docs/formal.md from the record of what Coq checked: python docs/formal_page.py."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from urnn_proofs import theorem  # noqa: E402
from urnn_proofs.formal.record import RecordedTheorem, read_record  # noqa: E402
from urnn_proofs.show.tex.formula import segments  # noqa: E402

PAGE = ROOT / "docs" / "formal.md"
_HEAD = """\
# Checked by Coq

This page is written by `docs/formal_page.py` from the record that the package ships.
Coq {coq} checked {count} theorems; the sources have the SHA-256 digest `{digest}`.
[What must be believed](../formal/README.md), and how to run it: `make formal`.

*Closed* means without any axiom. *Classical* are the three axioms of MathComp Analysis:
propositional and functional extensionality, constructive indefinite description. *int63* are Coq's
machine integers and their specification.

## Theorems with a page
"""


def assumed(each: RecordedTheorem) -> str:
    """Name the axioms in a word."""
    kinds = {name.split(".")[0] for name in each.assumptions}
    if not kinds:
        return "closed"
    return "classical" if kinds == {"boolp"} else "int63"


def written() -> str:
    """Return the page."""
    record = read_record()
    parts = [_HEAD.format(coq=record.coq, count=len(record.theorems), digest=record.sources)]
    for name, page in record.pages.items():
        proof = theorem(name)
        parts.append(f"### Theorem {name}\n\n{proof.statement.latex}\n\n")
        parts.append("Hypotheses: " + "; ".join(map(_formulas, proof.hypotheses)) + ".\n\n")
        parts += [_theorem(record.theorems[each]) for each in page.theorems]
        parts.append("<details markdown><summary>How words and statement correspond</summary>\n\n")
        parts.append(f"{_escaped(page.reviewed)}\n\n</details>\n\n")
    bound = {each for page in record.pages.values() for each in page.theorems}
    parts.append("## Everything else\n\n")
    parts += [_theorem(each) for each in record.theorems.values() if each.name not in bound]
    return "".join(parts).rstrip() + "\n"


def _theorem(each: RecordedTheorem) -> str:
    source = f"[`{each.module}.v`](../formal/{each.module}.v)"
    head = f"**`{each.name}`**, {source}, {assumed(each)}\n\n"
    return f"{head}```coq\n{each.statement}\n```\n\n"


def _formulas(claim: str) -> str:
    parts = segments(claim)
    return "".join(f"${part.text}$" if part.is_math else _escaped(part.text) for part in parts)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("_", "\\_").replace("*", "\\*")


if __name__ == "__main__":
    PAGE.write_text(written(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}")
