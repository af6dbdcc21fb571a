"""Slow, independent implementations in plain Fractions: no flint, no code of the package."""

from __future__ import annotations

import ast
import io
import tokenize
from fractions import Fraction
from pathlib import Path

Rows = list[list[Fraction]]


def multiply(a: Rows, b: Rows) -> Rows:
    return [
        [sum((x * y for x, y in zip(r, c, strict=True)), Fraction(0)) for c in zip(*b)] for r in a
    ]


def transpose(a: Rows) -> Rows:
    return [list(c) for c in zip(*a)]


def identity(n: int) -> Rows:
    return [[Fraction(int(i == j)) for j in range(n)] for i in range(n)]


def is_orthogonal(R: Rows, alpha, beta) -> bool:
    """R^T diag(alpha) R = diag(1/beta), from the definition."""
    weighted = [[a * x for x in row] for a, row in zip(alpha, R, strict=True)]
    target = [
        [1 / beta[i] if i == j else Fraction(0) for j in range(len(beta))] for i in range(len(beta))
    ]
    return len(R) == len(beta) and multiply(transpose(R), weighted) == target


def defect(W: Rows) -> Rows:
    """I - W^T W."""
    product = multiply(transpose(W), W)
    return [
        [e - x for e, x in zip(r, s, strict=True)]
        for r, s in zip(identity(len(W)), product, strict=True)
    ]


def signature(A: Rows) -> tuple[int, int, int]:
    """(positive, zero, negative) of a symmetric matrix, by congruence with exact pivots."""
    A = [list(r) for r in A]
    counts = [0, 0, 0]
    while A:
        n = len(A)
        k = next((i for i in range(n) if A[i][i] != 0), None)
        if k is None:
            pair = next(((i, j) for i in range(n) for j in range(i) if A[i][j] != 0), None)
            if pair is None:
                counts[1] += n
                break
            i, j = pair  # add row and column j to i: the diagonal becomes 2 a_ij
            for c in range(n):
                A[i][c] += A[j][c]
            for r in range(n):
                A[r][i] += A[r][j]
            continue
        pivot = A[k][k]
        counts[0 if pivot > 0 else 2] += 1
        rest = [i for i in range(n) if i != k]
        A = [[A[i][j] - A[i][k] * A[k][j] / pivot for j in rest] for i in rest]
    return counts[0], counts[1], counts[2]


def code_lines(path: Path) -> int:
    """Lines that hold code: neither blank, nor comment, nor docstring."""
    source = path.read_text()
    documented: set[int] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)) and ast.get_docstring(
            node
        ):
            first = node.body[0]
            documented |= set(range(first.lineno, first.end_lineno + 1))
    silent = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in (*silent, tokenize.ENDMARKER):
            lines |= set(range(token.start[0], token.end[0] + 1))
    return len(lines - documented)
