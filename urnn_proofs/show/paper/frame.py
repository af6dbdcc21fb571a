r"""What stands around the theorems: preamble, definitions, bibliography."""

from __future__ import annotations

import re

from urnn_proofs.show.paper.references import KEYS, bibliography
from urnn_proofs.show.paper.request import Request

__all__ = ["MARKS", "PACKAGES", "ROWS", "body_head", "closing", "needs", "opening", "setting"]

PACKAGES = ("amsmath", "amssymb", "amsthm")

SETTING = r"""
An \emph{RNN} with $@n$ states is given by matrices $@W$, $@F$, $@C$ of sizes $@n \times @n$,
$@n \times m$, $p \times @n$, vectors $@b, @h_{\mathrm{init}} \in \mathbb{R}^{@n}$ and an
activation $@phi \colon \mathbb{R} \to \mathbb{R}$, which acts on vectors entrywise. It turns a
sequence of inputs $@x^0, @x^1, \dots \in \mathbb{R}^m$ into the outputs
\begin{equation*}
  @y^k = @C @h^k, \qquad @h^k = @phi(@W @h^{k-1} + @F @x^k + @b), \qquad @/
  @h^{-1} = @h_{\mathrm{init}}.
\end{equation*}
The arguments of $@phi$ are the \emph{preactivations}. The norm $\|\cdot\|$ is the Euclidean
norm of vectors and the spectral norm of matrices. The RNN is \emph{contractive} if $\|@W\| < 1$
and $@phi$ is non-expansive, that is $|@phi(s) - @phi(t)| \le |s - t|$ for all $s, t$. It is a
\emph{unitary RNN}, or URNN, if its transition matrix, then called $@U$, is real orthogonal:
$@U^{\top} @U = I$. The number of states of a URNN is $@N$, and its other weights, states and
outputs carry the index $u$. ReLU is the activation $\operatorname{relu}(t) = \max(t, 0)$. Two
networks with the same activation are compared on all sequences of inputs with $\|@x^k\| \le @M$
for all $k$, where $@M > 0$ is given; $X_{@M}$ is the set of these sequences.
"""

MINIMAL = r"""The matrices $(@W, @F, @C)$ are \emph{minimal} if the columns of all $@W^j @F$, $j
\ge 0$, span $\mathbb{R}^{@n}$, and so do the rows of all $@C @W^j$.
"""
#: Statements that speak of minimal matrices.
_OF_MINIMAL = ("n+mu", "n+eigenspace")

# The mark at the end of a step, and the rows of checks; an author may define each otherwise before.
MARKS = r"""\providecommand{\urnnmark}[2]{\mbox{\footnotesize[\textsf{#1}: #2]}}
\providecommand{\urnnchecked}[2]{\unskip\nobreak\hskip1em plus 1fill\penalty50\hbox{}%
  \nobreak\hfill\urnnmark{#1}{#2}}"""
ROWS = r"""\providecommand{\urnncell}[2]{\parbox[t]{#1\linewidth}{\raggedright\strut#2\strut}}
\providecommand{\urnnline}[1]{\par\nobreak\vskip2pt\hrule height#1pt\nobreak\vskip2pt\nobreak}
\providecommand{\urnngap}{\par\ifnum\lastpenalty<10000
  \vskip0pt plus90pt\penalty0\vskip0pt plus-90pt\fi\vskip2pt plus1pt}
\providecommand{\urnnrow}[4]{\urnngap{\footnotesize\parskip0pt\noindent
  \ifdim\linewidth<320pt
  \urnncell{.55}{\textbf{#1}}\hfill{#2}\par\nobreak\noindent
  \urnncell{.46}{#3}\hfill\urnncell{.5}{#4}%
  \else\urnncell{.19}{\textbf{#1}\\#2}\hfill\urnncell{.37}{#3}\hfill\urnncell{.39}{#4}\fi\par}}
\providecommand{\urnnrows}[2]{\par\addvspace{4pt}\urnnline{.8}%
  {\footnotesize\parskip0pt\noindent\ifdim\linewidth<320pt
  \urnncell{.46}{\emph{#1}}\hfill\urnncell{.5}{\emph{#2}}%
  \else\urnncell{.19}{\emph{step}}\hfill\urnncell{.37}{\emph{#1}}\hfill\urnncell{.39}{\emph{#2}}%
  \fi\par}\urnnline{.4}}
\providecommand{\urnnnote}[1]{\urnnline{.4}{\footnotesize\noindent\emph{#1}\par}\nobreak}
\providecommand{\urnnend}{\urnnline{.8}\par\addvspace{6pt}%
  \vskip0pt plus60pt\penalty-50\vskip0pt plus-60pt}"""


