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
# Theorem 3.1 says what a URNN *can* represent: everything that a contractive ReLU RNN with $n$ states computes, with at
# most $2n$ states. It does not say what training *finds*. So the paper trains: RNN, URNN and LSTM, with more and more
# hidden units, on the outputs of a known system. If $2n$ were what a URNN needs, its curve would be that of the RNN,
# shifted from $n$ to $2n$.
#
# This notebook reads the results of a larger run, stored in `experiments/results`; it trains nothing. What is measured
# here are samples, not proofs.
#
# ## One of the systems
#
# The data come from a network that varies slowly,
#
# $$ h^k = \mathrm{relu}(W h^{k-1} + F x^k + b), \qquad y^k = C h^k, \qquad W = I - \varepsilon A^\top A. $$
#
# | letter | what it is |
# | --- | --- |
# | $h^k \in \mathbb{R}^4$ | the state; so $n = 4$, and $2n = 8$ |
# | $x^k, y^k \in \mathbb{R}^2$ | Gaussian inputs, and outputs, to which noise is added |
# | $A, F, C$ | Gaussian matrices, drawn once for each system |
# | $\varepsilon = 0.01$ | how fast states decay: $W$ is near $I$ |
# | $b$ | biases that keep each unit on for 60 % of the time |
#
# So it is in the program of the authors. The text of the paper divides $A^\top A$ by $\|A\|^2$, which brings $W$ about ten
# times as close to $I$. Both, for one draw:

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
#
# Predictions are judged by $R^2$, the share of the variance of the outputs that they explain: $1$ is perfect, $0$ is what
# the mean of the outputs would get, and less is worse than that.

# %%
from urnn_proofs.experiments.reference import reference

data = make_dataset(system, snr_db=15, training=100, test=50)
line = reference(system, data)
print(f"URNN with {line.states} states; M = {line.input_bound}")
print("R^2 of")
print(f"  noise-free outputs:     {line.optimum:.4f}")
print(f"  the exact URNN:         {line.exact_urnn:.4f}")
print(f"  nearest orthogonal W:  {line.nearest:.4f}")

# %% [markdown]
# No predictor is expected to beat the noise-free outputs: they are the *optimum*. The exact URNN reaches it by
# construction. The last line puts the nearest orthogonal matrix in the place of $W$ and keeps everything else: a URNN
# with $n = 4$ states, and worse than the mean. Which four-state URNN is best nobody knows; training finds much better
# ones.
#
# ## What training finds
#
# 30 systems; networks of each kind and size, trained for 100 epochs:

# %%
from pathlib import Path

from urnn_proofs.experiments.results import read_results
from urnn_proofs.experiments.summary import shift, summarise

stored = Path("..") / "experiments" / "results"
results = read_results(
    stored / "script-orthogonal" / "synthetic.jsonl"
)
for model in ("rnn", "urnn", "lstm"):
    rows = [row for row in results.rows if row["model"] == model]
    systems = len({row["realisation"] for row in rows})
    print(f"{model:5} {len(rows)} networks, {systems} systems")

# %%
from urnn_proofs.experiments.figures import synthetic_figure
from urnn_proofs.show import draw

draw.figure(
    synthetic_figure(results.rows),
    "R^2 and its distance from the optimum against the number of "
    "hidden units: left RNN, URNN and LSTM at their units, right "
    "the URNN at half its units, where it lies near the RNN.",
)

# %% [markdown]
# Left: at equal size the URNN is behind the RNN. Right: the URNN drawn at half its units. Up to $n = 4$ its median now
# lies at or above that of the RNN; beyond, both are as close to the optimum as a constant learning rate brings them.
#
# System by system, for $n = 2, \dots, 7$: first the median distance from the optimum of an RNN with $n$ units, a URNN
# with $n$, a URNN with $2n$; then in how many of the 30 systems one is behind or ahead of another.

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
# Is the shift from $n$ to $2n$ always there? The systems of the paper's text are so close to orthogonal ones, and training
# stops so often at local minima, that it depends on where training starts. In faster systems, and in tanh systems, it is
# plain. The same table for $n = 4$:
#
# | name | what it is |
# | --- | --- |
# | `script` | systems as in the program of the authors, as above |
# | `text` | systems as in the text of the paper |
# | `orthogonal`, `identity` | training starts from a random orthogonal $W$, or from $I$ |
# | `clip` | long gradients are shortened |
# | `faster` | eigenvalues of $W$ between $0.7$ and $1$ |
# | `tanh` | tanh in place of ReLU |

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
draw.figure(
    synthetic_figure(others["tanh"]),
    "The same for tanh systems: left RNN and URNN at their units, "
    "the URNN behind; right the URNN at half its units, near the RNN.",
)

# %% [markdown]
# ## Convert and fine-tune
#
# A trained contractive RNN has an exact URNN, with the same outputs. Is that a good place to train on from?
# Not by itself: the added units are off, no gradient reaches them, and they stay off. With their biases *at the edge* of
# what keeps them off they wake up; but a URNN of this size that starts at random gets closer. Median (quartiles):

# %%
from urnn_proofs.experiments.tables import list_markdown

tuned = read_results(stored / "script-convert" / "convert.jsonl")
Markdown(list_markdown(summarise(tuned.rows, "convert"), "20 dB"))

# %% [markdown]
# [The page on the experiments](../docs/experiments.md) has all tables, and the command that prints each.
#
# ## Permuted pixels
#
# The paper's second task needs a long memory: handwritten digits, read one pixel a step in a fixed random order, and a
# class at the end. Here they have $8 \times 8$ pixels, so 64 steps (the paper has MNIST, 784 steps).

# %%
from urnn_proofs.experiments.figures import pixel_figure

pixels = read_results(stored / "pixels" / "pixels.jsonl")
draw.figure(
    pixel_figure(pixels.rows),
    "Accuracy on permuted pixels against the number of hidden "
    "units: the URNN and the contractive RNN are ahead of the RNN, "
    "the LSTM comes last.",
)

# %% [markdown]
# At every size the median URNN is ahead of the RNN, and so is the contractive RNN.
#
# ## What is the paper's
#
# The two tasks, and the comparison at $n$ and $2n$ units. The systems as written beside those as programmed, the exact
# URNN as a reference, converting and fine-tuning are this package's own.
