"""Verify, symbolically and formally, what unitary recurrent networks can and cannot express.

The public names are imported when they are first used, so ``import urnn_proofs`` alone loads
neither SymPy nor Z3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from urnn_proofs.activation import piecewise_linear
    from urnn_proofs.convert.files import load_network, save_network
    from urnn_proofs.errors import (
        InputError,
        MissingExtraError,
        NotContractiveError,
        TooFewStatesError,
        UndecidedError,
        UnsupportedError,
        UrnnProofsError,
    )
    from urnn_proofs.network import RNN
    from urnn_proofs.rational import RationalMatrix
    from urnn_proofs.scaled import ScaledRational
    from urnn_proofs.theorems.certificate import Certificate, check
    from urnn_proofs.theorems.equivalence import Equivalence, equivalent_urnn
    from urnn_proofs.theorems.float_equivalence import FloatEquivalence, float_urnn
    from urnn_proofs.theorems.minimal import FewestStates, minimal_urnn
    from urnn_proofs.theorems.proof import Proof
    from urnn_proofs.theorems.registry import theorem
    from urnn_proofs.theorems.verify import verify_construction, verify_network
    from urnn_proofs.verdict import Check, Report, Role, Trust, Verdict

__version__ = "0.1.0"

__all__ = [
    "RNN",
    "Certificate",
    "Check",
    "Equivalence",
    "FewestStates",
    "FloatEquivalence",
    "InputError",
    "MissingExtraError",
    "NotContractiveError",
    "Proof",
    "RationalMatrix",
    "Report",
    "Role",
    "ScaledRational",
    "TooFewStatesError",
    "Trust",
    "UndecidedError",
    "UnsupportedError",
    "UrnnProofsError",
    "Verdict",
    "__version__",
    "check",
    "equivalent_urnn",
    "float_urnn",
    "load_network",
    "minimal_urnn",
    "piecewise_linear",
    "save_network",
    "theorem",
    "verify_construction",
    "verify_network",
]

_HOME = {
    "RNN": "network",
    "RationalMatrix": "rational",
    "ScaledRational": "scaled",
    "Check": "verdict",
    "Report": "verdict",
    "Role": "verdict",
    "Trust": "verdict",
    "Verdict": "verdict",
    "InputError": "errors",
    "MissingExtraError": "errors",
    "NotContractiveError": "errors",
    "TooFewStatesError": "errors",
    "UndecidedError": "errors",
    "UnsupportedError": "errors",
    "UrnnProofsError": "errors",
    "FewestStates": "theorems.minimal",
    "minimal_urnn": "theorems.minimal",
    "piecewise_linear": "activation",
    "Equivalence": "theorems.equivalence",
    "equivalent_urnn": "theorems.equivalence",
    "FloatEquivalence": "theorems.float_equivalence",
    "float_urnn": "theorems.float_equivalence",
    "Certificate": "theorems.certificate",
    "check": "theorems.certificate",
    "Proof": "theorems.proof",
    "theorem": "theorems.registry",
    "verify_construction": "theorems.verify",
    "verify_network": "theorems.verify",
    "load_network": "convert.files",
    "save_network": "convert.files",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'urnn_proofs' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"urnn_proofs.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
