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
# # Theorem 3.1, step by step
#
# **Claim.** A ReLU RNN with $n$ states and $\|W\| < 1$ has a URNN with at most $2n$ states and the same outputs for
# every input with $\|x^k\| \le M$.
#
# **Construction.** With $H$ a bound of all states,
#
# $$U = \begin{bmatrix} W & W_2 \\ W_3 & W_4 \end{bmatrix},\quad F_u = \begin{bmatrix} F \\ 0 \end{bmatrix},\quad
# b_u = \begin{bmatrix} b \\ -H\mathbf{1} \end{bmatrix},\quad C_u = \begin{bmatrix} C & 0 \end{bmatrix},\quad
# h_{u,\mathrm{init}} = \begin{bmatrix} h_{\mathrm{init}} \\ 0 \end{bmatrix}.$$
#
# The added units make $U$ orthogonal, and their bias $-H$ keeps them at 0 for ever. Five steps: S1 the
# dilation, S2 its rows, S3 the gate, S4 the bound $H$, S5 the induction.
#
# The network of this notebook; change it and run all cells again.

# %%
from fractions import Fraction

from urnn_proofs import RNN, equivalent_urnn, theorem

W = [[Fraction(1, 2), Fraction(1, 3)], [0, Fraction(-1, 4)]]
rnn = RNN(W=W, F=[[1], [Fraction(1, 2)]], b=[0, Fraction(1, 4)], C=[[1, -1]])
M = 1

both = equivalent_urnn(rnn, input_bound=M)
proof = theorem("3.1")
rnn

# %% [markdown]
# ## S1. The dilation
#
# Put $W$ into the corner of an orthogonal matrix, with $W_3^\top W_3 = I - W^\top W$. For one state it is a reflection:

# %%
from urnn_proofs.checks.symbolic.closed_form import construction

construction(1)

# %% [markdown]
# For two states, with symbols for the leading minors of $A = I - W^\top W$ ($p$ and $d = \det A$) and of $B = I - W W^\top$
# ($q$, and $\det B = d$):

# %%
import sympy as sp

U2 = construction(2)
w = sp.Matrix(2, 2, U2[:2, :2])
p, q, d = sp.symbols("p q d", positive=True)
A, B = sp.eye(2) - w.T * w, sp.eye(2) - w * w.T
U2.subs({sp.expand(A.det()): d, sp.expand(A[0, 0]): p, sp.expand(B[0, 0]): q})

# %% [markdown]
# Its orthogonality for *all* $W$ of a size $n \le 4$ at once is a list of polynomial identities in the entries $w_{ij}$:
# elimination without fractions gives $YA = P$ and $Y'B = P'$, and the identities below imply $U^\top U = I$. Each is an
# expansion in a polynomial ring.

# %%
from urnn_proofs.checks.symbolic.entrywise import block_identities, symbolic_dilation

n = 2
for identity, holds in block_identities(symbolic_dilation(n)).items():
    print(f"{identity:40} {'holds' if holds else 'FAILS'}")

# %% [markdown]
# For the network above, exactly. Square roots are never expanded: $U = \mathrm{diag}(\sqrt\alpha)\, R\, \mathrm{diag}(\sqrt\beta)$ with
# rational $R$, $\alpha$, $\beta$, and $U^\top U = I$ reads $R^\top \mathrm{diag}(\alpha)\, R = \mathrm{diag}(1/\beta)$.

# %%
U = both.urnn.W
U

# %%
U.R

# %%
print("alpha =", *U.alpha)
print("beta  =", *U.beta)

# %% [markdown]
# What it does to the unit ball. $W$ maps the circle to an ellipse inside it; $U$ maps the state $(h, 0)$ to $(Wh, W_3h)$,
# and what $W$ loses is found in $W_3h$: $\|Wh\|^2 + \|W_3h\|^2 = 1$. All singular values of $U$ are 1.

# %%
import matplotlib.pyplot as plt
import numpy as np

Wf, Uf = rnn.W.to_numpy(), U.to_numpy()
n = rnn.states
t = np.linspace(0, 2 * np.pi, 200)
h = np.stack([np.cos(t), np.sin(t), *([np.zeros_like(t)] * (n - 2))])
upper, lower = Wf @ h, Uf[n:, :n] @ h

