"""Verify, symbolically and formally, what unitary recurrent networks can and cannot express.

The public names are imported when they are first used, so ``import urnn_proofs`` alone loads
neither SymPy nor Z3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from urnn_proofs.activation import piecewise_linear
    from urnn_proofs.convert.files import load_network, load_stored, save_network, save_stored
    from urnn_proofs.convert.stored import StoredNetwork
    from urnn_proofs.convert.torch_format import from_torch, to_torch
    from urnn_proofs.errors import (
        DisagreementError,
        InputError,
        MissingExtraError,
        NotContractiveError,
        TooFewStatesError,
        UndecidedError,
        UnsupportedError,
        UrnnProofsError,
    )
    from urnn_proofs.exact.duplication import smooth_equivalent_urnn
    from urnn_proofs.network import RNN
    from urnn_proofs.rational import RationalMatrix
    from urnn_proofs.scaled import ScaledRational
    from urnn_proofs.theorems.certificate import Certificate, check
    from urnn_proofs.theorems.conversion import Conversion, convert_network
    from urnn_proofs.theorems.counterexample import search_counterexample, search_scalar
    from urnn_proofs.theorems.equivalence import Equivalence, equivalent_urnn
    from urnn_proofs.theorems.float_construction import convert_to_floats
    from urnn_proofs.theorems.float_conversion import FloatConversion
    from urnn_proofs.theorems.float_equivalence import FloatEquivalence, float_urnn
    from urnn_proofs.theorems.minimal import FewestStates, minimal_urnn
    from urnn_proofs.theorems.proof import Proof
    from urnn_proofs.theorems.registry import theorem
    from urnn_proofs.theorems.search_result import SearchResult
    from urnn_proofs.theorems.verify import verify_construction, verify_network
    from urnn_proofs.verdict import Check, Report, Role, Trust, Verdict

__version__ = "0.1.0"

__all__ = [
    "RNN",
    "Certificate",
    "Check",
    "Conversion",
    "DisagreementError",
    "Equivalence",
    "FewestStates",
    "FloatConversion",
    "FloatEquivalence",
    "InputError",
    "MissingExtraError",
    "NotContractiveError",
    "Proof",
    "RationalMatrix",
    "Report",
    "Role",
    "ScaledRational",
    "SearchResult",
    "StoredNetwork",
    "TooFewStatesError",
    "Trust",
    "UndecidedError",
    "UnsupportedError",
    "UrnnProofsError",
    "Verdict",
    "__version__",
    "check",
    "convert_network",
    "convert_to_floats",
    "equivalent_urnn",
    "float_urnn",
    "from_torch",
    "load_network",
    "load_stored",
    "minimal_urnn",
    "piecewise_linear",
    "save_network",
    "save_stored",
    "search_counterexample",
    "search_scalar",
    "smooth_equivalent_urnn",
    "theorem",
    "to_torch",
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
    "DisagreementError": "errors",
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
    "FloatConversion": "theorems.float_conversion",
    "FloatEquivalence": "theorems.float_equivalence",
    "float_urnn": "theorems.float_equivalence",
    "Certificate": "theorems.certificate",
    "check": "theorems.certificate",
    "Proof": "theorems.proof",
    "theorem": "theorems.registry",
    "SearchResult": "theorems.search_result",
    "search_counterexample": "theorems.counterexample",
    "search_scalar": "theorems.counterexample",
    "smooth_equivalent_urnn": "exact.duplication",
    "verify_construction": "theorems.verify",
    "verify_network": "theorems.verify",
    "load_network": "convert.files",
    "save_network": "convert.files",
    "load_stored": "convert.files",
    "save_stored": "convert.files",
    "StoredNetwork": "convert.stored",
    "from_torch": "convert.torch_format",
    "to_torch": "convert.torch_format",
    "Conversion": "theorems.conversion",
    "convert_network": "theorems.conversion",
    "convert_to_floats": "theorems.float_construction",
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
