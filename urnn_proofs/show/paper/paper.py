"""The paper: what it says about each theorem follows that theorem's report.

The numbers in its tables and its plot are computed when it is written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from urnn_proofs.formal.record import read_record, theorem_standing
from urnn_proofs.model.verdict import Report, Trust, Verdict
from urnn_proofs.show.paper.example import example
from urnn_proofs.show.paper.figures import construction_figure, states_figure
from urnn_proofs.show.paper.frame import setting
from urnn_proofs.show.paper.look import Look
from urnn_proofs.show.paper.request import Request
from urnn_proofs.show.paper.theorem import proof_text, statement_text
from urnn_proofs.show.paper.verification import (
    at_the_top,
    coq_statements,
    coq_theorems,
    unchecked,
)
from urnn_proofs.show.tex.math import escape
from urnn_proofs.theorems.proof import Proof

__all__ = ["paper"]

#: What each theorem says in a few words: a question, the answer.
_ANSWERS = {
    "3.1": ("How many states are enough?", "$2@n$"),
    "3.2": ("Are fewer enough in general?", "no: some networks need $2@n$"),
    "3.3": ("With $\\tanh$ or the logistic function?", "no number of states is enough"),
    "2n-1": ("When are fewer than $2@n$ enough?", "$2@n - 1$ are, unless $@W$ is diagonal"),
    "n+eigenspace": (
        "How many are needed if $(@W, @F, @C)$ is minimal and all units can be active?",
        "$@n + \\dim \\ker (@W - \\lambda I)$ at least; so $\\omega I$ needs $2@n$",
    ),
    "n+mu": (
        "Is that bound ever reached?",
        "for each minimal $(@W, @F, @C)$, by some $@b$ and $@h_{\\mathrm{init}}$",
    ),
    "2n-iff-diagonal": (
        "Which need $2@n$, if $@F$, $@C$ have rank $@n$ and units can reach their kink?",
        "those with diagonal $@W$, no others",
    ),
    "2n-not-robust": (
        "Does $2@n$ survive an error $\\varepsilon$?",
        "no: $@n + 1$ are enough if $@W$ is diagonal",
    ),
    "no-bound": (
        "For inputs without a bound?",
        "$@n + 2 \\operatorname{rank}(I - @W^{\\top} @W)$; $2@n$ if $@W$ is diagonal",
    ),
    "complex": ("With complex states?", "$@n$"),
    "expansive": (
        "If inputs of bounded difference drive outputs apart without bound?",
        "no URNN comes within any $\\varepsilon$",
    ),
    "epsilon": (
        "With $\\tanh$ or logistic, within $\\varepsilon$?",
        "$2@n$, for every $\\varepsilon > 0$",
    ),
}

_ABSTRACT = r"""
The transition matrix of a unitary recurrent network keeps norms, that of a contractive one lets
them decay. Emami, Sahraee-Ardakan, Rangan and Fletcher @[emami2019] asked what this costs in
expressive power, and answered: nothing but states, if units can be switched off.
"""

#: What the abstract says, each with the theorem that it rests on: of the paper, and beyond it.
_CLAIMS = (
    (
        "Coq checked their theorems: ",
        {
            "3.1": "with ReLU $2@n$ states are enough in place of $@n$",
            "3.2": "in general they are needed",
            "3.3": "with $\\tanh$ and logistic activations no number may be enough",
        },
    ),
    (
        "It checked more: ",
        {
            "2n-1": "$2@n - 1$ states are enough unless the transition matrix is diagonal",
            "n+eigenspace": "if all units can be active, eigenspaces bound the number from below",
            "2n-not-robust": "within $\\varepsilon$ a diagonal matrix needs only $@n + 1$",
            "no-bound": "for inputs without a bound at most $3@n$ are enough",
            "complex": "$@n$ complex states are enough",
            "epsilon": "with $\\tanh$ and logistic activations $2@n$ states come within every "
            "$\\varepsilon > 0$",
        },
    ),
)

#: What the abstract says of theorems that Coq does not know.
_IN_WORDS = {
    "2n-iff-diagonal": "$2@n$ are needed if and only if the matrix is diagonal, where inputs and "
    "outputs have full rank and units can reach their kink,",
    "n+mu": "the bound by eigenspaces is reached with some bias",
}

_INTRODUCTION = r"""
A recurrent network whose transition matrix $@W$ has norm below $1$ forgets: the influence of an
input decays. Training such networks is hard, because what decays along the sequence also decays
along the gradient. This is why networks with unitary or orthogonal transition matrices were
proposed @[arjovsky2016,helfrich2018,wisdom2016]. Is anything lost by them? An orthogonal
matrix lets nothing decay. Yet units with ReLU activation can be switched off, and what a silent
unit would have carried is lost. Emami et al.\ @[emami2019] used this to build, from a contractive
network, a unitary one with twice the number of states; showed that twice the number is needed in
general; and that without such a switch no number of states may be enough.

