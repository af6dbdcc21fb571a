"""Write the record that the package ships: what Coq checked, just now, in a clean copy.

    python formal/record.py [--words-only] [--reviewed PAGE ...]

The words of a theorem page and its Coq statements were compared by a reader.  If either changed
since the last record, the page is recorded only when it is named with ``--reviewed``.
With ``--words-only`` nothing is compiled: the sources must be those of the record, to the byte, and
what Coq printed of them is taken from there.  ``make formal`` compares it with Coq afresh.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pages import PAGES

from urnn_proofs import __version__, theorem
from urnn_proofs.formal.coq import Checked, Theorem, clean_copy, compile_and_compare, recheck
from urnn_proofs.formal.record import PATH, read_record, seal_of
from urnn_proofs.formal.sources import digest, headlines
from urnn_proofs.model.errors import InputError, UrnnProofsError

FOLDER = Path(__file__).resolve().parent
#: Files that define what the words in the statements mean; pages name further ones of their own.
DEFINITIONS = ("Setting.v", "TanhAndLogistic.v", "RealNumbers.v")


def main() -> int:
    """Compile, compare with the last record, write."""
    parser = argparse.ArgumentParser(description="Write urnn_proofs/formal/record.json.")
    parser.add_argument("--reviewed", nargs="*", default=[], metavar="PAGE", choices=list(PAGES))
    parser.add_argument("--words-only", action="store_true", help="The Coq sources are unchanged.")
    options = parser.parse_args()
    reviewed = options.reviewed
    try:
        checked = recorded() if options.words_only else compiled()
        pages = {name: page(name, checked) for name in PAGES}
    except UrnnProofsError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    before = json.loads(PATH.read_text())["pages"] if PATH.exists() else {}
    unread = [
        name
        for name, entry in pages.items()
        if name not in reviewed and entry["meaning"] != before.get(name, {}).get("meaning")
    ]
    if unread:
        print(
            f"error: the words, the Coq statements or the definitions of {', '.join(unread)} "
            f"changed since they were compared; read them side by side, correct formal/pages.py, "
            f"then say --reviewed {' '.join(unread)}",
            file=sys.stderr,
        )
        return 1
    data = {
        "format": 1,
        "package": __version__,
        "coq": checked.coq,
        "sources": checked.digest,
        "theorems": {
            each.name: {
                "module": each.module,
                "statement": each.statement,
                "assumptions": list(each.assumptions),
            }
            for each in checked.theorems
        },
        "pages": pages,
    }
    data["seal"] = seal_of(data)
    PATH.write_text(json.dumps(data, indent=1, ensure_ascii=True) + "\n")
    print(f"wrote {PATH.name}: Coq {checked.coq}, {len(checked.theorems)} theorems")
    return 0


def compiled() -> Checked:
    """Compile a clean copy now, and let ``coqchk`` read it."""
    with clean_copy(FOLDER) as fresh:
        checked = compile_and_compare(fresh)
        recheck(fresh)
    return checked


def recorded() -> Checked:
    """Return what Coq said of these sources when the record was written."""
    record = read_record()
    if record.sources != digest(FOLDER):
        raise InputError("the Coq sources are not those of the record; leave --words-only out")
    listed = {(each.name, each.module, each.assumptions) for each in headlines(FOLDER)}
    if listed != {(each.name, each.module, each.assumptions) for each in record.theorems.values()}:
        raise InputError("headlines.txt is not that of the record; leave --words-only out")
    theorems = tuple(
        Theorem(each.name, each.module, each.statement, each.assumptions)
        for each in record.theorems.values()
    )
    return Checked(record.coq, record.sources, theorems, 0.0)


def page(name: str, checked: Checked) -> dict[str, object]:
    """Return what is recorded about a page; ``meaning`` covers all that a reviewer compares."""
    proof = theorem(name)
    prose = proof.digest
    if proof.statement.coq != PAGES[name].theorems:
        raise InputError(f"the page {name} names {proof.statement.coq}; pages.py says otherwise")
    statements = {each.name: each.statement for each in checked.theorems}
    read = [prose, PAGES[name].text, *(statements[each] for each in PAGES[name].theorems)]
    defined_in = (*DEFINITIONS, *PAGES[name].defined_in)
    read += [(FOLDER / file).read_text() for file in defined_in]
    return {
        "theorems": list(PAGES[name].theorems),
        "prose": prose,
        "reviewed": PAGES[name].text,
        "meaning": hashlib.sha256("\n".join(read).encode()).hexdigest(),
    }


if __name__ == "__main__":
    sys.exit(main())
