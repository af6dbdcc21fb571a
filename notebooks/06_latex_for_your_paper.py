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
# # LaTeX for your paper
#
# A theorem that you cite is worth more if your reader can check it. Here it becomes LaTeX, in three parts:
#
# | part | what it holds |
# | --- | --- |
# | `"statement"` | the definitions, and the theorem in its environment |
# | `"proof"` | the construction, with its matrices at a size $n$ of your choice, and the proof in prose |
# | `"checks"` | a row for each step: what it says, and what a machine verified |
#
# The theorem is checked first. The text says what came out, and names it by a *digest*, a fingerprint of the files that
# Coq checked: whoever has the same files can compare.

# %%
from urnn_proofs import theorem

name, n = "3.1", 2

text = theorem(name).to_latex(n)
lines = text.splitlines()
print(len(lines), "lines, which begin with what they need:")
for line in lines:
    if line.startswith("% needs"):
        print(line)

# %% [markdown]
# ## The theorem
#
# What a reader will see, and the LaTeX for it:

# %%
from IPython.display import Markdown

Markdown(theorem(name).statement.latex)


# %%
def part(text, environment):
    """Return the first environment of that name."""
    start = text.index(rf"\begin{{{environment}}}")
    end = rf"\end{{{environment}}}"
    return text[start : text.index(end, start) + len(end)]


print(part(text, "theorem"))

# %% [markdown]
# ## One part, one column
#
# `part=` asks for one of the three. Of several texts in one document only the first needs the definitions
# (`setting=False` leaves them out). With `columns=2` matrices and tables fit a column of IEEEtran. The matrices of the
# example in the proof:

# %%
narrow = theorem(name).to_latex(n, part="proof", columns=2)
print(part(narrow, "gather*"))

# %% [markdown]
# The beginning of its proof:

# %%
print(*part(text, "proof").splitlines()[:16], "...", sep="\n")

# %% [markdown]
# ## Your letters, your environments
#
# Another paper may write $A$ for $W$ and $\sigma$ for $\phi$, and call its environments `thm`. The theorem, and the
# definition of a network, in those letters:

# %%
from urnn_proofs.theorems.letters import Environments, Symbols

ours = theorem(name).to_latex(
    n,
    symbols=Symbols(W="A", phi=r"\sigma"),
    environments=Environments(theorem="thm"),
)
print(part(ours, "thm"))
print(part(ours, "equation*"))

# %% [markdown]
# ## What a step says, and what a machine verified
#
# Any report has a LaTeX form: the verdict and what weakens it, the statement as Coq prints it, and a row for each
# check. What a step says and what was verified stand side by side; the rows break across columns and pages. The
# statement in Coq, and the rows of the first two steps:

# %%
report = theorem(name).check()
print(part(report.to_latex(), "verbatim"))
print(
    *[
        line
        for line in report.to_latex().splitlines()
        if line.startswith(r"\urnnrow{S")
    ][:2],
    sep="\n",
)

# %% [markdown]
# ## Networks and matrices
#
# The orthogonal matrix $U$ for a network of yours, exact. A number that is too long to print becomes a decimal
# behind $\approx$.

# %%
from fractions import Fraction

from urnn_proofs import RNN, equivalent_urnn

rnn = RNN(
    W=[[Fraction(1, 2), 0], [0, Fraction(3, 5)]],
    F=[[1], [1]],
    b=[0, 0],
    C=[[1, 1]],
)
U = equivalent_urnn(rnn, input_bound=1).urnn.W
U

# %% [markdown]
# As LaTeX:

# %%
from urnn_proofs.show.tex.math import matrix

print(matrix(U))

# %% [markdown]
# ## Does it still hold?
#
# A text can be edited by mistake, and the package can change. On the command line, `urnn-proofs latex 3.1 --out theorem.tex`
# writes the text, and `urnn-proofs latex --verify theorem.tex` checks everything again and compares, letter by letter.
# The same from here:

# %%
import tempfile
from pathlib import Path

from urnn_proofs.show.paper.again import verify

path = Path(tempfile.mkdtemp()) / "theorem.tex"
path.write_text(text)
print("as generated:", verify(path).matches)
path.write_text(text.replace("2n", "n"))
print("with 2n changed to n:", verify(path).matches)

# %% [markdown]
# `make paper` writes a whole paper on all the theorems, figures and references included.
#
# Next: [what training finds](07_experiments.ipynb).
