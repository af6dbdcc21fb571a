"""Training of an instant: XLA takes longer to optimise it than to run it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from urnn_proofs.experiments import lanes, training


def forget() -> None:
    """Let the next training be compiled anew."""
    for kept in (lanes._options, training.compiled, training._compiled_outputs):
        kept.cache_clear()


@pytest.fixture(scope="module")
def quickly_compiled() -> Iterator[None]:
    """What is trained in this module is compiled without optimisation."""
    with pytest.MonkeyPatch.context() as patch:
        options = {**lanes._OPTIONS, "xla_backend_optimization_level": 0}
        patch.setattr(lanes, "_OPTIONS", options)
        forget()
        yield
    forget()
