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
# From a trained ReLU network to an orthogonal one with the same outputs, with a certificate. The network here has 16 states and
# reads real handwritten digits row by row; it is stored in the repository. To use your own, change the path: `.npz`
# (numeric arrays `W`, `F`, `b`, `C` and optionally `h_init`) and `.json` (exact entries such as `"3/7"`) need nothing else;
# `.pt`, `.safetensors` and `.onnx` need the extras `torch`, `safetensors`, `onnx`.

# %%
from pathlib import Path

from urnn_proofs import load

path = Path("..") / "examples" / "digits_rnn.npz"
M = 3  # inputs satisfy ||x^k|| <= M

rnn = load(path).rnn
rnn

# %% [markdown]
# A float is taken as the exact rational number that it is: what is proved is about the stored weights themselves.
#
# ## Verify
#
# All steps of Theorem 3.1 for this network, and the cross-checks:

# %%
from urnn_proofs import equivalent_urnn

equivalent_urnn(rnn, input_bound=M).report

# %% [markdown]
# The URNN itself, with the bound $H$ that keeps its added units silent:

# %%
both = equivalent_urnn(rnn, input_bound=M)
print(both.urnn)
print(f"||W|| <= {both.bound.rho}, H = {float(both.bound.H):.4g}")

# %%
import matplotlib.pyplot as plt
import numpy as np

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.1), dpi=80)
w, U = rnn.to_numpy(), both.urnn.W.to_numpy()
left.imshow(w.W, cmap="RdBu", vmin=-1, vmax=1)
left.set(title="$W$", xticks=[], yticks=[])
middle.imshow(U, cmap="RdBu", vmin=-1, vmax=1)
middle.set(title="$U$, with $W$ in its corner", xticks=[], yticks=[])
for A, mark, name in ((w.W, "C0o", "$W$"), (U, "C1s", "$U$")):
    s = np.linalg.svd(A, compute_uv=False)
    right.plot(range(1, len(s) + 1), s, mark, ms=4, label=name)
right.set(title="singular values", ylim=(0, 1.1))
right.legend(frameon=False)
plt.show()

# %% [markdown]
# ## Certify
#
# A certificate is a JSON file with both networks and what is needed to derive the claim again. The checker is plain
# Python without any package (`-S`), about 830 lines, and reads no field that says "ok".

# %%
import subprocess
import sys
import tempfile

import urnn_proofs

folder = Path(tempfile.mkdtemp())
both.certificate.save(folder / "certificate.json")
checkout = Path(urnn_proofs.__file__).parent.parent
done = subprocess.run(
    [sys.executable, "-S", "-m", "urnn_proofs.kernel", str(folder / "certificate.json")],
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
urnn_proofs.check(folder / "changed.json")

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
print("same outputs after reading it back:", np.array_equal(again.run(x), both.urnn.run(x)))
print("same as the RNN up to rounding:", np.allclose(rnn.run(x), again.run(x), rtol=0, atol=1e-12))

# %% [markdown]
# ## With floating-point weights
#
# What is deployed is rounded. With a `dtype` such a URNN is built, and it is bounded how far its outputs can be off, for all $k$ and
# all inputs with $\|x^k\| \le M$; the effect of rounding the weights and that of rounding inside the recursion are kept apart.

# %%
rounded = equivalent_urnn(rnn, input_bound=M, dtype="float32")
rounded.report

# %% [markdown]
# ## When it is not contractive
#
# The refusal comes with a vector that shows it, exactly. A ReLU network may still become contractive when its states are
# rescaled by a positive diagonal, which changes no output:

# %%
from urnn_proofs import RNN, NotContractiveError

strong = RNN(W=[[0, 10], [0, 0]], F=[[1], [1]], b=[0, 0], C=[[1, 1]])
try:
    equivalent_urnn(strong, input_bound=1)
except NotContractiveError as refusal:
    print("witness v with ||W v|| >= ||v||:", *refusal.witness)

# %%
equivalent_urnn(strong, input_bound=1, scaling=True)

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
