"""Make the Keras files of this folder, and ``keras_outputs.npz`` with what Keras computes.

Needs keras, h5py and torch; the tests need only h5py and the files.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
from keras import layers

HERE = Path(__file__).parent


def rnn(units: int, activation: str, **more: object) -> layers.SimpleRNN:
    """A layer with a contractive transition matrix."""
    return layers.SimpleRNN(
        units,
        activation=activation,
        recurrent_initializer=keras.initializers.Orthogonal(gain=0.9),
        bias_initializer="random_normal",
        **more,
    )


def main() -> None:
    """Write all files."""
    keras.utils.set_random_seed(0)
    models = {
        "relu.keras": [rnn(4, "relu", return_sequences=True, name="first"), layers.Dense(2)],
        "last.keras": [
            layers.Dense(3, bias_initializer="random_normal"),
            rnn(4, "relu", return_sequences=True),
            layers.Dropout(0.5),
            rnn(3, "relu", use_bias=False),
            layers.Dense(2, bias_initializer="random_normal"),
        ],
        "tanh.keras": [rnn(3, "tanh", return_sequences=True)],
        "sigmoid.keras": [rnn(3, "sigmoid")],
        "relu.h5": [
            rnn(4, "relu", return_sequences=True),
            rnn(4, "relu", name="second"),
            layers.Dense(2, use_bias=False),
        ],
    }
    chain = [
        layers.Dense(3, bias_initializer="random_normal"),
        rnn(4, "relu", return_sequences=True),
        layers.Dropout(0.1),
        layers.Dense(2),
    ]
    models["functional.keras"] = models["functional.h5"] = chain
    stored = {}
    for name, parts in models.items():
        if name.startswith("functional"):
            y = x = keras.Input((5, 2))
            for part in parts:
                y = part(y)
            model = keras.Model(x, y)
        else:
            model = keras.Sequential([keras.Input((5, 2)), *parts])
        x = np.random.default_rng(0).normal(size=(3, 5, 2)).astype(np.float32)
        model.save(HERE / name)
        stored[f"{name}.x"], stored[f"{name}.y"] = x, np.asarray(model.predict(x, verbose=0))
    np.savez(HERE / "keras_outputs.npz", **stored)


if __name__ == "__main__":
    main()
