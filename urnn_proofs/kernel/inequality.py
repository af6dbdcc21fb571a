"""A polynomial inequality follows from others: a Positivstellensatz (or Farkas) certificate.

To show ``conclusion >= 0`` from ``g_i >= 0``, ``g_i > 0`` and ``e_j = 0``, suppose also
``-conclusion > 0``.  If, with any polynomials ``m_j``,

    0 = sum_k  c_k  square_k^2  prod_{i in P_k} g_i  +  sum_j m_j e_j,      c_k > 0,

and some summand is a positive constant times strict hypotheses only, the right side is positive:
a contradiction.  The index -1 stands for the negated conclusion, which is strict.  That equations
contradict each other (a Nullstellensatz certificate) is the case of the conclusion ``-1 >= 0``.
"""

from fractions import Fraction
from typing import Any

from .reading import Malformed, Rejected, fields, items, rational, text

Polynomial = dict[tuple[int, ...], Fraction]
LIMIT = 1000  # hypotheses, terms, summands
WORK = 20_000  # products of terms in one multiplication


def check_inequality(claim: Any, evidence: Any) -> str:
    """Return the statement that is proved; raise Rejected or Malformed otherwise."""
    variables, hypotheses, goal = fields(claim, "claim", "variables", "hypotheses", "conclusion")
    size = len([text(x, "variables") for x in items(variables, "variables", 200)])
    given: list[tuple[Polynomial, str]] = []
    for entry in items(hypotheses, "hypotheses", LIMIT):
        polynomial, sign = fields(entry, "hypotheses", "polynomial", "sign")
        if sign not in (">=", ">", "="):
            raise Malformed("sign must be >=, > or =")
        given.append((_polynomial(polynomial, "hypotheses", size), sign))
    negated = {m: -c for m, c in _polynomial(goal, "conclusion", size).items()}
    given.append((negated, ">"))  # index -1
    total, positive = Polynomial(), False
    summands, multiples = fields(evidence, "evidence", "summands", "multiples")
    for entry in items(multiples, "multiples", LIMIT):
        which, factor = items(entry, "multiples", 2, 2)
        if type(which) is not int or not 0 <= which < len(given) or given[which][1] != "=":
            raise Malformed("multiples must name an equation")
        _add(total, _multiply(_polynomial(factor, "multiples", size), given[which][0]))
    for k, entry in enumerate(items(summands, "summands", LIMIT)):
        name = f"summands[{k}]"
        c_, factors, square_ = items(entry, name, 3, 3)
        c, square = rational(c_, name), _polynomial(square_, name, size)
        if c <= 0:
            raise Rejected(f"{name} has a coefficient that is not positive")
        product = _multiply({(0,) * size: c}, _multiply(square, square))
        strict = set(square) == {(0,) * size}
        for which in items(factors, name, 10):
            if type(which) is not int or not -1 <= which < len(given) - 1:
                raise Malformed(f"{name} names an unknown hypothesis")
            product = _multiply(product, given[which][0])
            strict = strict and given[which][1] == ">"
        positive = positive or strict
        _add(total, product)
    if not positive:
        raise Rejected("no summand is strictly positive")
    if any(total.values()):
        raise Rejected("the summands do not add up to zero")
    return f"an inequality in {', '.join(variables)} follows from {len(given) - 1} hypotheses"


def _polynomial(data: Any, name: str, size: int) -> Polynomial:
    """Read ``[[coefficient, [exponents]], ...]`` without repeated terms."""
    result: Polynomial = {}
    for term in items(data, name, LIMIT):
        coefficient, exponents = items(term, name, 2, 2)
        monomial = tuple(items(exponents, name, size, size))
        if any(type(e) is not int or not 0 <= e <= 50 for e in monomial) or monomial in result:
            raise Malformed(f"{name} has a bad or repeated exponent")
        result[monomial] = rational(coefficient, name)
    return {monomial: c for monomial, c in result.items() if c}


def _multiply(a: Polynomial, b: Polynomial) -> Polynomial:
    if len(a) * len(b) > WORK:
        raise Malformed("a product has too many terms")
    result: Polynomial = {}
    for m, x in a.items():
        for k, y in b.items():
            key = tuple(i + j for i, j in zip(m, k))
            result[key] = result.get(key, Fraction(0)) + x * y
    return result


def _add(total: Polynomial, summand: Polynomial) -> None:
    for monomial, x in summand.items():
        total[monomial] = total.get(monomial, Fraction(0)) + x
