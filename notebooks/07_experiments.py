# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The experiments of the paper
#
# Theorem 3.1 says what a unitary RNN *can* represent: everything that a contractive ReLU RNN with $n$ states
# computes, with at most $2n$ states. It does not say what training *finds*. The paper trains RNN, URNN and
# LSTM on data of slowly varying systems and compares them by the number of hidden units. This notebook reads
# the results of a larger run, made with `urnn-proofs experiment` and stored in `experiments/results`; it
# trains nothing. Measured values are samples, not proofs.
#
# ## One of the systems
#
# $$ h^k = \mathrm{relu}(W h^{k-1} + F x^k + b), \qquad y^k = C h^k, \qquad W = I - \varepsilon A^T A $$
#
# with four states, two inputs, two outputs, $\varepsilon = 0.01$, Gaussian $A$, $F$, $C$, and biases that keep
# each unit on for 60 % of the time. So it stands in the program of the authors; the text of the paper divides
# $A^T A$ by $\|A\|^2$, which brings $W$ about ten times as close to the identity.

# %%
import numpy as np

from urnn_proofs import is_contractive
from urnn_proofs.experiments.systems import (
    draw_system,
    make_dataset,
)

system = draw_system(seed=0)
print(
    "eigenvalues of W, as programmed:",
    np.linalg.eigvalsh(system.W).round(4),
)
written = draw_system(seed=0, normalise=True)
print(
    "eigenvalues of W, as written:   ",
    np.linalg.eigvalsh(written.W).round(4),
)
print("share of time each unit is on:", system.activity.round(3))
print(
    "contractive, decided exactly:",
    is_contractive(system.network()),
)

# %% [markdown]
# ## What a URNN can do
#
# The exact URNN of this system has eight states and the same outputs for all inputs with $\|x^k\| \le M$.
# Gaussian inputs have no bound, so $M$ is taken from the data: the largest norm in it, rounded up.

# %%
from urnn_proofs.experiments.reference import reference

data = make_dataset(system, snr_db=15, training=100, test=50)
line = reference(system, data)
print(
    f"URNN with {line.states} states, proved equivalent for inputs up to {line.input_bound}"
)
print(f"R^2 of the noise-free outputs        {line.optimum:.4f}")
print(f"R^2 of the exact URNN                {line.exact_urnn:.4f}")
print(
    f"R^2, W replaced by the nearest orthogonal matrix, 4 states: {line.nearest:.4f}"
)

# %% [markdown]
# No predictor is expected to beat the noise-free outputs. The exact URNN reaches them by construction. The
# nearest orthogonal matrix, with everything else kept, needs no more states than the system and loses
# something: a lower bound for what a URNN with $n$ states can do.
#
# ## What training finds

# %%
from pathlib import Path

from urnn_proofs.experiments.results import read_results
from urnn_proofs.experiments.summary import shift, summarise

stored = next(
    p
    for p in (Path.cwd(), *Path.cwd().parents)
    if (p / "experiments/results").is_dir()
)
stored /= "experiments/results"
results = read_results(
    stored / "script-orthogonal" / "synthetic.jsonl"
)
for model in ("rnn", "urnn", "lstm"):
    rows = [row for row in results.rows if row["model"] == model]
    how = rows[0]["conditions"]
    systems = len({row["realisation"] for row in rows})
    print(
        f"{model:5} {len(rows)} networks, {systems} systems, {how['epochs']} epochs"
    )

# %%
from urnn_proofs.experiments.figures import synthetic_figure
from urnn_proofs.show.picture import Canvas, Picture


def shown(figure, alt):
    """Return the figure as a picture, with what is to be seen."""
    made = Canvas(figure, []).picture(alt)
    width = round(100 * figure.get_figwidth())
    return Picture(made.png, made.alt, width)


shown(
    synthetic_figure(results.rows),
    "R^2 and its distance from the optimum against the number of "
    "hidden units: left RNN, URNN and LSTM at their units, right "
    "the URNN at half its units, where it lies near the RNN.",
)

# %% [markdown]
# Left: at equal size the URNN is behind the RNN. Right: the URNN drawn at half its units. Up to $n = 4$ it now
# lies at or above the RNN; beyond, both are as close to the optimum as a constant learning rate brings them.
# System by system:

# %%
from IPython.display import Markdown

from urnn_proofs.experiments.tables import shift_markdown

Markdown(
    shift_markdown(
        {
            str(n): shift(results.rows, "20 dB", n)
            for n in range(2, 8)
        },
        "n",
    )
)

# %% [markdown]
# ## Systems as written, and faster ones
#
# The systems of the text are so close to orthogonal ones, and training stops so often at local minima, that
# the shift shows or not depending on where training starts: `text` are these systems, `identity` and
# `orthogonal` the starts, `clip` says that long gradients are shortened. In faster systems, eigenvalues
# between 0.7 and 1, and in tanh systems it is plain.

# %%
names = (
    "script-orthogonal",
    "text-orthogonal",
    "text-identity-clip",
    "faster",
    "tanh",
)
others = {
    name: read_results(stored / name / "synthetic.jsonl").rows
    for name in names
}
Markdown(
    shift_markdown(
        {
            name: shift(rows, "20 dB", 4)
            for name, rows in others.items()
        },
        "systems",
    )
)

# %%
shown(
    synthetic_figure(others["tanh"]),
    "The same for tanh systems: left RNN and URNN at their units, "
    "the URNN behind; right the URNN at half its units, near the RNN.",
)

# %% [markdown]
# ## Convert and fine-tune
#
# A trained contractive RNN has an exact URNN, with the same outputs. Is that a good place to train on from?
# Not by itself: the added units are off and stay off. With their biases at the edge of what keeps them off
# they wake up, but a URNN of this size that starts at random gets closer.

# %%
from urnn_proofs.experiments.tables import list_markdown

tuned = read_results(stored / "script-convert" / "convert.jsonl")
Markdown(list_markdown(summarise(tuned.rows, "convert"), "20 dB"))

# %% [markdown]
# [The page on the experiments](../docs/experiments.md) has all tables, and the command that prints each.
#
# ## Permuted pixels
#
# Handwritten digits of 8 x 8 pixels, read one pixel a step in a fixed random order: 64 steps, then a class.

# %%
from urnn_proofs.experiments.figures import pixel_figure

pixels = read_results(stored / "pixels" / "pixels.jsonl")
shown(
    pixel_figure(pixels.rows),
    "Accuracy on permuted pixels against the number of hidden units.",
)
