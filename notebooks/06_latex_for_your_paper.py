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
# A theorem that you cite is worth more if your reader can check it.
#
# A proof becomes a statement, a construction with its matrices at a size $n$, a proof in prose, and the rows of what
# was checked. It is checked first: the text says what came out, now, and carries a digest of the certificate.

# %%
from urnn_proofs import theorem

name, n = "3.1", 2

text = theorem(name).to_latex(n)
print(len(text.splitlines()), "lines; it needs")
print(
    *(
        line
        for line in text.splitlines()
        if line.startswith("% needs")
    ),
    sep="\n",
)

# %% [markdown]
# The theorem:


# %%
def part(text, environment):
    """Return the first environment of that name."""
    start = text.index(rf"\begin{{{environment}}}")
    end = rf"\end{{{environment}}}"
    return text[start : text.index(end, start) + len(end)]


print(part(text, "theorem"))

# %% [markdown]
# One part of it is a text of its own: `part="statement"`, `"proof"` (with the construction) or `"checks"`. Of several
# such texts in one document only the first shows the definitions. With `columns=2` a text fits a column of IEEEtran.

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
# Another paper may write $A$ for $W$ and $\sigma$ for $\phi$, and call its environments `thm`.

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
# check. What it says and what was verified stand side by side; the rows break across columns and pages.

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
# The construction for a network of yours, exact; a number that is too long to print is shown as a decimal behind
# $\approx$.

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

# %%
from urnn_proofs.show.tex.math import matrix

print(matrix(U))

# %% [markdown]
# ## Does it still hold?
#
# On the command line, `urnn-proofs latex 3.1 --out theorem.tex` writes the text, and `urnn-proofs latex --verify theorem.tex`
# proves everything again and compares, letter by letter. The same from here:

# %%
import tempfile
from pathlib import Path

from urnn_proofs.show.paper.again import verify

path = Path(tempfile.mkdtemp()) / "theorem.tex"
path.write_text(text)
print("as generated:", verify(path).matches)
path.write_text(text.replace("2n", "n"))
print("with 2n changed to n:", verify(path).matches)