This paper has three parts. The first is about these theorems and their proofs. The second asks
what they leave open: which networks need how many states, what an error $\varepsilon$ changes,
what happens without a bound of the inputs, with complex states, for networks that do not
contract, and with other activations. The third says what was checked, by which program, and what
a reader must still believe. Table~\ref{urnn:answers} lists the answers; its last column says what
each rests on.
"""

_RELATED = r"""
That a contraction is a corner of an orthogonal matrix is due to Halmos @[halmos1950]; that a
unitary operator on a larger space can follow all its powers, to Sz.-Nagy @[nagy1953]. A network
applies its activation between any two powers, and here lies the difference to dilation theory:
what leaves the corner must be stopped before it returns. Orthogonal matrices are parametrised for
training in @[arjovsky2016,helfrich2018,wisdom2016]. Albertini and Sontag
@[albertini1993] show for many activations that the outputs of a network determine its weights, up
to few symmetries; lower bounds for numbers of states rest on the same thought. The definitions
and proofs in Coq @[coq] use the Mathematical Components library @[mathcomp].
"""

#: What is said behind a statement: why it holds, or what it means.
_BEHIND = {
    "3.1": "The reason in short: as $\\|@W\\| < 1$, there is a matrix $@W_3$ for which the columns "
    "of $\\begin{bmatrix} @W \\\\ @W_3 \\end{bmatrix}$ are orthonormal, and two more blocks "
    "complete them to an orthogonal matrix $@U$. The added units read $@W_3 @h^{k-1}$, "
    "which is bounded; a bias below that bound keeps them silent, and the first $@n$ "
    "units never hear of them (Figure~\\ref{@:figure}).",
    "3.2": "Here the network without memory, $@W = 0$, $@F = @C = I$, needs all of them: a unit "
    "that is active passes its state on through the invertible matrix $@U$, and to forget "
    "at once every one of the $@n$ directions takes a silent unit.",
    "3.3": "A slope that vanishes nowhere leaves no switch: the derivatives of $@N + 1$ outputs "
    "by $@N + 1$ inputs factor through the $@N$ states of a URNN, but form a triangular "
    "matrix of rank $@N + 1$.",
    "2n-1": "ReLU commutes with positive diagonal matrices $E$, so that $@W$ may be replaced by "
    "$E @W E^{-1}$. If $@W$ is not diagonal, some $E$ brings its norm to exactly $1$, and "
    "a contraction of norm $1$ is a corner of a smaller orthogonal matrix.",
    "n+eigenspace": "Figure~\\ref{urnn:states} shows numbers that follow for particular networks.",
    "n+mu": "So the bound is reached, whatever the matrix; by which bias, the proof says.",
    "2n-iff-diagonal": "That decoupled units are the worst case may be surprising: each forgets "
    "at its own rate, and no two can share what makes them forget.",
    "2n-not-robust": "So the number $2@n$ is a matter of exactness. Near a diagonal matrix "
    "there is a triangular one, similar to a contraction that one more state completes.",
    "no-bound": "Without a bound of the states no bias can keep a unit silent; the sign of what it "
    "reads can.",
    "epsilon": "The added units begin at the limit of the activation, and a bias keeps them so "
    "near to it that what they leave over is forgotten before it adds up.",
}

_BETWEEN = r"""
Theorem~3.1 is about ReLU, Theorem~3.3 about two smooth activations; what of the others? The proof
of Theorem~3.1 needs of the activation that it is non-expansive and constant on a half-line, on
either side. That of Theorem~3.3 needs that its slope vanishes nowhere; and it is enough that the
zeros of the slope are isolated. An activation that is constant on an interval, but on no
half-line, is in neither class. Table~\ref{urnn:activations} has what Coq checked, by the names of
the statements. \emph{None} means: some network with one state and $\|@W\| < 1$ has no URNN with
the same outputs, of any size, for any $@M > 0$.
"""

#: Activation, what is known of equal outputs, by which Coq theorems, and within epsilon.
_ACTIVATIONS = (
    ("ReLU", "$2@n$", ("theorem_3_1",), "", ()),
    ("non-expansive, constant on the left", "$2@n$", ("flat_contraction",), "", ()),
    ("non-expansive, constant on the right", "$2@n$", ("flat_right_contraction",), "", ()),
    ("leaky ReLU, slopes not $0$", "none", ("theorem_3_3_leaky",), "", ()),
    ("$\\tanh$", "none", ("theorem_3_3_tanhR",), "$2@n$", ("eps_tanhR",)),
    ("logistic", "none", ("theorem_3_3_logisticR",), "$2@n$", ("eps_logisticR",)),
    ("softplus", "none", ("theorem_3_3_softplusR",), "$2@n$", ("eps_softplusR",)),
    ("ELU", "none", ("theorem_3_3_eluR",), "$2@n$", ("eps_eluR",)),
    ("SiLU", "none", ("theorem_3_3_siluR",), "$2@n$ if $1.1 \\|@W\\| < 1$", ("eps_siluR",)),
    ("GELU", "none", ("theorem_3_3_geluR",), "$2@n$ if $1.13 \\|@W\\| < 1$", ("eps_geluR",)),
    ("SELU", "none", ("theorem_3_3_seluR",), "", ()),
    ("Mish", "none", ("theorem_3_3_mishR",), "", ()),
    ("sine", "none", ("theorem_3_3_sinR",), "", ()),
    ("linear", "none", ("theorem_D",), "none if $\\varepsilon < @M$", ("theorem_D",)),
)

_CHECKED = r"""
A theorem for all $@n$ is called PROVED here if Coq @[coq] checked its statement;
Appendix~\ref{urnn:coq} prints the statements as Coq does. What must be believed is the kernel of
Coq, the definitions, and that the sentences in this paper say what the statements in Coq say, which
a reader compares. Networks, equal outputs, outputs within $\varepsilon$, contractions and
orthogonal matrices are defined in one short file; minimal and complex networks, inputs without a
bound and the smooth activations beside the theorems about them.
The axioms, where there are any, are the three classical ones of the library's real numbers.

