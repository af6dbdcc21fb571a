"""The error hierarchy: "cannot do this" is kept apart from "could not decide".

Every message is one sentence that names the argument, the value found, what is
expected and, where there is one, what to try.  Messages quote names that files and callers brought;
the base class shows them as :func:`~urnn_proofs.model.text.plain` text.
"""

from __future__ import annotations

from fractions import Fraction

from urnn_proofs.model.text import plain

__all__ = [
    "DisagreementError",
    "InputError",
    "MissingExtraError",
    "NotContractiveError",
    "TooFewStatesError",
    "UndecidedError",
    "UnsupportedError",
    "UrnnProofsError",
    "with_diagnosis",
    "without_diagnosis",
]

_DIAGNOSIS = "; `urnn-proofs diagnose` (diagnose in Python) says what is possible instead"


def with_diagnosis(message: str) -> str:
    """End a refusal of a network with the command that says what is possible instead."""
    return without_diagnosis(message) + _DIAGNOSIS


def without_diagnosis(message: str) -> str:
    """Take that command out again, wherever it stands."""
    return message.replace(_DIAGNOSIS, "")


class UrnnProofsError(Exception):
    """Base class of every error this package raises on purpose."""

    def __init__(self, message: str = "") -> None:
        super().__init__(plain(message))


class InputError(UrnnProofsError, ValueError):
    """An argument or a file is malformed: wrong shape, type, range or content."""


class UnsupportedError(UrnnProofsError):
    """The request is well formed, but outside what the chosen method covers."""


class NotContractiveError(UnsupportedError):
    """The transition matrix has ``||W|| >= 1``, so Theorem 3.1 does not apply.

    Attributes
    ----------
    witness : tuple of Fraction, or None
        A nonzero rational vector ``v`` of length n with ``||W v|| >= ||v||``: anyone can
        re-check it with two matrix products.
    dual : tuple of vectors, or None
        Proof that no positive diagonal scaling helps: vectors ``z_k``, not all zero, with
        ``sum_k (W z_k)_i^2 >= sum_k (z_k)_i^2`` for every i.
    """

    def __init__(
        self,
        message: str,
        witness: tuple[Fraction, ...] | None = None,
        dual: tuple[tuple[Fraction, ...], ...] | None = None,
    ) -> None:
        super().__init__(message)
        self.witness = witness
        self.dual = dual

    def __str__(self) -> str:
        # Messages quote one another; however this one was put together, it ends with what helps.
        return with_diagnosis(super().__str__())


class TooFewStatesError(UnsupportedError):
    """Fewer states were asked for than every equivalent URNN must have.

    Attributes
    ----------
    least : int
        The proved lower bound.
    certificate : Certificate, or None
        The lower bound for the independent kernel.
    """

    def __init__(self, message: str, least: int, certificate: object = None) -> None:
        super().__init__(message)
        self.least = least
        self.certificate = certificate


class UndecidedError(UrnnProofsError):
    """The question is well posed, but the effort spent did not decide it."""


class DisagreementError(UrnnProofsError):
    """Two solvers contradict each other on one query: nothing may be concluded."""


class MissingExtraError(UrnnProofsError, ImportError):
    """An optional dependency is not installed; the message names the extra to install."""
