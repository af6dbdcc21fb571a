"""Queries in real arithmetic: clauses of polynomial conditions, and their SMT-LIB 2 text.

A polynomial is a dictionary from monomials ``((name, exponent), ...)`` to coefficients, so that
whoever makes one needs no solver.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from urnn_proofs.model.deadline import check_deadline
from urnn_proofs.model.number import format_rational

__all__ = [
    "Clause",
    "Literal",
    "Polynomial",
    "Query",
    "between",
    "constant",
    "equals",
    "is_one_of",
    "minus",
    "plus",
    "positive",
    "scaled",
    "times",
    "variable",
]

Monomial = tuple[tuple[str, int], ...]
Polynomial = Mapping[Monomial, Fraction]

_RELATIONS = ("=", "!=", "<", "<=")


@dataclass(frozen=True)
class Literal:
    """``polynomial relation 0`` with a relation among ``=``, ``!=``, ``<``, ``<=``."""

    polynomial: Polynomial
    relation: str

    def __post_init__(self) -> None:
        if self.relation not in _RELATIONS:
            raise ValueError(f"relation {self.relation!r}")


#: One of the literals holds.
Clause = tuple[Literal, ...]


@dataclass(frozen=True)
class Query:
    """The question whether all clauses can hold at one point.

    Parameters
    ----------
    name
        Short label.
    shows
        What ``unsat`` proves, in words.
    clauses
        The conditions.
    """

    name: str
    shows: str
    clauses: tuple[Clause, ...]

    @property
    def variables(self) -> tuple[str, ...]:
        """Names that occur, in order of first appearance."""
        names = {
            name: None
            for clause in self.clauses
            for literal in clause
            for monomial in literal.polynomial
            for name, _ in monomial
        }
        return tuple(names)

    def to_smt2(self) -> str:
        """Return SMT-LIB 2 text: declarations and assertions.

        Raises
        ------
        UndecidedError
            If the :func:`~urnn_proofs.model.deadline.deadline` passes.

        Examples
        --------
        >>> print(Query("q", "nothing", (equals(variable("x"), constant(2)),)).to_smt2())
        ; q
        ; unsat proves: nothing
        (declare-const x Real)
        (assert (= (+ x (- 2.0)) 0.0))
        """
        lines = [f"; {self.name}", f"; unsat proves: {self.shows}"]
        lines += [f"(declare-const {name} Real)" for name in self.variables]
        for clause in self.clauses:
            check_deadline()
            literals = [_literal(x) for x in clause]
            body = literals[0] if len(literals) == 1 else f"(or {' '.join(literals)})"
            lines.append(f"(assert {body if literals else 'false'})")
        return "\n".join(lines)


# -- polynomials ----------------------------------------------------------------------


def variable(name: str) -> Polynomial:
    """Return the polynomial that is one variable."""
    return {((name, 1),): Fraction(1)}


def constant(value: Fraction | int) -> Polynomial:
    """Return a constant polynomial."""
    return {(): Fraction(value)} if value else {}


def plus(*terms: Polynomial) -> Polynomial:
    """Return the sum."""
    total: dict[Monomial, Fraction] = {}
    for term in terms:
        for monomial, coefficient in term.items():
            total[monomial] = total.get(monomial, Fraction(0)) + coefficient
    return {monomial: c for monomial, c in total.items() if c}


def scaled(factor: Fraction | int, p: Polynomial) -> Polynomial:
    """Return a multiple."""
    return {monomial: factor * c for monomial, c in p.items()} if factor else {}


def minus(p: Polynomial, q: Polynomial) -> Polynomial:
    """Return the difference."""
    return plus(p, scaled(-1, q))


def times(*factors: Polynomial) -> Polynomial:
    """Return the product."""
    result: Polynomial = constant(1)
    for factor in factors:
        product: dict[Monomial, Fraction] = {}
        for left, a in result.items():
            for right, b in factor.items():
                exponents = dict(left)
                for name, e in right:
                    exponents[name] = exponents.get(name, 0) + e
                key = tuple(sorted(exponents.items()))
                product[key] = product.get(key, Fraction(0)) + a * b
        result = {key: c for key, c in product.items() if c}
    return result


# -- clauses --------------------------------------------------------------------------


def equals(p: Polynomial, q: Polynomial) -> Clause:
    """``p = q``."""
    return (Literal(minus(p, q), "="),)


def is_one_of(p: Polynomial, values: Sequence[Fraction | int]) -> Clause:
    """``p`` is one of finitely many values."""
    return tuple(Literal(minus(p, constant(v)), "=") for v in values)


def positive(p: Polynomial) -> Clause:
    """``0 < p``."""
    return (Literal(scaled(-1, p), "<"),)


def between(low: Fraction | int, p: Polynomial, high: Fraction | int) -> tuple[Clause, ...]:
    """``low < p < high``, two clauses."""
    return positive(minus(p, constant(low))), positive(minus(constant(high), p))


# -- text -----------------------------------------------------------------------------


def _literal(literal: Literal) -> str:
    p = _polynomial(literal.polynomial)
    if literal.relation == "!=":
        return f"(not (= {p} 0.0))"
    return f"({literal.relation} {p} 0.0)"


def _polynomial(p: Polynomial) -> str:
    terms = [_term(monomial, c) for monomial, c in p.items()]
    if not terms:
        return "0.0"
    return terms[0] if len(terms) == 1 else f"(+ {' '.join(terms)})"


def _term(monomial: Monomial, coefficient: Fraction) -> str:
    powers = [name for name, exponent in monomial for _ in range(exponent)]
    if coefficient != 1 or not powers:
        powers.insert(0, _number(coefficient))
    return powers[0] if len(powers) == 1 else f"(* {' '.join(powers)})"


def _number(value: Fraction) -> str:
    size = abs(value)
    top, _, bottom = format_rational(size).partition("/")
    text = f"(/ {top}.0 {bottom}.0)" if bottom else f"{top}.0"
    return f"(- {text})" if value < 0 else text
