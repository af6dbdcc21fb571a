"""The kernel: re-derives what a certificate claims, from nothing but the certificate.

Standard library only, fewer than 500 lines.  Read :mod:`reading` (what is well formed),
:mod:`linear` (linear algebra by definition), :mod:`equivalence`, :mod:`identity`,
:mod:`inequality` (the three claims), :mod:`checker` (which of them to apply).
No field of a certificate says "ok"; what is not re-derived here is not believed.
"""

from .checker import Outcome, check, check_text
from .reading import Malformed, Rejected

__all__ = ["Malformed", "Outcome", "Rejected", "check", "check_text"]
