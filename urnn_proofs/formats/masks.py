"""Weights that stand in several arrays: pruned ones, and what else PyTorch keeps beside a weight.

``torch.nn.utils.prune`` keeps ``weight_orig`` and ``weight_mask`` in the place of ``weight``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from urnn_proofs.model.errors import InputError
from urnn_proofs.model.text import plain

__all__ = ["masked", "require_no_companion"]

Array = np.ndarray[Any, np.dtype[Any]]

_COMPANIONS = ("_mask", "_orig", "_g", "_v", "_u")


def masked(arrays: Mapping[str, Array], where: str) -> dict[str, Array]:
    """Multiply weights by their masks of zeros and ones: exactly.

    Raises
    ------
    InputError
        If a mask has other entries or another shape, or the weight itself is there as well.

    Examples
    --------
    >>> pruned = {"w_orig": np.array([[3.0, 5.0]]), "w_mask": np.array([[0.0, 1.0]])}
    >>> masked(pruned, "example")
    {'w': array([[0., 5.]])}
    """
    found = dict(arrays)
    for name in arrays:
        weight = name.removesuffix("_orig")
        mask = found.get(f"{weight}_mask")
        if weight == name or mask is None:
            continue
        if weight in arrays:
            said = plain(weight, 60)
            raise InputError(
                f"{where} holds {said} beside {said}_orig and {said}_mask, and does not tell which "
                f"of them is run; expected the last two alone, as torch.nn.utils.prune keeps them, "
                f"or the first: leave the others out, --map 'unused={said}_orig+{said}_mask'"
            )
        original = found.pop(name)
        if mask.shape != original.shape or not ((mask == 0) | (mask == 1)).all():
            raise InputError(
                f"{where}: {plain(weight, 60)}_mask is no mask of zeros and ones for "
                f"{plain(name, 60)}; expected one as torch.nn.utils.prune makes it"
            )
        found[weight] = np.where(found.pop(f"{weight}_mask") == 1, original, original * 0)
    return found


def require_no_companion(left: Collection[str], used: Collection[str], where: str) -> None:
    """Refuse to leave out, by ``*``, an array from which a weight that is read may be computed.

    Raises
    ------
    InputError
        Naming it.
    """
    for name in left:
        for end in _COMPANIONS:
            if name.endswith(end) and name.removesuffix(end) in used:
                said = plain(name, 60)
                raise InputError(
                    f"{where} holds {said} beside {plain(name.removesuffix(end), 60)}, which may "
                    f"be more than its name says; expected the weights that are run, alone: "
                    f"if {said} is no part of the network, say so by its name, "
                    f"--map 'unused=*+{said}'"
                )
