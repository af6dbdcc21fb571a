"""Whether a generated text still holds: it is proved and written again, and compared."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.verdict import Report
from urnn_proofs.show.paper.document import generate
from urnn_proofs.show.paper.seal import digest_of, read_head

__all__ = ["Outcome", "verify"]

_MAX_BYTES = 4_000_000


@dataclass(frozen=True)
class Outcome:
    """What verifying a text came to."""

    matches: bool
    text: str
    reports: tuple[Report, ...] = ()


def verify(path: Path) -> Outcome:
    """Prove and write everything again, and compare.

    Raises
    ------
    InputError
        If the file cannot be read, or is not a text of this package.
    """
    from urnn_proofs import __version__

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
    if digest_of(rest) != digest:
        return Outcome(False, "the text was changed after it was generated", made.reports)
    return Outcome(
        False, f"the text is not what version {__version__} proves and writes", made.reports
    )