The proofs in Appendix~\ref{urnn:proofs} are for the reader. The mark at the end of a step says
what a machine did: [\textsf{S3 gate}: kernel] that a small independent program expanded the
identities or inequalities of the step called S3, for all sizes at once unless the step is about
some. What joins them is argument in words. A theorem that Coq does not know is ASSUMED, however
complete its proof. Table~\ref{urnn:trust} says which is which, with the first digits of the
SHA-256 digest of each certificate.
"""

_OPEN = r"""
For a matrix that is not diagonal our bounds leave open in general, from $@n = 3$ on, which of the
numbers from $@n + 1$ to $2@n - 1$ is the least. How few states are enough within a given
$\varepsilon$ is not known here, nor what holds for an activation that is constant on a bounded
interval alone.
"""

_TOOLS = (
    "All of this was run by {urnnproofs}, version {version}, when this text was written: "
    "certificates were found with {sympy2017}, exact ranks and networks were computed with "
    "{flint}, enclosures with {arb2017}, and {z3} gave second opinions. The command "
    "\\texttt{{urnn-proofs latex -{{}}-verify}} proves everything again and compares the "
    "text letter by letter; with \\texttt{{-{{}}-part checks}} it lists, step by step, "
    "what each step says and what a machine verified."
)

_SECTIONS = (
    ("The theorems of Emami et al.", ("3.1", "3.2", "3.3")),
    (
        "How many states a network needs",
        ("2n-1", "n+eigenspace", "n+mu", "2n-iff-diagonal", "2n-not-robust"),
    ),
    ("Other questions", ("no-bound", "complex", "expansive")),
    ("Other activations", ("epsilon",)),
)


def paper(pairs: Sequence[tuple[Proof, Report]], request: Request) -> Iterator[tuple[str, bool]]:
    """Yield the paper between its title and its bibliography, and whether letters are open."""
    look = request.look
    reports = {proof.name: report for proof, report in pairs}
    parts = [
        _abstract(reports),
        "\\section{Introduction}",
        _INTRODUCTION,
        _answers(reports, look),
        _not_established(reports),
        "\\paragraph{Related work.}" + _RELATED,
        "\\section{Setting}",
    ]
    yield look.refer("\n".join(parts)) + setting(request), True
    named = {proof.name: (proof, report) for proof, report in pairs}
    for title, names in _SECTIONS:
        yield f"\\section{{{title}}}\n", True
        for name in names:
            proof, report = named[name]
            if name == "epsilon":
                yield look.refer(_BETWEEN + _activations()), True
            yield f"{at_the_top(report)}\n", False  # in the letters of the check
            yield statement_text(proof, report, look, noted=False), True
            yield _behind(report, name, look), True
    tools = {key: look.named(key) for key in ("urnnproofs", "sympy2017", "flint", "arb2017", "z3")}
    checked = [
        "\\section{What was checked, and what must be believed}",
        _CHECKED,
        _trust(reports, look),
        _TOOLS.format(version=escape(look.version), **tools),
        "\\section{Open questions}",
        _OPEN + _awaited(reports, look),
        "\\appendix",
        "\\section{Proofs}\\label{urnn:proofs}",
    ]
    yield look.refer("\n".join(checked)) + "\n", True
    for proof, report in pairs:
        own = proof_text(proof, report, look, apart=True) + example(proof, request.n, look)
        yield request.symbols.name_entries(own), True
    yield "\\section{The statements in Coq}\\label{urnn:coq}\n", True
    yield coq_statements([report for _, report in pairs], look.columns, whole=True), False


def _behind(report: Report, name: str, look: Look) -> str:
    """Return what follows a statement: why it holds if it does, and its figure."""
    holds = report.verdict in (Verdict.PROVED, Verdict.ASSUMED)
    text = look.refer(f"{_BEHIND[name]}\n", name) if holds and name in _BEHIND else ""
    if name == "3.1":
        return construction_figure(look) + text
    return states_figure() + text if name == "n+eigenspace" else text


def _abstract(reports: Mapping[str, Report]) -> str:
    """Return the abstract: what Coq checked, then what rests on words, then what failed."""
    parts = ["\\begin{abstract}", _ABSTRACT.strip()]
    for start, claims in _CLAIMS:
        said = [text for name, text in claims.items() if _rests(reports[name]) == "Coq"]
        if said:
            parts.append(f"{start}{'; '.join(said)}.")
    said = [text for name, text in _IN_WORDS.items() if _rests(reports[name]) == "words"]
    if said:
        verb = "has a proof" if len(said) == 1 else "have proofs"
        parts.append(
            f"That {' and that '.join(said)} {verb} in words, of which a machine checked the "
            "algebra."
        )
    return "\n".join([*parts, _not_established(reports), "\\end{abstract}"])


def _awaited(reports: Mapping[str, Report], look: Look) -> str:
    """Say which theorems rest on words."""
    names = [f"\\ref{{{look.label(name)}}}" for name in reports if _rests(reports[name]) == "words"]
    if not names:
        return ""
    if len(names) == 1:
        return f"And Theorem~{names[0]} awaits a proof that a machine has read.\n"
    several = f"{', '.join(names[:-1])} and~{names[-1]}"
    return f"And Theorems~{several} await proofs that a machine has read.\n"


def _not_established(reports: Mapping[str, Report]) -> str:
    failed = {
        name: report
        for name, report in reports.items()
        if report.verdict not in (Verdict.PROVED, Verdict.ASSUMED)
    }
    said = [f"Theorem {escape(name)}: {report.verdict}" for name, report in failed.items()]
    said += [
        f"an argument of Theorem {escape(name)} was not checked in every step"
        for name, report in reports.items()
        if name not in failed and unchecked(report)
    ]
    return f"\\textbf{{Not everything is established:}} {'; '.join(said)}." if said else ""


def _rests(report: Report) -> str:
    if report.verdict is Verdict.PROVED:
        return "Coq" if report.trust is Trust.FORMAL else str(report.trust).lower()
    if report.verdict is Verdict.ASSUMED:
        return "words"
    return f"nothing: {report.verdict}"


def _answers(reports: Mapping[str, Report], look: Look) -> str:
    rows = [
        (question, answer, f"\\ref{{{look.label(name)}}}", _rests(reports[name]))
        for name, (question, answer) in _ANSWERS.items()
    ]
    caption = (
        "Numbers of states of a unitary network with the outputs of a given network with $@n$ "
        "states. For ReLU, $\\|@W\\| < 1$ and inputs no longer than $@M$, unless the question says "
        "otherwise; what is assumed, exactly, is said in the theorems."
    )
    head = ("question", "answer", "theorem", "rests on")
    return _table(head, (0.38, 0.36, 0.09, 0.1), rows, caption, "urnn:answers")


def _activations() -> str:
    def known(answer: str, names: Sequence[str]) -> tuple[str, str]:
        if not all(theorem_standing(name).applies for name in names):
            return "not established now", ""
        return answer or "---", ", ".join(map(_code, names))

    rows = [
        (name, *known(exact, by), *known(within, by_too))
        for name, exact, by, within, by_too in _ACTIVATIONS
    ]
    caption = (
        "Numbers of states of a URNN with equal outputs, and with outputs within every "
        "$\\varepsilon > 0$, by activation; --- where this paper has no theorem."
    )
    head = ("activation", "equal outputs", "in Coq", "within $\\varepsilon$", "in Coq")
    return _table(head, (0.26, 0.13, 0.21, 0.18, 0.15), rows, caption, "urnn:activations")


def _trust(reports: Mapping[str, Report], look: Look) -> str:
    rows = []
    for name, report in reports.items():
        found = _coq(report)
        axioms = "none" if not any(found.values()) else f"{max(found.values())}"
        digest = "---" if report.certificate is None else report.certificate.digest[:12]
        rows.append(
            (
                f"\\ref{{{look.label(name)}}}",
                str(report.verdict),
                _rests(report),
                ", ".join(map(_code, found)) or "---",
                axioms if found else "---",
                f"\\texttt{{{digest}}}",
            )
        )
    head = ("theorem", "verdict", "rests on", "statements in Coq", "axioms", "certificate")
    caption = "What each theorem rests on, as it came out when this text was written."
    if any(report.trust is Trust.FORMAL for report in reports.values()):
        record = read_record()
        caption += (
            f" Coq {record.coq} is recorded to have checked the files whose digest begins with "
            f"\\texttt{{{record.sources[:16]}}}."
        )
    return _table(head, (0.09, 0.11, 0.09, 0.37, 0.07, 0.16), rows, caption, "urnn:trust")


def _coq(report: Report) -> dict[str, int]:
    """Return the Coq theorems that a report rests on, each with its number of axioms."""
    return {name: len(axioms) for check in report.checks for name, _, axioms in coq_theorems(check)}


def _code(name: str) -> str:
    r"""Return a name of Coq's, which may break behind an underscore."""
    return f"\\texttt{{{escape(name)}}}".replace(r"\_", r"\_\allowbreak{}")


def _table(
    head: Sequence[str],
    shares: Sequence[float],
    rows: Sequence[Sequence[str]],
    caption: str,
    label: str,
) -> str:
    columns = "".join(f"p{{{share}\\textwidth}}" for share in shares)
    lines = [" & ".join(f"\\raggedright {cell}" for cell in row) for row in rows]
    return "\n".join(
        (
            "\\begin{table*}[t]\\centering\\footnotesize\\setlength{\\tabcolsep}{3pt}",
            f"\\caption{{{caption}}}\\label{{{label}}}\\smallskip",
            f"\\begin{{tabular}}{{@{{}}{columns}@{{}}}}",
            "\\toprule",
            f"{' & '.join(head)} \\tabularnewline",
            "\\midrule",
            *(f"{line} \\tabularnewline" for line in lines),
            "\\bottomrule",
            "\\end{tabular}",
            "\\end{table*}",
            "",
        )
    )
