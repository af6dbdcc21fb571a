"""What a generated text was asked to be: enough to make it again, letter by letter."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, fields
from typing import Any

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.number import shorten
from urnn_proofs.show.paper.look import Look
from urnn_proofs.theorems.letters import Environments, Symbols, changed

__all__ = ["PAPER", "PARTS", "Request"]

#: The theorems of the paper.
PAPER = (
    *("3.1", "3.2", "3.3", "2n-1", "n+eigenspace", "n+mu", "2n-iff-diagonal", "2n-not-robust"),
    *("no-bound", "complex", "expansive", "epsilon"),
)

#: What of a theorem may be asked for.
PARTS = ("all", "statement", "proof", "checks")
_MOST = 16
_VERSION = re.compile(r"[0-9]+(\.[0-9A-Za-z]+){0,5}", re.ASCII)


@dataclass(frozen=True)
class Request:
    """What to generate.

    Parameters
    ----------
    theorems
        Names of theorems, in order.
    n
        Size at which constructions are displayed.
    part
        One of `PARTS`: *proof* is the proof with the construction and its matrices.
    columns
        1, or 2 for a text that fits one of two columns, as in IEEEtran.
    standalone
        A whole document; otherwise a body for ``input``.
    paper
        The paper, on the theorems `PAPER`.  Standalone.
    setting
        Begin a statement with the definitions; of several texts in a document the first does.
    cite
        Refer by key (always so if standalone); otherwise in words.
    symbols, environments
        See :class:`~urnn_proofs.theorems.letters.Symbols` and
        :class:`~urnn_proofs.theorems.letters.Environments`.
    version
        Version of this package that the text names.

    Raises
    ------
    InputError
        If a part has the wrong type or form.
    """

    theorems: tuple[str, ...]
    n: int = 2
    part: str = "all"
    columns: int = 1
    standalone: bool = False
    paper: bool = False
    setting: bool = True
    cite: bool = False
    symbols: Symbols = field(default_factory=Symbols)
    environments: Environments = field(default_factory=Environments)
    version: str = ""

    def __post_init__(self) -> None:
        if not self.theorems or not all(isinstance(name, str) for name in self.theorems):
            raise InputError("theorems is not a sequence of names; expected at least one")
        if len(self.theorems) > _MOST:
            raise InputError(
                f"{len(self.theorems)} theorems are asked for; expected at most {_MOST}"
            )
        if type(self.n) is not int:
            raise InputError(f"n is {shorten(self.n)}; expected a whole number")
        if self.part not in PARTS:
            raise InputError(f"part is {shorten(self.part)}; expected one of {', '.join(PARTS)}")
        if type(self.columns) is not int or self.columns not in (1, 2):
            raise InputError(f"columns is {shorten(self.columns)}; expected 1 or 2")
        if self.paper and (self.theorems, self.part, self.setting) != (PAPER, "all", True):
            raise InputError(
                "the paper chooses its theorems and has definitions and proofs; leave --part and "
                "--no-setting out"
            )
        for name in ("standalone", "paper", "setting", "cite"):
            if type(value := getattr(self, name)) is not bool:
                raise InputError(f"{name} is {shorten(value)}; expected true or false")
        if not isinstance(self.version, str) or not _VERSION.fullmatch(self.version):
            raise InputError(f"version is {shorten(self.version)}; expected one such as '0.1.0'")

    @property
    def whole(self) -> bool:
        """Whether it is a document of its own."""
        return self.standalone or self.paper

    @property
    def look(self) -> Look:
        """How the text is to look."""
        own = self.theorems if self.wants("statement") else ()
        cite = self.cite or self.whole
        return Look(self.symbols, self.environments, self.columns, cite, self.version, own)

    def wants(self, part: str) -> bool:
        """Tell whether a part is asked for."""
        return self.part in ("all", part)

    def to_json(self) -> str:
        """Return the request in one line, without what is at its default and without the version.

        Examples
        --------
        >>> Request(("3.1",), symbols=Symbols(W="A"), version="0.1.0").to_json()
        '{"n": 2, "symbols": {"W": "A"}, "theorems": ["3.1"]}'
        """
        data: dict[str, Any] = {"theorems": list(self.theorems), "n": self.n}
        for part in fields(self):
            value = getattr(self, part.name)
            if part.name in ("symbols", "environments"):
                if changed(value):
                    data[part.name] = changed(value)
            elif part.name not in ("theorems", "version") and value != part.default:
                data[part.name] = value
        return json.dumps(data, sort_keys=True)

    @classmethod
    def from_json(cls, text: str, version: str) -> Request:
        """Read a request back.

        Raises
        ------
        InputError
            If the text is no request.
        """
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            raise InputError("the options of the text are not JSON") from None
        known = {part.name for part in fields(cls)} - {"version"}
        if not isinstance(data, dict) or not set(data) <= known:
            raise InputError(f"the options of the text are not among {', '.join(sorted(known))}")
        try:
            data["theorems"] = tuple(data["theorems"])
            data["symbols"] = Symbols(**data.get("symbols", {}))
            data["environments"] = Environments(**data.get("environments", {}))
        except (KeyError, TypeError) as error:
            raise InputError(f"the options of the text cannot be read: {error}") from None
        return cls(**data, version=version)
