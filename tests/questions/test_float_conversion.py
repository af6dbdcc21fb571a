"""Stored networks made orthogonal in floats: the bounds hold, exactly and in real engines."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as Q

import numpy as np
import pytest
from stored_networks import network, sequences
from typer.testing import CliRunner

from urnn_proofs import (
    RNN,
    InputError,
    NotContractiveError,
    RationalMatrix,
    StoredNetwork,
    Trust,
    UndecidedError,
    UnsupportedError,
    Verdict,
    check,
    equivalent_urnn,
    load,
    save,
)
from urnn_proofs.checks.numeric import float_run
from urnn_proofs.cli import app
from urnn_proofs.formats.rounding import natural_dtype, rounded
from urnn_proofs.guesses.tube import propose_tube
from urnn_proofs.model.verdict import USED
from urnn_proofs.questions.float_stacks import stack_of

M = 2
DTYPES = ("float32", "float64")
ROTATION = [[Q(3, 5), Q(-4, 5)], [Q(4, 5), Q(3, 5)]]


def convert_to_floats(net, M, dtype=None, **options):
    """In the type of the network, unless another is asked for."""
    stored = StoredNetwork.of(net) if isinstance(net, RNN) else net
    if dtype is None:
        dtype = natural_dtype(stored) if isinstance(stored, StoredNetwork) else "float64"
    return equivalent_urnn(stored, M, dtype=dtype, **options)


def with_built(found, result, **changes):
    """Another URNN in place of the one that was built."""
    return replace(found, built=stack_of(result, found.dtype), **changes)


def column(*values):
    return RationalMatrix.column([Q(v) for v in values])


def two_biases(first, second):
    """One unit whose biases nearly cancel, as PyTorch may hold them."""
    rnn = RNN([[0.5]], [[1]], [Q(first) + Q(second)], [[1]])
    return StoredNetwork.of(rnn, second_biases=(column(second),))


NETWORKS = {
    "n = 1": StoredNetwork.of(RNN([[0.75]], [[1]], [0.25], [[1]])),
    "zero": StoredNetwork.of(RNN([[0, 0], [0, 0]], [[1], [Q(1, 3)]], [0, 0], [[1, 0]])),
    "nothing at all": StoredNetwork.of(RNN([[0]], [[0]], [0], [[0]])),
    "nilpotent": StoredNetwork.of(RNN([[0, 0.9], [0, 0]], [[0], [1]], [0, 0], [[1, 0]])),
    "rank deficient": StoredNetwork.of(
        RNN([[0.3, 0.3], [0.3, 0.3]], [[1], [0.7]], [0.1, -0.1], [[1, 1], [1, -1]])
    ),
    "thirds": StoredNetwork.of(
        RNN([[Q(2, 3)]], [[Q(1, 3)]], [Q(1, 7)], [[Q(5, 3)]], [Q(1, 3)]), output_bias=[Q(1, 3)]
    ),
    "output bias": network((4,), start=True),
    "large output bias": replace(network((4,)), output_bias=column(1e6, -1e6)),
    "two layers": network((2, 3), seed=1, start=True),
    "three layers, no bias": network((3, 2, 2), seed=2, bias=False),
    "readout between layers": StoredNetwork.of(
        RNN([[0.5, 0.25], [0, 0.5]], [[1], [1]], [0, 1], [[2, Q(1, 3)]]),
        RNN([[-0.5]], [[Q(1, 3)]], [0.5], [[1]]),
    ),
    "two biases": two_biases(1000, -999.75),
}


def exactly(net, x):
    """Outputs in exact arithmetic, for a sequence of floats (T, m)."""
    values = [[Q(float(v)) for v in row] for row in x]
    for layer in net.layers:
        values = layer.run_exact(values)
    d = [row[0] for row in net.output_bias.to_fractions()]
    return [[y + b for y, b in zip(row, d)] for row in values]


def computed(net, layers, x, dtype):
    for layer in layers:
        x = layer.run(x)
    return x + net.output_bias.to_numpy()[:, 0].astype(dtype)


def largest(first, second):
    """Largest squared Euclidean distance, exact."""
    pairs = [[(Q(a), Q(b)) for a, b in zip(*rows)] for rows in zip(first, second)]
    return max(sum((a - b) ** 2 for a, b in row) for row in pairs)


def signals(net, dtype, steps=12):
    shape = (steps, 3, net.inputs)
    x = sequences(*shape, M).astype(dtype)
    x[:, 1] = np.full(net.inputs, M * 0.999 / net.inputs**0.5)  # nearly on the sphere
    return [x[:, k] for k in range(3)]


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_bounds_hold(name, dtype, exact):
    found = convert_to_floats(NETWORKS[name], M, dtype, exact=exact)
    assert found.report.verdict is Verdict.PROVED
    assert found.dtype == dtype
    assert (found.report.certificate is not None) == exact
    error = found.error
    for x in signals(found.network, dtype):
        wanted = exactly(found.network, x)
        assert largest(exactly(found.result, x), wanted) <= error.weights**2
        urnn = computed(found.result, found.built.layers, x, dtype)
        assert largest(urnn.tolist(), wanted) <= error.total**2
        rnn = found.floats.original.run(x)
        assert largest(urnn.tolist(), rnn.tolist()) <= error.same_engine**2
        # Another order of additions, as in another engine.
        other = _computed_backwards(found.result, found.built.layers, x, dtype)
        assert largest(other, wanted) <= error.total**2


def _computed_backwards(net, layers, x, dtype):
    """Sums of single products, from the last term to the first, biases in the middle."""
    one = np.dtype(dtype).type
    rows = [[one(v) for v in row] for row in x]
    for layer in layers:
        state, out = list(layer.h_init), []
        second = layer.second_bias
        for row in rows:
            new = []
            for i in range(layer.states):
                total = one(0)
                for j in reversed(range(layer.inputs)):
                    total = total + layer.F[i, j] * row[j]
                total = total + layer.b[i]
                for j in reversed(range(layer.states)):
                    total = total + layer.W[i, j] * state[j]
                if second is not None:
                    total = total + second[i]
                new.append(max(total, one(0)))
            state = new
            sums = []
            for i in range(layer.outputs):
                total = one(0)
                for j in reversed(range(layer.states)):
                    total = total + layer.C[i, j] * state[j]
                sums.append(total)
            out.append(sums)
        rows = out
    d = net.output_bias.to_numpy()[:, 0].astype(dtype)
    return [[float(y + b) for y, b in zip(row, d)] for row in rows]


def test_what_is_kept_costs_nothing_in_exact_arithmetic():
    for name in ("n = 1", "output bias", "two layers", "two biases"):
        found = convert_to_floats(NETWORKS[name], M, "float64")
        assert found.error.weights == 0
        assert "bit for bit" in found.report.notes[0]
    assert convert_to_floats(NETWORKS["thirds"], M, "float64").error.weights > 0


def test_a_kernel_certificate_goes_with_the_exact_urnn(tmp_path):
    found = convert_to_floats(NETWORKS["two layers"], M)
    found.report.certificate.save(tmp_path / "c.json")
    assert check(tmp_path / "c.json") is Verdict.PROVED


def test_two_biases_are_rounded_one_by_one():
    apart, together = two_biases(1000, -999.75), StoredNetwork.of(two_biases(1000, -999.75).rnn)
    found, less = (convert_to_floats(net, M, "float32") for net in (apart, together))
    # The sum of the first terms has the size of the first bias, and is rounded to it.
    assert found.error.recursion > 100 * less.error.recursion
    layer = found.built.layers[0]
    assert layer.second_bias is not None
    x = signals(found.network, "float32")[0]
    seen = largest(
        _computed_backwards(found.result, [layer], x, "float32"), exactly(found.network, x)
    )
    assert less.error.total**2 < seen <= found.error.total**2


class TestTheNetworkAsStored:
    """'Run in the same engine' is about the file that was read, number by number."""

    def run_file(self, path, x, dtype):
        """What NumPy makes of the arrays in a file, layer by layer, nothing multiplied out."""
        with np.load(path) as data:
            arrays = {name: data[name] for name in data.files}
        for k in range(len({name.split(".")[0] for name in arrays if "." in name})):
            W, F, b, C, h = (
                arrays[f"layer{k}.{name}"].astype(dtype) for name in ("W", "F", "b", "C", "h_init")
            )
            low = arrays.get(f"layer{k}.b_low", np.zeros_like(b)).astype(dtype)
            rows, state = [], h
            for row in x:
                state = np.maximum(W @ state + F @ row + b + low, dtype(0))
                rows.append(C @ state)
            x = np.array(rows)
        return x.astype(np.float64)

    @pytest.mark.parametrize("exact", [True, False])
    def test_readouts_between_layers_round(self, tmp_path, exact):
        """F C = 0, so that the URNN reads nothing; the original reads what rounding leaves."""
        c, d, size = np.float32(1 / 3), np.float32(0.7), np.float32(2**20)
        below = RNN([[0.25]], [[1]], [np.float32(0.1)], [[c], [d]])
        above = RNN([[0.25]], [[d * size, -c * size]], [1], [[1]])
        net = StoredNetwork.of(below, above)
        save(net, tmp_path / "net.npz")
        found = convert_to_floats(load(tmp_path / "net.npz"), 1, "float32", exact=exact)
        assert found.report.verdict is Verdict.PROVED
        x = np.random.default_rng(0).uniform(-1, 1, (300, 1)).astype(np.float32)
        seen = self.run_file(tmp_path / "net.npz", x, np.float32)
        gap = np.linalg.norm(seen - found.built.run(x), axis=-1).max()
        assert 1e-2 < gap <= float(found.error.same_engine)
        # The URNN itself is far more accurate than that.
        assert found.error.total < Q(1, 10**5)

    def test_two_biases_are_two_roundings(self, tmp_path):
        """Each bias of a module in float64 is rounded when it is cast, then they are added."""
        net = two_biases(1000.1, -1000)
        net = StoredNetwork.of(net.layers[0], net.layers[0], second_biases=net.second_biases * 2)
        save(net, tmp_path / "net.npz")
        found = convert_to_floats(load(tmp_path / "net.npz"), 1, "float32")
        x = np.random.default_rng(0).uniform(0, 1, (300, 1)).astype(np.float32)
        seen = self.run_file(tmp_path / "net.npz", x, np.float32)
        gap = np.linalg.norm(seen - found.built.run(x), axis=-1).max()
        assert gap <= float(found.error.same_engine)
        alone = StoredNetwork.of(*net.layers)  # the sum, rounded once: another network
        assert gap > 4 * float(convert_to_floats(alone, 1, "float32").error.total)

    def test_another_output_bias_counts_in_the_same_engine(self):
        found = convert_to_floats(NETWORKS["output bias"], M, "float64")
        d = found.result.output_bias
        moved = replace(found.result, output_bias=d.replace((0, 0), d[0, 0] + 1))
        other = with_built(found, moved)
        assert other.error.same_engine >= 1
        assert other.report.verdict is Verdict.PROVED  # of the larger bound

    def test_pytorch_casts_and_runs_within_the_bound(self):
        torch = pytest.importorskip("torch", reason="extra torch")
        from urnn_proofs import from_torch, to_torch

        torch.manual_seed(0)
        module = torch.nn.RNN(2, 6, num_layers=2, nonlinearity="relu", dtype=torch.float64)
        with torch.no_grad():
            for k in range(2):
                W = getattr(module, f"weight_hh_l{k}")
                W *= 0.8 / torch.linalg.matrix_norm(W, 2)
                getattr(module, f"bias_ih_l{k}").add_(100.3)
                getattr(module, f"bias_hh_l{k}").sub_(100.0)
        found = convert_to_floats(from_torch(module), 1, "float32")
        assert found.report.verdict is Verdict.PROVED
        x = torch.rand(200, 8, 2) / 2**0.5
        with torch.no_grad():
            gap = module.float()(x)[0] - to_torch(found.result)(x)
        assert gap.norm(dim=-1).max() <= float(found.error.same_engine)


class TestAttacks:
    @pytest.mark.parametrize("part", ["W", "F", "b", "C", "h_init"])
    @pytest.mark.parametrize("k", [0, 1])
    def test_a_changed_weight_has_another_bound(self, part, k):
        found = convert_to_floats(NETWORKS["two layers"], M, "float64")
        layer = found.result.layers[k]
        if (k, part) == (0, "C"):
            changed = {"C": layer.C.replace((0, 0), 2)}
            other = with_built(found, _with(found.result, k, **changed), exact=None)
            with pytest.raises(InputError, match="hand on its states"):
                _ = other.error
            return
        value = getattr(layer, part)
        for i in range(found.network.layers[k].outputs if part == "C" else layer.states // 2):
            value = value.replace((i, 0), value[i, 0] + Q(1, 2**30))
        changed = {part: value}
        other = with_built(found, _with(found.result, k, **changed), exact=None)
        worst = max(
            largest(exactly(other.result, x), exactly(found.network, x))
            for x in signals(found.network, "float64")
        )
        assert found.error.weights**2 < worst <= other.error.weights**2

    def test_a_changed_output_bias_too(self):
        found = convert_to_floats(NETWORKS["output bias"], M, "float64")
        d = found.result.output_bias
        moved = replace(found.result, output_bias=d.replace((0, 0), d[0, 0] + 1))
        assert with_built(found, moved).error.weights >= 1

    @pytest.mark.parametrize("k", [0, 1])
    def test_open_gates_are_undecided(self, k):
        found = convert_to_floats(NETWORKS["two layers"], M)
        layer = found.result.layers[k]
        low = layer.b.replace((layer.states - 1, 0), 0)
        other = with_built(found, _with(found.result, k, b=low))
        assert other.report.verdict is Verdict.UNKNOWN
        with pytest.raises(UndecidedError, match="no slack"):
            _ = other.error

    def test_a_layer_built_for_smaller_inputs_is_undecided(self):
        found = convert_to_floats(NETWORKS["two layers"], M)
        below, above = found.evidence
        smaller = replace(above, input_bound=above.input_bound / 64)
        other = replace(found, evidence=(below, smaller), exact=None)
        checks = {c.name: c for c in other.report.checks}
        assert checks["layers"].verdict is Verdict.UNKNOWN
        assert other.report.verdict is Verdict.UNKNOWN

    def test_a_bound_that_is_too_small_is_contradicted(self, monkeypatch):
        for name in ("computed_bound", "weights_bound"):
            bound = getattr(float_run, name)
            smaller = lambda *a, bound=bound: replace(bound(*a), output=Q(0))  # noqa: E731
            monkeypatch.setattr(float_run, name, smaller)
        found = convert_to_floats(network((16,), 3, 2, bias=False), M, "float32", exact=False)
        own = {c.name: c.verdict for c in found.report.checks}
        assert own["NumPy"] is Verdict.REFUTED
        assert found.report.verdict is Verdict.REFUTED

    def test_another_activation_has_no_bound(self):
        found = convert_to_floats(NETWORKS["two layers"], M)
        other = with_built(found, _with(found.result, 0, activation="hard_tanh"))
        assert other.report.verdict is Verdict.UNKNOWN
        with pytest.raises(UnsupportedError, match="hard_tanh"):
            _ = other.error

    def test_a_result_with_other_inputs_is_refused(self):
        found = convert_to_floats(NETWORKS["n = 1"], M)
        wider = _with(found.result, 0, F=[[1, 5], [0, 0]])
        with pytest.raises(InputError, match="different numbers of inputs"):
            with_built(found, wider)

    def test_parts_of_other_conversions_are_refused(self):
        found, other = (convert_to_floats(NETWORKS["n = 1"], M) for _ in range(2))
        with pytest.raises(InputError, match="another network"):
            replace(found, exact=replace(other.exact, input_bound=Q(M) + 1))
        with pytest.raises(InputError, match="different numbers of layers"):
            replace(found, evidence=())


def _with(net, k, **changes):
    layers, old = list(net.layers), net.layers[k]
    layers[k] = old.replace(**changes)
    return replace(net, layers=tuple(layers))


def test_scaling():
    wide = RNN([[0, 10], [0, 0]], [[1], [1]], [0, 0], [[1, 1]])
    for exact in (True, False):
        with pytest.raises(NotContractiveError) as caught:
            convert_to_floats(wide, 1, exact=exact)
        assert caught.value.witness is not None
        found = convert_to_floats(wide, 1, scaling=True, exact=exact)
        assert found.report.verdict is Verdict.PROVED
        x = signals(found.network, "float32")[0] / 2
        urnn = found.built.layers[0].run(x)
        assert largest(urnn.tolist(), exactly(found.network, x)) <= found.error.total**2
    below = StoredNetwork.of(wide, RNN([[0.5]], [[1]], [0], [[1]]))
    found = convert_to_floats(below, 1, scaling=True)
    undecided = [c for c in found.report.checks if c.verdict is Verdict.UNKNOWN]
    assert "rescaled states" in str(undecided[0].evidence)


UNBOUNDED = {
    "norm exactly 1": RNN(ROTATION, [[1], [1]], [0, 0], [[1, 1]]),
    "norm exactly 1, with gates": RNN([[1, 0], [0, 0.5]], [[1], [1]], [0, 0], [[1, 1]]),
    "relu6": RNN([[0.5]], [[1]], [0], [[1]], activation="relu6"),
    "hard tanh, with an offset": RNN([[0.5]], [[1]], [0], [[1]], activation="hard_tanh"),
}


@pytest.mark.parametrize("name", UNBOUNDED)
def test_where_floats_have_no_bound_the_report_says_so(tmp_path, name):
    """The exact URNN is there; what is written is not promised anything."""
    known = {"state_bound": 100} if name.endswith("gates") else {}
    found = convert_to_floats(UNBOUNDED[name], 1, "float64", **known)
    assert found.report.verdict is Verdict.UNKNOWN
    own = {c.name: c for c in found.report.checks}
    assert own["S1 dilation"].verdict is Verdict.PROVED
    assert own["rounded recursion"].evidence["undecided"]
    numpy_checks = [c for c in found.report.checks if c.trust is Trust.SAMPLE]
    assert numpy_checks[-1].verdict is Verdict.UNSUPPORTED
    save(StoredNetwork.of(UNBOUNDED[name]), tmp_path / "in.json")
    arguments = ["convert", str(tmp_path / "in.json"), str(tmp_path / "out.npz")]
    known = ["--state-bound", "100"] if known else []
    result = CliRunner().invoke(app, [*arguments, "--input-bound", "1", *known])
    assert result.exit_code == 3
    assert "UNKNOWN  rounded recursion" in result.stdout
    assert load(tmp_path / "out.npz").rnn.states >= 2


def test_beyond_the_exact_method():
    net = network((150,), dtype="float64")
    found = convert_to_floats(net, M)
    assert found.exact is None
    assert found.report.certificate is None
    assert found.report.verdict is Verdict.PROVED
    own = {c.name: c for c in found.report.checks}
    assert own["contractive"].trust is Trust.EXACT
    assert "Theorem 3.1" in own["exact U"].evidence[USED]
    x = sequences(100, 4, 3, M)
    gap = found.built.layers[0].run(x) + found.result.output_bias.to_numpy()[:, 0] - net.run(x)
    assert np.linalg.norm(gap, axis=-1).max() <= float(found.error.same_engine) < 1e-9


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (([1], 1), "network is a list"),
        ((NETWORKS["n = 1"], -1), "input_bound is -1"),
        ((NETWORKS["n = 1"], 1, "float16"), "dtype is 'float16'"),
    ],
)
def test_bad_arguments(arguments, part):
    with pytest.raises(InputError, match=part):
        convert_to_floats(*arguments)


def test_bad_combinations():
    with pytest.raises(InputError, match="go with one layer"):
        convert_to_floats(NETWORKS["two layers"], 1, state_bound=3)
    with pytest.raises(InputError, match="goes with an exact URNN"):
        convert_to_floats(NETWORKS["n = 1"], 1, state_bound=3, exact=False)
    with pytest.raises(InputError, match="beyond the range of float32"):
        convert_to_floats(RNN([[0.5]], [[1e300]], [0], [[1]]), 1, "float32")
    with pytest.raises(NotContractiveError, match="layer 1: "):
        convert_to_floats(
            StoredNetwork.of(NETWORKS["n = 1"].rnn, RNN([[1.5]], [[1]], [0], [[1]])), 1
        )


# -- the engines that run them -----------------------------------------------------------


def distance(first, second):
    return float(np.linalg.norm((first - second).astype(np.float64), axis=-1).max())


SHAPES = [((1,), True), ((5,), True), ((5,), False), ((16,), True), ((3, 5), True)]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("sizes", "bias"), SHAPES)
def test_pytorch_keeps_to_the_bound(sizes, bias, dtype):
    torch = pytest.importorskip("torch", reason="extra torch")
    from urnn_proofs import from_torch, to_torch

    torch.manual_seed(0)
    kind, n = getattr(torch, dtype), max(sizes)
    rnn = torch.nn.RNN(3, n, len(sizes), nonlinearity="relu", bias=bias, dtype=kind)
    head = torch.nn.Linear(n, 2, bias=bias, dtype=kind)
    with torch.no_grad():
        for k in range(len(sizes)):
            W = getattr(rnn, f"weight_hh_l{k}")
            W *= 0.9 / torch.linalg.matrix_norm(W, 2)
    source = from_torch(rnn, head)
    found = convert_to_floats(source, M)
    module = to_torch(found.result)
    x = torch.tensor(sequences(400, 16, 3, M), dtype=kind)
    with torch.no_grad():
        before, after = head(rnn(x)[0]).numpy(), module(x).numpy()
    assert after.dtype == dtype
    assert distance(before, after) <= found.error.same_engine
    exact = source.run(x.numpy().astype(np.float64))  # far more exact, if the type is float32
    if len(sizes) == 1:
        gaps = np.linalg.norm(after - exact, axis=-1)
        along = found.error_along(x.numpy())
        assert (gaps <= along + 1e-12).all()
        assert along.max() <= float(found.error.total)
    else:
        with pytest.raises(UnsupportedError, match="2 layers"):
            found.error_along(x.numpy())
    if dtype == "float32":
        seen = distance(after, exact)
        assert 0 < seen <= found.error.total
        assert found.error.total < 2e5 * seen  # a bound for all inputs and orders of additions


@pytest.mark.parametrize("sizes", [(1,), (5,), (16,), (3, 5)])
def test_onnxruntime_keeps_to_the_bound(tmp_path, sizes):
    pytest.importorskip("onnx", reason="extra onnx")
    ort = pytest.importorskip("onnxruntime", reason="extra onnx")
    net = network(sizes, start=True)
    save(net, tmp_path / "net.onnx")
    found = convert_to_floats(load(tmp_path / "net.onnx"), M)
    save(found.result, tmp_path / "urnn.onnx")
    x = sequences(400, 8, 3, M).astype(np.float32)
    before, after = (
        ort.InferenceSession(str(tmp_path / f"{name}.onnx")).run(None, {"input": x})[0]
        for name in ("net", "urnn")
    )
    assert distance(before, after) <= found.error.same_engine
    seen = distance(after, net.run(x.astype(np.float64)))
    assert 0 < seen <= found.error.total < 1e5 * seen
    assert rounded(found.result, "float32").layers[0].W == found.result.layers[0].W


def rescaled_above():
    """Two layers; the upper one is contractive in a norm of its own only, so that E is stored."""
    rng = np.random.default_rng(3)
    W = rng.uniform(-1, 1, (6, 6)) / 4
    scales = 2.0 ** rng.integers(-2, 3, 6)
    lower = RNN(W.astype("f4"), rng.uniform(-1, 1, (6, 2)).astype("f4"), [0] * 6, np.eye(6))
    above = (W * scales[:, None] / scales).astype("f4")
    return StoredNetwork.of(lower, RNN(above, np.eye(6) / 2, [0.25] * 6, np.ones((1, 6))))


def test_an_original_that_runs_with_other_numbers_has_evidence_of_its_own():
    found = convert_to_floats(rescaled_above(), 1, "float32", scaling=True)
    assert found.report.verdict is Verdict.PROVED
    chain, error = found.floats, found.error
    assert not chain.same
    assert error.same_engine <= 4 * error.total
    for x in signals(found.network, "float32", steps=40):
        urnn, rnn = chain.urnn.run(x / 2), chain.original.run(x / 2)
        assert largest(urnn.tolist(), rnn.tolist()) <= error.same_engine**2


@pytest.mark.parametrize("part", ["H", "ellipsoid", "sector"])
def test_evidence_about_the_original_that_does_not_hold_gives_nothing(part):
    found = convert_to_floats(rescaled_above(), 1, "float32", scaling=True)

    def wrong(stored, M, weighting):
        tube = propose_tube(stored, M, weighting)
        other = propose_tube(stored, M * 2, weighting)
        if part == "H":
            return replace(tube, H=tube.H / 2)
        if part == "ellipsoid":
            P = tube.ellipsoid.P * Q(1, 16)
            return replace(tube, ellipsoid=replace(other.ellipsoid, P=P))
        return replace(tube, sector=replace(tube.sector, a=tube.sector.a / 2))

    plain = replace(found.floats, propose=lambda stored, M, weighting: None)
    assert found.error.same_engine < plain.error.same_engine
    assert replace(found.floats, propose=wrong).error == plain.error
