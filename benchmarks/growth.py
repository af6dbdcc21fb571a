"""How time and memory of exact verification grow with the size and with the bits of the weights.

    python benchmarks/growth.py [--largest 256] [--folder benchmarks]

Each measurement is a process of its own with one BLAS thread; time is processor time, which a
busy machine disturbs less than wall-clock time, and memory is the peak above that of the imports.
Writes ``growth.csv``, prints the exponents (least squares on logarithms), and draws ``growth.png``
where matplotlib is installed.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

FIELDS = ("stage", "bits", "n", "seconds", "megabytes", "length")
SIZES = (32, 48, 64, 96, 128, 192, 256)
#: stage: sizes fitted, bits of the weights, expected exponents (time in n, memory in n), and why.
#: Below 80 states the pipeline eliminates without fractions, so its fit starts above.
STAGES = {
    "pipeline": (
        (96, 256), (12, 24, 53), (4.0, 3.0),
        "n b-bit minors: n^2 of them, n^3 products with word-sized factors",
    ),
    "modular elimination": (
        (96, 256), (12, 24, 53), (4.0, 3.0),
        "n b / 22 primes, n^3 each; back to integers n^2 (n b)^2 bit operations",
    ),
    "fraction-free elimination": (
        (64, 128), (53,), (4.6, 3.0),
        "O(n^3) work on n b-bit integers, M(l) = l^1.6 (Karatsuba) to l",
    ),
    "contractivity": ((256, 2048), (53,), (3.0, 2.0), "two products of one-word integers"),
}  # fmt: skip


def weights(n: int, bits: int) -> np.ndarray:
    """Norm 0.9; 12 bits after the point, or all bits of float32 or float64 entries."""
    W = np.random.default_rng(0).standard_normal((n, n))
    W *= 0.9 / np.linalg.norm(W, 2)
    if bits == 24:
        return W.astype(np.float32)
    return W if bits == 53 else np.round(W * 2.0**bits) / 2.0**bits


def peak_mb() -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines)
    return int(status["VmHWM"].split()[0]) / 1024


def measure(stage: str, bits: int, n: int) -> dict[str, object]:
    """Run one stage once, in this process."""
    import time

    from urnn_proofs.checks.exact.contractive import certify_contractive
    from urnn_proofs.checks.exact.dilation import check_dilation, defects
    from urnn_proofs.guesses import elimination
    from urnn_proofs.guesses.dilation import dilate
    from urnn_proofs.guesses.modular_elimination import eliminate_modular
    from urnn_proofs.model.rational import RationalMatrix
    from urnn_proofs.model.verdict import Verdict

    W = RationalMatrix.parse(weights(n, bits), "W")
    A = defects(W)[0] if "elimination" in stage else None
    before, started = peak_mb(), time.process_time()
    length = 0
    if stage == "pipeline":
        certify_contractive(W)
        found = dilate(W, force=True)
        assert check_dilation(W, found.U, found).verdict is Verdict.PROVED
        length = max(int(x).bit_length() for x in found.right.delta) // 2
    elif stage == "contractivity":
        certify_contractive(W)
    else:
        fast = stage.startswith("modular")
        Y, _ = eliminate_modular(A) if fast else elimination._halve(A, 1, with_inverse=False)[:2]
        length = max(int(x).bit_length() for x in Y.entries())
    seconds = time.process_time() - started
    values = (stage, bits, n, round(seconds, 4), round(peak_mb() - before, 1), length)
    return dict(zip(FIELDS, values, strict=True))


def in_a_child(stage: str, bits: int, n: int) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, __file__, "--one", stage, str(bits), str(n)],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    found: dict[str, object] = json.loads(done.stdout)
    return found


def exponent(points: list[tuple[float, float]]) -> float:
    """Slope of the least-squares line through the logarithms."""
    x, y = np.log(np.array(points, dtype=float)).T
    return float(np.polyfit(x, y, 1)[0])


def fits(rows: list[dict[str, object]]) -> list[str]:
    """Say how each stage grows, next to what is expected."""
    lines = [
        "| stage | bits | range of n | time ~ n^ | expected | memory ~ n^ | expected |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for stage, ((least, _), widths, (in_time, in_memory), _) in STAGES.items():
        for bits in widths:
            # Memory below 4 MB measures the allocator.
            own = [r for r in rows if r["stage"] == stage and r["bits"] == bits]
            used = [r for r in own if float(r["n"]) >= least]
            if len(used) < 3:
                continue
            memory = [(r["n"], r["megabytes"]) for r in used if float(r["megabytes"]) > 4]
            shown = f"{exponent(memory):.2f}" if len(memory) >= 3 else "-"
            slope = exponent([(r["n"], r["seconds"]) for r in used])
            span = f"{used[0]['n']} to {used[-1]['n']}"
            lines.append(
                f"| {stage} | {bits} | {span} | {slope:.2f} | {in_time} | {shown} | {in_memory} |"
            )
    lines += ["", *in_bits(rows), "", *prediction(rows)]
    return lines


def in_bits(rows: list[dict[str, object]]) -> list[str]:
    """Say how the pipeline grows with the bits of the minors at fixed n."""
    lines = ["| n | time ~ bits^ | memory ~ bits^ |", "| --- | --- | --- |"]
    for n in (128, 192):
        used = [r for r in rows if r["stage"] == "pipeline" and r["n"] == n]
        if len(used) == 3:
            time, memory = (
                exponent([(r["length"], r[key]) for r in used]) for key in ("seconds", "megabytes")
            )
            lines.append(f"| {n} | {time:.2f} | {memory:.2f} |")
    return lines


def prediction(rows: list[dict[str, object]]) -> list[str]:
    """Extrapolate the float64 pipeline to n = 1024, by the measured and by the expected slope."""
    (least, _), _, expected, _ = STAGES["pipeline"]
    used = [r for r in rows if r["stage"] == "pipeline" and r["bits"] == 53]
    used = [r for r in used if int(r["n"]) >= least]
    if len(used) < 3:
        return []
    last, lines = used[-1], []
    quantities = (("seconds", "processor hours", 3600), ("megabytes", "GB", 1024))
    for (key, unit, scale), theory in zip(quantities, expected, strict=True):
        slope = exponent([(r["n"], r[key]) for r in used])
        factor = 1024 / float(last["n"])
        low, high = (float(last[key]) / scale * factor**e for e in sorted((slope, theory)))
        lines.append(
            f"EXTRAPOLATION from n = {last['n']}, not measured: n = 1024 with float64 weights, "
            f"{low:.2g} to {high:.2g} {unit} (n^{slope:.2f} measured, n^{theory} expected)"
        )
    return lines


def draw(rows: list[dict[str, object]], path: Path) -> None:
    try:
        import matplotlib
    except ImportError:
        print("matplotlib is not installed: no plot")
        return
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9.2, 4.2), layout="constrained")
    for stage, (_, widths, _, _) in STAGES.items():
        for bits in widths:
            used = [r for r in rows if r["stage"] == stage and r["bits"] == bits]
            for axis, key in zip(axes, ("seconds", "megabytes"), strict=True):
                x = [r["n"] for r in used]
                axis.loglog(x, [r[key] for r in used], "o-", ms=3, label=f"{stage}, {bits} bits")
    for axis, label in zip(axes, ("processor seconds", "MB above the imports"), strict=True):
        axis.set_xlabel("states n")
        axis.set_ylabel(label)
        axis.grid(alpha=0.3)
    axes[0].legend(fontsize=8)
    figure.savefig(path, dpi=110)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--largest", type=int, default=256)
    parser.add_argument("--folder", type=Path, default=Path(__file__).parent)
    parser.add_argument("--one", nargs=3, help=argparse.SUPPRESS)
    parser.add_argument("--from-csv", action="store_true", help="only fit and draw")
    choice = parser.parse_args()
    if choice.one:
        stage, bits, n = choice.one
        print(json.dumps(measure(stage, int(bits), int(n))))
        return
    table = choice.folder / "growth.csv"
    rows: list[dict[str, object]] = []
    if choice.from_csv:
        with table.open() as stream:
            for row in csv.DictReader(stream):
                numbers = {k: float(v) for k, v in row.items() if k != "stage"}
                rows.append(row | numbers | {k: int(numbers[k]) for k in ("bits", "n")})
    else:
        for stage, ((_, limit), widths, _, _) in STAGES.items():
            sizes = (*SIZES, 512, 1024, 2048) if stage == "contractivity" else SIZES
            for bits in widths:
                for n in (n for n in sizes if n <= min(limit, 8 * choice.largest)):
                    if stage == "contractivity" or n <= choice.largest:
                        rows.append(in_a_child(stage, bits, n))
                        print(rows[-1], flush=True)
        with table.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, FIELDS)
            writer.writeheader()
            writer.writerows(rows)
    print("\n".join(fits(rows)))
    draw(rows, choice.folder / "growth.png")


if __name__ == "__main__":
    main()
