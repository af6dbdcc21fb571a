"""The algebra of one step: letters, what is given, what is shown; the kernel checks it.

A step's body states relations between letters, which stand for matrices of any size, or between
numbers.  The board finds or is given what the kernel needs, has it check the certificates, and
keeps what was accepted.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sympy import QQ
from sympy.polys.rings import ring

from urnn_proofs.certificate import Certificate, check, consequence_certificate, labelled
from urnn_proofs.checks.symbolic.free_algebra import Alphabet, Letter, Polynomial
from urnn_proofs.checks.symbolic.inequality import Inequality
from urnn_proofs.guesses.cofactors import find_cofactors
from urnn_proofs.model.errors import InputError, UndecidedError
from urnn_proofs.model.verdict import USED, Check, Trust, Verdict
from urnn_proofs.theorems.checked import as_text, formulas

__all__ = ["Board", "Equation", "Term", "positive"]

_LETTER = re.compile(r"(\w+'*) ?(= ?\1\^T)?: (\w+(?:\+1)?) -> (\w+(?:\+1)?)")


@dataclass(frozen=True, eq=False)
class Equation:
    """``polynomial = 0``."""

    polynomial: Polynomial


class Term:
    """A letter or a sum of products of letters: a linear map between spaces of any size.

    ``A * B`` is the product, ``A.T`` the adjoint, a whole number that many times the identity, and
    ``A == B`` an :class:`Equation` to be given or shown.

    Raises
    ------
    InputError
        If the spaces do not fit.
    """

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, polynomial: Polynomial) -> None:
        self.polynomial = polynomial

    @property
    def T(self) -> Term:  # noqa: N802, as in matrices
        """The adjoint."""
        return Term(self.polynomial.adjoint())

    def __mul__(self, other: Term) -> Term:
        return Term(self.polynomial * other.polynomial)

    def __rmul__(self, factor: int | Fraction) -> Term:
        return Term(factor * self.polynomial)

    def __add__(self, other: Term | int) -> Term:
        return Term(self.polynomial + self._like(other))

    def __sub__(self, other: Term | int) -> Term:
        return Term(self.polynomial - self._like(other))

    def __rsub__(self, other: int) -> Term:
        return Term(self._like(other) - self.polynomial)

    def __neg__(self) -> Term:
        return Term(-self.polynomial)

    def __eq__(self, other: Term | int) -> Equation:  # type: ignore[override]
        return Equation(self.polynomial - self._like(other))

    def _like(self, other: Term | int) -> Polynomial:
        """Read a whole number as that multiple of the identity, or as the zero map."""
        if isinstance(other, Term):
            return other.polynomial
        if type(other) is not int:
            raise InputError(f"{other!r} is neither a term nor a whole number")
        own = self.polynomial
        if other == 0:
            return own - own
        if own.domain != own.codomain:
            raise InputError(f"{own} : {own.domain} -> {own.codomain} has no identity to add")
        return other * own.alphabet.identity(own.domain)


def positive(polynomial: Any) -> tuple[Any, bool]:
    """Mark a polynomial that is greater than zero."""
    return polynomial, True


class Board:
    """Where a step is checked.

    Parameters
    ----------
    label
        What its certificates are called, for people.

    Examples
    --------
    >>> t = Board()
    >>> A, B, x = t.letters("A: n -> n", "B: n -> n", "x: 1 -> n")
    >>> t.given(B * A == 1, A * x == 0)
    >>> t.show(x == 0)
    >>> t.check("demo", "x = 0", scope="all n", used="nothing").checked
    '1 identity between words in 3 letters follows from 2 relations: if B A = 1, A x = 0, \
then x = 0'
    >>> t.show(B * x == 0)
    >>> t.show(A * B == 1)
    >>> t.check("demo", "no inverse from the other side", scope="all n", used="nothing").verdict
    <Verdict.UNKNOWN: 'UNKNOWN'>
    """

    def __init__(self, label: str = "board") -> None:
        self._label = label
        self._alphabet = Alphabet(())
        self._given: list[Polynomial] = []
        self._failures: dict[str, str] = {}
        self._found: list[str] = []
        self._finders: dict[str, None] = {}
        self.certificates: list[Certificate] = []

    def letters(self, *described: str) -> tuple[Term, ...]:
        """Return letters for maps: ``"W: n -> n, V: n -> r"``; ``"S = S^T: n -> n"`` is symmetric.

        The space ``1`` is that of numbers, so ``"h: 1 -> n"`` is a vector.
        """
        letters = []
        for text in ", ".join(described).split(", "):
            found = _LETTER.fullmatch(text)
            if found is None:
                raise InputError(f"a letter is described as {text!r}; expected one as 'W: n -> n'")
            letters.append(Letter(found[1], found[3], found[4], self_adjoint=bool(found[2])))
        self._alphabet = Alphabet(letters)
        return tuple(Term(self._alphabet[letter.name]) for letter in letters)

    def given(self, *relations: Equation) -> None:
        """State what the next conclusions are to follow from, in place of what was given before."""
        self._given = [relation.polynomial for relation in relations]

    def show(self, *conclusions: Equation) -> None:
        """Find cofactors for each conclusion and let the kernel expand them."""
        self._finders["guesses.cofactors"] = None
        for conclusion in conclusions:
            polynomial = conclusion.polynomial
            try:
                cofactors = find_cofactors(polynomial, self._given)
            except UndecidedError as error:
                self._failures[f"{polynomial} = 0"] = str(error)
                continue
            certificate = consequence_certificate(self._label, polynomial, self._given, cofactors)
            if self._accepted(certificate, f"{polynomial} = 0"):
                self._found.append(
                    f"{polynomial} = "
                    + " + ".join(
                        f"{c.coefficient} [{' '.join(c.left) or '1'}] "
                        f"({c.relation}{'*' if c.adjoint else ''}) [{' '.join(c.right) or '1'}]"
                        for c in cofactors
                    )
                )

    def numbers(self, names: str) -> tuple[Any, ...]:
        """Return numbers of these names, such as ``"p, q"``, to make polynomials of."""
        return tuple(ring(names, QQ)[1:])

    def follows(
        self,
        text: str,
        *,
        given: Sequence[Any],
        shown: Any,
        by: Sequence[tuple[Any, ...]],
        equal: Sequence[tuple[Any, Any]] = (),
    ) -> None:
        """Let the kernel check that one relation between numbers follows from others.

        Parameters
        ----------
        text
            The inference in words.
        given
            Polynomials that are ``>= 0``; :func:`positive` ones are ``> 0``.
        shown
            The polynomial that is ``>= 0`` then; -1 if the others contradict each other.
        by
            Summands ``(c, (i, j, ...))`` or ``(c, (i, j, ...), q)`` of a sum that is 0:
            c > 0 times given i times given j ..., times q^2; the index -1 is that of ``-shown``.
        equal
            Pairs ``(e, m)``: e is 0, and enters the sum m times.
        """
        pairs = tuple(g if isinstance(g, tuple) else (g, False) for g in given)
        R = (*(g for g, _ in pairs), shown)[0].ring
        self.compare(
            Inequality(
                text,
                text,
                R,
                pairs,
                R(shown),
                tuple((c, tuple(i), R(q[0] if q else 1)) for c, i, *q in by),
                tuple(e for e, _ in equal),
                tuple(R(m) for _, m in equal),
            )
        )

    def compare(self, *inequalities: Inequality) -> None:
        """Let the kernel check the certificates of relations between numbers."""
        self._finders["the page"] = None
        for inequality in inequalities:
            certificate = labelled(
                Certificate("consequence", *inequality.as_json()), self._label, inequality.name
            )
            if self._accepted(certificate, inequality.text):
                count = len(inequality.summands) + len(inequality.multiples)
                self._found.append(f"{inequality.text}: {count} summands add up to zero")

    def _accepted(self, certificate: Certificate, what: str) -> bool:
        if check(certificate) is not Verdict.PROVED:
            self._failures[what] = "the kernel does not accept the certificate"
            return False
        self.certificates.append(certificate)
        return True

    def check(self, name: str, claim: str, *, scope: str, used: str) -> Check:
        """Return what came out.

        Parameters
        ----------
        name, claim
            Of the step.
        scope
            What the checked relations are about.
        used
            What the claim needs besides them, and no machine checked.
        """
        evidence: dict[str, Any] = {USED: used, **self._failures}
        shown = formulas(self.certificates)
        if shown:
            evidence["shown"] = list(shown)
        if self._found:
            evidence["how"] = self._found
        return Check(
            name=name,
            claim=claim,
            scope=scope,
            verdict=Verdict.PROVED if self.certificates and not self._failures else Verdict.UNKNOWN,
            trust=Trust.KERNEL,
            engine=f"{' and '.join(self._finders)} gives, the kernel expands",
            evidence=evidence,
            checked=as_text(self.certificates),
        )
