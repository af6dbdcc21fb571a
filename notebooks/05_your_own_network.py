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
# # Your own network
#
# From a trained network to an orthogonal one with the same outputs, with a certificate, in five steps:
# diagnose, repair if need be, convert, verify, certify.
#
# The network here has 16 states and reads real handwritten digits row by row; it is stored in the repository. To use your own,
# change the path: `.npz` (numeric arrays `W`, `F`, `b`, `C` and optionally `h_init`) and `.json` (exact entries such as
# `"3/7"`) need nothing else; `.pt`, `.safetensors` and `.onnx` need the extras `torch`, `safetensors`, `onnx`.

# %%
from pathlib import Path

import numpy as np

from urnn_proofs import load
from urnn_proofs.show import draw

path = Path("..") / "examples" / "digits_rnn.npz"
M = 3  # inputs satisfy ||x^k|| <= M

rnn = load(path).rnn
rnn

# %% [markdown]
# A float is taken as the exact rational number that it is: what is proved is about the stored weights themselves.
#
# ## 1. Diagnose
#
# What is this network, and is there a URNN for it? The answer is one of five: there is one; one within every
# $\varepsilon$; none of any size; not decided but a network nearby has one; not decided.

# %%
from urnn_proofs import diagnose

diagnose(rnn, input_bound=M)

# %% [markdown]
# ## 2. Repair, if need be
#
# Training often ends with $\|W\|$ slightly above $1$. `repair` cuts the singular values of $W$ just below $1$, changes
# nothing else, and proves how far the outputs can move in the first $T$ steps. For a network whose norm is a little too
# large:

# %%
from urnn_proofs import RNN, NotContractiveError, equivalent_urnn
from urnn_proofs.questions.repair import repair

W = rnn.to_numpy().W
above = rnn.replace(W=W * (1.001 / np.linalg.norm(W, 2)))
mended = repair(above, input_bound=M, steps=8)
mended.report

# %% [markdown]
# What is proved holds for every input; on one random input the difference is far smaller:

# %%
x = np.random.default_rng(0).normal(size=(8, rnn.inputs))
x *= M / np.linalg.norm(x, axis=1, keepdims=True)
names = "as it was", "repaired"
draw.outputs(above, mended.result.layers[0], x, names)

# %% [markdown]
# A ReLU network may become contractive without any change of its outputs, when its states are rescaled
# by a positive diagonal matrix. This one has norm $10$; the refusal comes with a vector that shows it, exactly:

# %%
strong = RNN(
    W=[[0, 10], [0, 0]], F=[[1], [1]], b=[0, 0], C=[[1, 1]]
)
try:
    equivalent_urnn(strong, input_bound=1)
except NotContractiveError as refusal:
    print("v with ||W v|| >= ||v||:", *refusal.witness)
scaled = equivalent_urnn(strong, input_bound=1, scaling=True)
print(scaled.report.verdict, "with the scaling", *scaled.scaling)

# %% [markdown]
# tanh and logistic networks are converted within an $\varepsilon$ of your choice: `equivalent_urnn(rnn, M, epsilon=...)`, see
# [04](04_smooth_activations.ipynb).
#
# ## 3. Convert

# %%
both = equivalent_urnn(rnn, input_bound=M)
print(both.urnn)
print(f"||W|| <= {both.bound.rho}, H = {float(both.bound.H):.4g}")

# %%
draw.blocks(both.urnn.W, rnn.states)

# %%
draw.singular_values(W=rnn.W, U=both.urnn.W)

# %% [markdown]
# ## 4. Verify
#
# All steps of Theorem 3.1 for this network, derived again from the two networks, and the cross-checks:

# %%
both.report

# %% [markdown]
# ## 5. Certify
#
# A certificate is a JSON file with both networks and what is needed to derive the claim again. The checker is plain
# Python without any package (`-S`), about 860 lines, and reads no field that says "ok".

# %%
import subprocess
import sys
import tempfile

import urnn_proofs

folder = Path(tempfile.mkdtemp())
both.certificate.save(folder / "certificate.json")
checkout = Path(urnn_proofs.__file__).parent.parent
done = subprocess.run(
    [
        sys.executable,
        "-S",
        "-m",
        "urnn_proofs.kernel",
        str(folder / "certificate.json"),
    ],
    cwd=checkout,
    capture_output=True,
    text=True,
)
print(done.stdout.splitlines()[0])

# %% [markdown]
# Change one entry of $U$ in the file, and it is rejected. (REFUTED says that the file proves nothing; the claim itself may
# still be true.)

# %%
import json

changed = json.loads((folder / "certificate.json").read_text())
changed["claim"]["urnn"]["R"][0][0] = "1/2"
(folder / "changed.json").write_text(json.dumps(changed))
print(urnn_proofs.check(folder / "changed.json"))

# %% [markdown]
# ## Save
#
# Only `.json` holds the exact URNN (square roots of rationals as `alpha`, `beta`). Other formats hold it rounded, and that has to
# be asked for.

# %%
from urnn_proofs import save

save(both.urnn, folder / "urnn.json")
again = load(folder / "urnn.json").rnn
x = np.random.default_rng(0).normal(size=(20, rnn.inputs))
x *= M / np.linalg.norm(x, axis=1, keepdims=True)
print(
    "same outputs after reading it back:",
    np.array_equal(again.run(x), both.urnn.run(x)),
)
print(
    "same as the RNN up to rounding:",
    np.allclose(rnn.run(x), again.run(x), rtol=0, atol=1e-12),
)

# %% [markdown]
# ## With floating-point weights
#
# What is deployed is rounded. With a `dtype` such a URNN is built, and it is bounded how far its outputs can be off, for all $k$ and
# all inputs with $\|x^k\| \le M$; the effect of rounding the weights and that of rounding inside the recursion are kept apart.

# %%
rounded = equivalent_urnn(rnn, input_bound=M, dtype="float32")
rounded.report

# %% [markdown]
# ## PyTorch and ONNX
#
# With the extra `torch`:
#
# ```python
# from urnn_proofs import equivalent_urnn, from_torch, to_torch
#
# found = equivalent_urnn(from_torch(rnn, readout), input_bound=3)
# urnn = to_torch(found.result, orthogonal=True)   # can be trained further, stays orthogonal
# ```
#
# On the command line, in any pair of formats: `urnn-proofs convert model.onnx urnn.onnx --input-bound 3`.