def needs(request: Request) -> list[str]:
    """Return the comment lines that say what an author's preamble must provide."""
    names, look = request.environments, request.look
    made: list[str] = []
    if request.wants("statement"):
        made += [names.theorem, names.claim]
    if request.wants("proof"):
        made += [names.remark, names.example, names.proof]
    lines = [f"needs the packages: {', '.join(PACKAGES)}; fonts with T1 encoding look best"]
    if made:
        lines.append(f"needs the environments: {', '.join(made)}")
    if request.wants("proof") and "3.1" in request.theorems:
        lines.append("draws a figure if the package tikz is loaded")
    if request.part in ("proof", "checks"):
        labels = ", ".join(look.label(name) for name in request.theorems)
        lines.append(f"needs the labels: {labels}; --part statement sets them")
    return lines


def setting(request: Request) -> str:
    """Return the definitions, letters open; of several texts in one document the first has them."""
    if not request.setting or not request.wants("statement"):
        return ""
    minimal = any(name in _OF_MINIMAL for name in request.theorems)
    text = request.look.refer(SETTING + MINIMAL * minimal)
    once = r"\ifdefined\urnnsetting\else\gdef\urnnsetting{}"
    return text if request.whole else f"{once}{text}\\fi\n"


def body_head(request: Request) -> str:
    """Return the commands that the body needs."""
    marks = MARKS if request.wants("proof") else ""
    rows = ROWS if request.wants("checks") and not request.paper else ""
    return "\n".join(part for part in (marks, rows) if part)


def opening(request: Request, title: str) -> str:
    """Return the preamble of a standalone document, up to its title."""
    names = request.environments
    within = "[section]" if request.paper else ""
    environments = [
        rf"\newtheorem{{{names.theorem}}}{{Theorem}}{within}",
        rf"\newtheorem{{{names.claim}}}[{names.theorem}]{{Claim}}",
        r"\theoremstyle{remark}",
        rf"\newtheorem*{{{names.remark}}}{{Remark}}",
        rf"\newtheorem*{{{names.example}}}{{Example}}",
    ]
    if names.proof != "proof":
        environments.append(
            rf"\newenvironment{{{names.proof}}}[1][\proofname]{{\begin{{proof}}[#1]}}{{\end{{proof}}}}"
        )
    narrow = request.columns == 2
    options = "10pt,a4paper,twocolumn" if narrow else "11pt,a4paper"
    width, margin = (182, -12) if narrow else (155, 2)
    return "\n".join(
        (
            rf"\documentclass[{options}]{{article}}",
            r"\usepackage[T1]{fontenc}",
            r"\usepackage{lmodern}",
            *(rf"\usepackage{{{name}}}" for name in PACKAGES),
            r"\usepackage{booktabs,tikz}",
            r"\usepackage[hidelinks,pdfusetitle]{hyperref}",
            rf"\setlength{{\textwidth}}{{{width}mm}}\setlength{{\oddsidemargin}}{{{margin}mm}}",
            *([r"\setlength{\columnsep}{14pt}"] if narrow else []),
            r"\setlength{\textheight}{230mm}\setlength{\topmargin}{-12mm}",
            r"\emergencystretch=2em \relpenalty=9000 \binoppenalty=9500",
            *environments,
            rf"\title{{{title}}}",
            rf"\author{{Generated by \texttt{{urnn\_proofs}} {request.version}}}",
            r"\date{}",
            r"\begin{document}",
            r"\maketitle",
            "",
        )
    )


def closing(text: str, request: Request) -> str:
    """Return the end of a standalone document, with the references that the text cites."""
    if not request.whole:
        return ""
    groups = re.findall(r"\\cite(?:\[[^\]]*\])?\{([\w,]+)\}", text)
    cited = {key for group in groups for key in group.split(",")}
    references = bibliography([key for key in KEYS if key in cited], request.version)
    return f"{references}\n\\end{{document}}\n"
