"""Train so that a network converts: parametrizations that keep W contractive or orthogonal.

Needs PyTorch (extra ``torch``).  ``docs/training.md`` has a complete example.
"""

from __future__ import annotations

from typing import Any

from urnn_proofs.checks.exact.contractive import is_contractive
from urnn_proofs.formats.extras import need
from urnn_proofs.model.errors import InputError, UnsupportedError
from urnn_proofs.model.number import shorten
from urnn_proofs.model.rational import RationalMatrix

__all__ = ["contractive", "orthogonal"]


def contractive(rnn: Any, norm: float = 0.99) -> Any:
    """Keep ``||W|| <= norm`` for every transition matrix of a module, from now on.

    W is projected now: its singular values are cut at *norm*.  Afterwards ``W = V min(1, norm /
    ||V||)`` with V the trained parameter, whose norm is computed whenever W is read.

    Parameters
    ----------
    rnn
        ``torch.nn.RNN`` or ``torch.nn.RNNCell``, changed in place.
    norm
        Between 0 and 1, with room for the rounding of the weights.

    Returns
    -------
    torch.nn.Module
        The module.  That its float weights have ``||W|| < 1`` was decided exactly;
        :func:`~urnn_proofs.questions.diagnose.diagnose` and
        :func:`~urnn_proofs.questions.construction.equivalent_urnn` decide it again for what
        training made of them.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    UnsupportedError
        For other modules.
    InputError
        If *norm* is not between 0 and 1 or too near 1, or a W is not finite, or parametrized
        already.

    Examples
    --------
    With PyTorch installed::

        rnn = urnn_proofs.torch.contractive(torch.nn.RNN(8, 16, nonlinearity="relu"))
        ...  # train
        found = equivalent_urnn(from_torch(rnn, readout), input_bound=3)
    """
    torch = need("torch", "urnn_proofs.torch.contractive")
    if isinstance(norm, bool) or not isinstance(norm, (int, float)) or not 0 < norm < 1:
        raise InputError(f"norm is {shorten(norm)}; expected a number between 0 and 1")

    class NormAtMost(torch.nn.Module):  # type: ignore[misc, name-defined]  # of an extra
        def forward(self, V: Any) -> Any:
            # Singular vectors apart from the graph: u^T V v has the gradient of the norm, and none
            # that is infinite where singular values coincide.
            with torch.no_grad():
                left, _, right = torch.linalg.svd(V)
            size = left[:, 0] @ V @ right[0]
            return V * (norm / size.clamp(min=norm))

        def right_inverse(self, W: Any) -> Any:
            return W

    names = _transitions(torch, rnn)
    for name in names:
        left, values, right = torch.linalg.svd(getattr(rnn, name).detach())
        _set(torch, rnn, name, (left * values.clamp(max=norm)) @ right)
        torch.nn.utils.parametrize.register_parametrization(rnn, name, NormAtMost())
    for name in names:
        W = getattr(rnn, name).detach()
        if not is_contractive(RationalMatrix.parse(W.double().cpu().numpy(), name)):
            raise InputError(
                f"norm is {norm}, so near 1 that {name} as {W.dtype} has a norm of 1 or more; "
                f"expected a smaller one, such as 0.99"
            )
    return rnn


def orthogonal(rnn: Any) -> Any:
    """Keep every transition matrix of a module orthogonal, as far as its floats can be.

    W is projected now, to the nearest orthogonal matrix; then
    ``torch.nn.utils.parametrizations.orthogonal`` keeps it so.  In floats W is orthogonal up to
    rounding: ``urnn-proofs repair`` puts an exactly orthogonal matrix in its place, and bounds what
    that changes.

    Parameters
    ----------
    rnn
        ``torch.nn.RNN`` or ``torch.nn.RNNCell``, changed in place.

    Returns
    -------
    torch.nn.Module
        The module.

    Raises
    ------
    MissingExtraError
        If PyTorch is not installed.
    UnsupportedError
        For other modules.
    InputError
        If a W is not finite, or parametrized already.
    """
    torch = need("torch", "urnn_proofs.torch.orthogonal")
    for name in _transitions(torch, rnn):
        left, _, right = torch.linalg.svd(getattr(rnn, name).detach())
        _set(torch, rnn, name, left @ right)
        torch.nn.utils.parametrizations.orthogonal(rnn, name)
    return rnn


def _transitions(torch: Any, rnn: Any) -> list[str]:
    """Return the names of the transition matrices, all of them plain and finite."""
    parametrize = torch.nn.utils.parametrize
    kinds = (torch.nn.RNN, torch.nn.RNNCell)
    if isinstance(rnn, kinds) and parametrize.is_parametrized(rnn):
        raise InputError(
            "the module has parametrized weights already; call "
            "torch.nn.utils.parametrize.remove_parametrizations first"
        )
    if type(rnn) not in kinds:
        raise UnsupportedError(
            f"rnn is a {type(rnn).__name__}; expected a torch.nn.RNN or torch.nn.RNNCell"
        )
    if isinstance(rnn, torch.nn.RNNCell):
        names = ["weight_hh"]
    else:
        if rnn.bidirectional or rnn.proj_size:
            raise UnsupportedError(
                "the module has two directions or a projection; expected one direction, none"
            )
        names = [f"weight_hh_l{k}" for k in range(rnn.num_layers)]
    for name in names:
        if not bool(torch.isfinite(getattr(rnn, name)).all()):
            raise InputError(f"{name} has entries that are NaN or infinite; expected finite ones")
    return names


def _set(torch: Any, rnn: Any, name: str, value: Any) -> None:
    with torch.no_grad():
        getattr(rnn, name).copy_(value)
