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
# $$ h^k = \mathrm{relu}(W h^{k-1} + F x^k + b), \qquad y^k = C h^k, \qquad W = I - \varepsilon \frac{A^T A}{\|A\|^2} $$
#
# with four states, two inputs, two outputs, $\varepsilon = 0.01$, Gaussian $A$, $F$, $C$, and biases that keep
# each unit on for 60 % of the time.

# %%
import numpy as np

from urnn_proofs import is_contractive
from urnn_proofs.experiments.systems import draw_system, make_dataset

system = draw_system(seed=0, normalise=True)
print("eigenvalues of W:", np.linalg.eigvalsh(system.W).round(4))
print("share of time each unit is on:", system.activity.round(3))
print("contractive, decided exactly:", is_contractive(system.network()))

# %% [markdown]
# All eigenvalues are between 0.99 and 1: a state fades by less than one per cent a step, and $W$ is within
# one per cent of an orthogonal matrix. A unit forgets because the ReLU switches it off.
#
# ## What a URNN can do
#
# The exact URNN of this system has eight states and the same outputs for all inputs with $\|x^k\| \le M$.
# Gaussian inputs have no bound, so $M$ is taken from the data: the largest norm in it, rounded up.

# %%
from urnn_proofs.experiments.reference import reference

data = make_dataset(system, snr_db=15, training=100, test=50)
line = reference(system, data)
print(f"URNN with {line.states} states, proved equivalent for inputs up to {line.input_bound}")
print(f"R^2 of the noise-free outputs        {line.optimum:.4f}")
print(f"R^2 of the exact URNN                {line.exact_urnn:.4f}")
print(f"R^2, W replaced by the nearest orthogonal matrix, 4 states: {line.nearest:.4f}")

# %% [markdown]
# No predictor is expected to beat the noise-free outputs. The exact URNN reaches them by construction. The
# nearest orthogonal matrix, with everything else kept, needs no more states than the system and loses a
# little: a lower bound for what a URNN with $n$ states can do.
#
# ## What training finds

# %%
from pathlib import Path

from urnn_proofs.experiments.results import read_results
from urnn_proofs.experiments.summary import summarise

stored = next(p for p in (Path.cwd(), *Path.cwd().parents) if (p / "experiments/results").is_dir())
stored /= "experiments/results"
results = read_results(stored / "synthetic.jsonl")
lines = summarise(results.rows)
for model in dict.fromkeys(line.model for line in lines):
    rows = [row for row in results.rows if row["model"] == model]
    how = rows[0]["conditions"]
    start = "" if model == "lstm" else f", from {how['start']}"
    systems = len({row["realisation"] for row in rows})
    print(f"{model:12} {len(rows)} networks, {systems} systems, {how['epochs']} epochs{start}")

# %%
import io

from IPython.display import Image

from urnn_proofs.experiments.figures import synthetic_figure


def shown(figure, dpi=58):
    """Return the figure as a picture."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=dpi)
    return Image(stream.getvalue())


shown(synthetic_figure(results.rows))

# %% [markdown]
# Above: the median over all systems, with quartiles. The dashed line is the optimum, the star the exact
# URNN. Below, the same as a distance from the optimum, on a logarithmic scale.
#
# How many units does each model need to come within a given distance of the optimum?

# %%
from urnn_proofs.experiments.summary import size_needed

models = list(dict.fromkeys(line.model for line in lines))
print(f"{'within':8}{'noise':8}" + "".join(f"{model:>13}" for model in models))
for gap in (0.02, 0.01, 0.005, 0.002, 0.001):
    for noise in ("15 dB", "20 dB"):
        sizes = [size_needed(lines, model, noise, gap) for model in models]
        print(f"{gap:<8}{noise:8}" + "".join(f"{size or 'none':>13}" for size in sizes))

# %% [markdown]
# From 4 units on the URNN is as close as the RNN or closer; the step from $n$ to $2n$ does not show, because these
# systems are nearly orthogonal to begin with.
#
# ## Faster systems
#
# With $\varepsilon = 0.3$ the eigenvalues of $W$ lie between 0.7 and 1, far from an orthogonal matrix. Now the
# RNN needs 4 to 6 units and the URNN 8, twice the states of the true system.

# %%
faster = read_results(stored / "faster" / "synthetic.jsonl")
shown(synthetic_figure(faster.rows))

# %% [markdown]
# [The page on the experiments](../docs/experiments.md) says what these numbers show, what they do not show,
# and what was reduced compared with the paper.
#
# ## Permuted pixels
#
# Handwritten digits of 8 x 8 pixels, read one pixel a step in a fixed random order: 64 steps, then a class.

# %%
from urnn_proofs.experiments.figures import pixel_figure

pixels = read_results(stored / "pixels.jsonl")
shown(pixel_figure(pixels.rows))
