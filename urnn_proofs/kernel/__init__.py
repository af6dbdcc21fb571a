"""The kernel: re-derives what a certificate claims, from nothing but the certificate.

Standard library only.  Read :mod:`reading` (what is well formed), :mod:`linear`, :mod:`networks`,
the claims :mod:`equivalence`, :mod:`within`, :mod:`lower_bound`, :mod:`hypotheses` and
:mod:`consequence`, and
:mod:`checker` (which of them to check).
"""

from .checker import Outcome, check, check_text
from .reading import Malformed, Rejected

__all__ = ["Malformed", "Outcome", "Rejected", "check", "check_text"]
