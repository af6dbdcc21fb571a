r"""How a text is to look: letters, environments, labels, citations."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from urnn_proofs.show.paper.displays import fitted
from urnn_proofs.show.paper.references import in_words
from urnn_proofs.theorems.letters import Environments, Symbols

__all__ = ["Look"]

_NOT_IN_LABELS = re.compile(r"[^A-Za-z0-9]+")
_CITED = re.compile(r"@\[([\w,]+)(?:;([^\]]+))?\]")
_NAMED = re.compile(r"theorem\s+\\textsf\{([^}]+)\}")


@dataclass(frozen=True)
class Look:
    r"""Everything about a text that an author may choose.

    Parameters
    ----------
    symbols, environments
        Letters and names of environments.
    columns
        1 for a wide column, 2 for one of two: displays are broken and matrices folded to fit.
    cite
        Whether references are ``\cite{key}``; if not they are named in words.
    version
        The version of this package that the text names.
    own
        Theorems whose statements stand in the text: they are referred to by their labels.
    """

    symbols: Symbols = field(default_factory=Symbols)
    environments: Environments = field(default_factory=Environments)
    columns: int = 1
    cite: bool = False
    version: str = ""
    own: tuple[str, ...] = ()

    def refer(self, prose: str, theorem: str = "") -> str:
        r"""Fill in labels (``@:name``) and citations, not letters.

        A citation is ``@[key]``, ``@[key,key]`` or ``@[key;place]``.

        Displays are broken where the columns are narrow.

        Examples
        --------
        >>> Look().refer(r"$\|@W\|$, see @[halmos1950] and \eqref{@:gate}", "3.1")
        '$\\|@W\\|$, see Halmos (1950) and \\eqref{urnn:3-1:gate}'
        """
        text = fitted(prose, self.columns).replace("@:", f"{self.label(theorem)}:")
        text = _NAMED.sub(lambda found: self._near(found[1]) or found[0], text)
        return _CITED.sub(self._cited, text)

    def _cited(self, found: re.Match[str]) -> str:
        place = found[2] or ""
        near = self._near(place.removeprefix("Theorem~")) if found[1] == "emami2019" else ""
        return near or self.citation(found[1], place)

    def _near(self, theorem: str) -> str:
        """Return a reference to a theorem of this text, empty if it has none of that name."""
        return f"Theorem~\\ref{{{self.label(theorem)}}}" if theorem in self.own else ""

    def label(self, theorem: str) -> str:
        """Return the label of a theorem, and the prefix of the labels in its proof."""
        return f"{self.environments.labels}:{_NOT_IN_LABELS.sub('-', theorem)}"

    def named(self, key: str) -> str:
        """Return the name of a program with its reference."""
        return f"{in_words(key)}~{self.citation(key)}" if self.cite else in_words(key)

    def citation(self, key: str, place: str = "") -> str:
        """Return a reference, with a place in it such as ``Theorem~3.1``, or several."""
        if self.cite:
            return f"\\cite[{place}]{{{key}}}" if place else f"\\cite{{{key}}}"
        words = ", ".join(map(in_words, key.split(",")))
        return f"{place} of {words}" if place else words
