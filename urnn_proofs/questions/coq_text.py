"""The text of a Coq file: definitions, the computation of the checker, and one theorem."""

from __future__ import annotations

import enum
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from urnn_proofs.model.errors import InputError
from urnn_proofs.questions.coq_certificate import Certificate

__all__ = ["CoqFile", "Form", "fingerprint", "with_bias_said", "written"]

_P, _B = 2**61 - 1, 1000003


class Form(enum.Enum):
    """What the theorem of a file says."""

    EXPLICIT = "explicit"
    EXISTENCE = "existence"


@dataclass(frozen=True)
class CoqFile:
    """A file for Coq.

    Parameters
    ----------
    text
        The file.
    theorem
        Name of its last theorem.
    form
        Whether U is written out.
    said
        What the theorem says, in a sentence.
    """

    text: str
    theorem: str
    form: Form
    said: str


def with_bias_said(file: CoqFile) -> CoqFile:
    """Say, in the file too, that outputs are C h, to which both networks add the same bias."""
    added = "outputs are C h, to which the network adds its output bias, and the URNN the same one"
    head, rest = file.text.split("\n    Form: ", 1)
    return replace(
        file,
        text=f"{head}\n    Here {added}.\n    Form: {rest}",
        said=f"{file.said}; {added}",
    )


def fingerprint(entries: Iterable[int]) -> int:
    """Return what ``fingerprint`` of ``CheckerOverIntegers.v`` computes.

    Examples
    --------
    >>> fingerprint([]), fingerprint([5])
    (1, 1000008)
    """
    found = 1
    for x in entries:
        found = (found * _B + x) % _P
    return found


def _flat(value: int | Sequence[Any]) -> Iterable[int]:
    if isinstance(value, int):
        yield value
    else:
        for part in value:
            yield from _flat(part)


def _literal(value: int | Sequence[Any]) -> str:
    if isinstance(value, int):
        return f"({_decimal(value)})" if value < 0 else _decimal(value)
    separator = ";\n  " if value and not isinstance(value[0], int) else "; "
    return f"[:: {separator.join(_literal(part) for part in value)}]" if value else "[::]"


def _decimal(value: int) -> str:
    """Write an integer of any length; Python's own limit is on texts that are read."""
    if value.bit_length() < 12_000:
        return str(value)
    if value < 0:
        return f"-{_decimal(-value)}"
    half = value.bit_length() * 3 // 20
    high, low = divmod(value, 10**half)
    return _decimal(high) + _decimal(low).rjust(half, "0")


def _definition(name: str, c: Certificate) -> str:
    sizes = " ".join(f"{size}%nat" for size in (c.n, c.m, c.p, c.r))
    fields = "\n ".join(_literal(field) for field in c.fields())
    return f"Definition {name} : cert BigZ.t := @Cert BigZ.t {sizes}\n {fields}.\n"


def written(
    name: str,
    c: Certificate,
    form: Form,
    original: Certificate | None,
    E: tuple[int, ...] | None,
    clamp: tuple[Fraction, ...] | None,
    activation: str,
) -> CoqFile:
    """Write the file of a network called *name*.

    Parameters
    ----------
    c
        The certificate; with *original* and the diagonal *E* that of the rescaled network.
    clamp
        a, s, lo, hi of the activation if it is not ReLU.

    Raises
    ------
    InputError
        If the activation's name is not plain, so that it could end a comment.
    """
    if not re.fullmatch(r"[A-Za-z0-9_ .-]{1,60}", activation):
        raise InputError(f"the activation is called {activation!r}; expected a plain short name")
    entries = [*_flat(c.numbers())]
    parts = [_definition(name, c)]
    sound = ""  # arguments of the theorem, where the checker reads fewer
    urnn, M = f"(urnn BigZ.zero (bK K) {name})", f"(bound_M (bK K) {name})"
    network, numbers, phi = f"(net BigZ.zero (bK K) {name})", f"(numbers {name})", "(@relu K)"
    if original is not None and E is not None:
        entries = [*_flat(original.numbers()), *entries]
        entries += E
        parts = [
            _definition(f"{name}_original", original),
            *parts,
            f"Definition {name}_diagonal : seq BigZ.t := {_literal(E)}.\n",
        ]
        numbers = f"(numbers {name}_original ++ numbers {name} ++ {name}_diagonal)"
        network = f"(net BigZ.zero (bK K) (original {name}_original {name}))"
        arguments = f"{name}_original {name} {name}_diagonal"
        checker = "scaledB" if form is Form.EXPLICIT else "exists_scaledB"
        if original.orthogonal.Q:
            checker, arguments = "norm_oneB", f"{arguments} {min(E)}"
            urnn = f"(urnn BigZ.zero (bK K) (original {name}_original {name}))"
            M = f"(bound_M (bK K) (original {name}_original {name}))"
    elif clamp is not None:
        d = math.lcm(*(x.denominator for x in clamp))
        given = [*(int(x * d) for x in clamp), d]
        entries += given
        a_, s_, lo_, hi_, d_ = map(_literal, given)
        numbers = f"(numbers {name} ++ [:: {a_}; {s_}; {lo_}; {hi_}; {d_}])"
        phi = f"(@clampB K {a_} {s_} {lo_} {hi_} {d_})"
        checker, arguments = "exists_clampB", f"{name} {a_} {lo_} {hi_} {d_}"
        sound = f"{name} {a_} {s_} {lo_} {hi_} {d_}"
    else:
        checker, arguments = ("checkB" if form is Form.EXPLICIT else "existsB"), name
    theorem = f"{name}_equivalent"
    checked = f"{name}_checked"
    if form is Form.EXPLICIT:
        said = (
            f"this network and the URNN with {c.n + c.r} states that is written out have the same "
            f"outputs for all inputs with ||x^k|| <= {c.M}"
        )
        claim = (
            f"  orthogonal (trans {urnn}) /\\\n  equivalent {phi} {M}\n    {network}\n    {urnn}"
        )
        bound = ""
        proof = f"@{checker}_sound K {arguments} {checked}"
    else:
        said = (
            f"for every M some URNN with at most {2 * c.n} states has the same outputs as this "
            f"network for all inputs with ||x^k|| <= M"
        )
        claim = (
            f"  exists N (T' : rnn K N {c.m} {c.p}),\n"
            f"    [/\\ (N <= 2 * {c.n})%N, orthogonal (trans T') &\n"
            f"        equivalent {phi} M {network} T']"
        )
        bound = " (M : K)"
        proof = f"@{checker}_sound K {sound or arguments} M {checked}"
    size = f"{c.n} states, {c.m} inputs, {c.p} outputs"
    text = f"""(** {name}: {size}, activation {activation}.
    The last theorem says: {said}.
    Form: {form.value}. Compile it beside the development: make formal, then
      coqc -R formal URNN {name}.v *)
From Coq Require Import ZArith.
From Bignums Require Import BigZ.
From mathcomp Require Import all_ssreflect all_algebra.
From URNN Require Import Setting CertificateChecker CheckerOverIntegers.
Local Open Scope bigZ_scope.

{"".join(parts)}
(** All numbers above, and the computation of the verified checker on them. *)
Lemma {name}_numbers : BigZ.eqb (fingerprint {numbers}) {fingerprint(entries)} = true.
Proof. vm_cast_no_check (eq_refl true). Qed.
Lemma {checked} : {checker} {arguments} = true.
Proof. vm_cast_no_check (eq_refl true). Qed.

Theorem {theorem} (K : rcfType){bound} :
{claim}.
Proof. exact ({proof}). Qed.
"""
    return CoqFile(text, theorem, form, said)