fig, (left, middle, right) = plt.subplots(1, 3, figsize=(11, 3.1), dpi=80)
left.plot(h[0], h[1], "C7--", label="unit circle")
left.plot(upper[0], upper[1], "C0", label="its image under $W$")
left.set(aspect="equal", ylim=(-1.1, 1.75), title="$W$ shrinks")
left.legend(frameon=False, fontsize=8, loc="upper right")
middle.stackplot(
    t,
    (upper**2).sum(0),
    (lower**2).sum(0),
    colors=["C0", "C1"],
    alpha=0.7,
    labels=[r"$\|Wh\|^2$", r"$\|W_3h\|^2$"],
)
middle.set(xlabel="angle of $h$", ylim=(0, 1.3), title="$U$ keeps the norm of $(h, 0)$")
middle.legend(frameon=False, fontsize=8, ncols=2, loc="upper right")
for A_, mark, name in ((Wf, "C0o", "$W$"), (Uf, "C1s", "$U$")):
    s = np.linalg.svd(A_, compute_uv=False)
    right.plot(range(1, len(s) + 1), s, mark, label=name)
right.set(ylim=(0, 1.15), xticks=range(1, len(Uf) + 1), title="singular values")
right.legend(frameon=False, fontsize=8, loc="lower right")
plt.show()

# %% [markdown]
# ### For all $n$
#
# Matrices of any size are letters in a typed free $*$-algebra. The step:

# %%
proof.check_step("S1 dilation")

# %% [markdown]
# Behind each claim under *evidence* stand its cofactors, `coefficient [left] (relation) [right]`, with `*` for the
# adjoint of a relation. Here are those of one block, one at a time: what is left of the claim after each of them has been
# subtracted. The last line is 0, so the claim lies in the two-sided ideal of the relations. The program that finds cofactors
# need not be believed: expanding them is enough.

# %%
from urnn_proofs.checks.symbolic.free_algebra import Alphabet, Letter
from urnn_proofs.guesses.cofactors import find_cofactors

letters = Alphabet(
    [Letter("W", "n", "n"), Letter("V", "n", "r"), Letter("W2", "r", "n"), Letter("W3", "n", "r")]
)
W_, V, W2, W3 = (letters[name] for name in ("W", "V", "W2", "W3"))
one_n, one_r = letters.identity("n"), letters.identity("r")
W4 = -(W3 * W_.adjoint() * V.adjoint())
relations = [
    W3.adjoint() * W3 + W_.adjoint() * W_ - one_n,
    W2 * W2.adjoint() + W_ * W_.adjoint() - one_n,
    V * W2 - one_r,
]
claim = W2.adjoint() * W2 + W4.adjoint() * W4 - one_r  # the lower right block of U^T U - I

rest = claim
print("claim:", claim, "= 0")
for c in find_cofactors(claim, relations):
    summand = relations[c.relation].adjoint() if c.adjoint else relations[c.relation]
    for name in reversed(c.left):
        summand = letters[name] * summand
    for name in c.right:
        summand = summand * letters[name]
    rest = rest - c.coefficient * summand
    star = "*" if c.adjoint else ""
    print(
        f"\nminus {c.coefficient} [{' '.join(c.left)}] ({c.relation}{star}) [{' '.join(c.right)}]"
    )
    print("leaves", rest)

# %% [markdown]
# That $W_2$ and $W_3$ of full rank exist is a step of its own, by induction on the size:

# %%
proof.check_step("factors")

# %% [markdown]
# For $r = n$ there is a closed form with square roots of matrices (Halmos). It needs $WS = TW$, which no polynomial
# rewriting of $S^2 = I - W^\top W$ and $T^2 = I - WW^\top$ gives; that is the step *intertwining*.

# %%
proof.check_step("intertwining")

# %%
proof.check_step("S1 Halmos form")

# %% [markdown]
# ## S2. Rows

# %%
proof.check_step("S2 rows")

# %% [markdown]
# ## S3. The gate
#
# An added unit sees $a \cdot h - H$, with $a$ a row of $W_3$. For $\|h\| \le H$ and $\|a\| \le 1$ this is never positive.

# %%
H = float(both.bound.H)
s = np.linspace(-1.6 * H, 1.6 * H, 400)
fig, ax = plt.subplots(figsize=(6.4, 2.6), dpi=80)
ax.axvspan(-H, H, color="C2", alpha=0.15)
ax.plot(s, np.maximum(s - H, 0), "C1")
ax.annotate(r"$\|a\|\,\|h\| \leq H$", (0, 0.35 * H), ha="center")
ax.set(xlabel=r"$a \cdot h$", ylabel=r"relu$(a \cdot h - H)$", xticks=[-H, 0, H])
ax.set_xticklabels(["$-H$", "0", "$H$"])
plt.show()

