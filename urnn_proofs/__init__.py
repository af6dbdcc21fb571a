"""Verify, symbolically and formally, what unitary recurrent networks can and cannot express.

The public names are imported when they are first used, so ``import urnn_proofs`` alone loads
neither SymPy nor Z3.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from urnn_proofs.certificate import Certificate, check
    from urnn_proofs.formats.files import load, save
    from urnn_proofs.formats.stored import StoredNetwork
    from urnn_proofs.formats.torch.modules import from_torch, to_torch
    from urnn_proofs.model.activation import piecewise_linear
    from urnn_proofs.model.errors import (
        DisagreementError,
        InputError,
        MissingExtraError,
        NotContractiveError,
        TooFewStatesError,
        UndecidedError,
        UnsupportedError,
        UrnnProofsError,
    )
    from urnn_proofs.model.leaky import leaky_rnn
    from urnn_proofs.model.network import RNN, URNN
    from urnn_proofs.model.orthogonal import Orthogonal
    from urnn_proofs.model.rational import RationalMatrix
    from urnn_proofs.model.verdict import Check, Report, Role, Trust, Verdict
    from urnn_proofs.questions.complex_urnn import complex_urnn
    from urnn_proofs.questions.construction import equivalent_urnn
    from urnn_proofs.questions.diagnose import Diagnosis, diagnose
    from urnn_proofs.questions.equivalence import Equivalence
    from urnn_proofs.questions.minimal import FewestStates, minimal_urnn
    from urnn_proofs.questions.scaling import is_contractive
    from urnn_proofs.questions.search.counterexample import search_counterexample
    from urnn_proofs.questions.search.result import SearchResult
    from urnn_proofs.sweeps.driver import SweepProgress, sweep
    from urnn_proofs.sweeps.reading import read_sweep
    from urnn_proofs.sweeps.result import SweepResult
    from urnn_proofs.theorems.construction import verify_construction
    from urnn_proofs.theorems.proof import Proof
    from urnn_proofs.theorems.registry import theorem

__version__ = "0.1.0"

__all__ = [
    "RNN",
    "URNN",
    "Certificate",
    "Check",
    "Diagnosis",
    "DisagreementError",
    "Equivalence",
    "FewestStates",
    "InputError",
    "MissingExtraError",
    "NotContractiveError",
    "Orthogonal",
    "Proof",
    "RationalMatrix",
    "Report",
    "Role",
    "SearchResult",
    "StoredNetwork",
    "SweepProgress",
    "SweepResult",
    "TooFewStatesError",
    "Trust",
    "UndecidedError",
    "UnsupportedError",
    "UrnnProofsError",
    "Verdict",
    "__version__",
    "check",
    "complex_urnn",
    "diagnose",
    "equivalent_urnn",
    "from_torch",
    "is_contractive",
    "leaky_rnn",
    "load",
    "minimal_urnn",
    "piecewise_linear",
    "read_sweep",
    "save",
    "search_counterexample",
    "sweep",
    "theorem",
    "to_torch",
    "verify_construction",
]

_HOME = {
    "RNN": "model.network",
    "URNN": "model.network",
    "RationalMatrix": "model.rational",
    "Orthogonal": "model.orthogonal",
    "Check": "model.verdict",
    "Report": "model.verdict",
    "Role": "model.verdict",
    "Trust": "model.verdict",
    "Verdict": "model.verdict",
    "DisagreementError": "model.errors",
    "InputError": "model.errors",
    "MissingExtraError": "model.errors",
    "NotContractiveError": "model.errors",
    "TooFewStatesError": "model.errors",
    "UndecidedError": "model.errors",
    "UnsupportedError": "model.errors",
    "UrnnProofsError": "model.errors",
    "FewestStates": "questions.minimal",
    "minimal_urnn": "questions.minimal",
    "piecewise_linear": "model.activation",
    "Diagnosis": "questions.diagnose",
    "diagnose": "questions.diagnose",
    "complex_urnn": "questions.complex_urnn",
    "Equivalence": "questions.equivalence",
    "equivalent_urnn": "questions.construction",
    "Certificate": "certificate",
    "check": "certificate",
    "Proof": "theorems.proof",
    "theorem": "theorems.registry",
    "SearchResult": "questions.search.result",
    "search_counterexample": "questions.search.counterexample",
    "is_contractive": "questions.scaling",
    "verify_construction": "theorems.construction",
    "leaky_rnn": "model.leaky",
    "load": "formats.files",
    "save": "formats.files",
    "StoredNetwork": "formats.stored",
    "from_torch": "formats.torch.modules",
    "to_torch": "formats.torch.modules",
    "SweepProgress": "sweeps.driver",
    "SweepResult": "sweeps.result",
    "read_sweep": "sweeps.reading",
    "sweep": "sweeps.driver",
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