# %%
proof.check_step("S3 gate")

# %% [markdown]
# Z3 agrees, and finds a counterexample as soon as one hypothesis is dropped (`cauchy`: Cauchy–Schwarz, `row`: $\|a\| \le 1$,
# `bound`: $\|h\| \le H$, `sign`: $H \ge 0$):

# %%
from urnn_proofs.checks.smt.inequalities import gate_inequality

print("all hypotheses:", gate_inequality().answer.value)
for dropped in ("cauchy", "row", "bound", "sign"):
    print(f"without {dropped!r}:", gate_inequality(drop_hypothesis=dropped).answer.value)

# %% [markdown]
# ## S4. The state bound

# %%
proof.check_step("S4 bound")

# %% [markdown]
# For the network above every norm is bounded by a rational, in integers. Floating point proposes $\rho$; that
# $\rho^2 I - W^\top W$ is positive definite is decided exactly.

# %%
bound = both.bound
print(f"||W|| <= rho = {bound.rho}")
print(f"H = {float(bound.H):.6f}, because of the {bound.rule.value}")

# %% [markdown]
# ## S5. The induction

# %%
proof.check_step("S5 induction")

# %% [markdown]
# In closed form over two steps, for $n = 1$. The gates are what S3 sends to 0; with them at 0 both networks give the same
# polynomial expression.

# %%
from urnn_proofs.checks.symbolic.unrolling import unroll

over_two_steps = unroll(n=1, steps=2)
print("equal:", over_two_steps.equal)
print("gates:", *over_two_steps.gates, sep="\n    ")
over_two_steps.closed_form(1)

# %% [markdown]
# The two state trajectories for the network above. The upper units of the URNN repeat the RNN; the lower ones,
# dead from the start, have preactivations that stay at or below 0.

# %%
rng = np.random.default_rng(1)
x = rng.uniform(-M, M, (40, rnn.inputs)) / np.sqrt(rnn.inputs)


def states(net, x):
    """Return preactivations and states, (T, states) each."""
    w = net.to_numpy()
    h, before, after = w.h_init, [], []
    for drive in x @ w.F.T + w.b:
        before.append(w.W @ h + drive)
        h = np.maximum(before[-1], 0)
        after.append(h)
    return np.array(before), np.array(after)


(_, h), (z, h_u) = states(rnn, x), states(both.urnn, x)
fig, (top, bottom) = plt.subplots(1, 2, figsize=(10, 3), dpi=80)
for i in range(n):
    top.plot(h[:, i], f"C{i}", lw=3, alpha=0.4, label=f"RNN, unit {i + 1}")
    top.plot(h_u[:, i], f"C{i}--", label=f"URNN, unit {i + 1}")
for i in range(n, both.urnn.states):
    top.plot(h_u[:, i], "C7.", ms=3, label="URNN, added units" if i == n else None)
    bottom.plot(z[:, i], "C7", alpha=0.8)
top.set(xlabel="$k$", title="states")
top.legend(frameon=False, fontsize=8, ncols=2)
bottom.axhline(0, color="C3", lw=1)
bottom.set(xlabel="$k$", title="preactivations of the added units: below 0")
plt.show()

# %% [markdown]
# ## All steps
#
# For this network, re-derived from the two networks:

# %%
both

# %% [markdown]
# For all $n$: what Coq checked, then the dependency graph, and every step with its claim, the argument, and what was
# checked. The report ends with examples of what fails without a hypothesis.

# %%
from IPython.display import HTML

report = proof.check()
HTML(proof.to_html(report))

# %% [markdown]
# ## Outside the hypotheses
#
# For $\|x^k\| > M$ an added unit may wake up, and the outputs part:

# %%
for size in (1, 100):
    x = np.full((6, rnn.inputs), size * M)
    difference = np.abs(rnn.run(x) - both.urnn.run(x)).max()
    print(f"inputs of size {size * M}: largest difference of the outputs {difference:.2g}")

# %% [markdown]
# ## With a certificate
#
# The algebra of the steps for all $n$, and the statement about this network, can be checked again by a kernel that
# shares no code with what made them.

# %%
from urnn_proofs import check

check(report.certificate), check(both.certificate)
