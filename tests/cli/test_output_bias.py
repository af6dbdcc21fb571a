"""A network with an output bias, through every command: covered, or refused with a next step."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from urnn_proofs import RNN, StoredNetwork, load, save
from urnn_proofs.cli import app

SHARED = {"F": [[1], [0.5]], "b": [0.25, 0], "C": [[1, -1]]}
HALF, DOUBLE, DIAGONAL = (
    [[0.5, 0.25], [-0.25, 0.5]],
    [[2, 0], [0, 1]],
    [[0.5, 0], [0, 0.5]],
)
NETWORKS = {
    "relu": RNN(W=HALF, **SHARED),
    "tanh": RNN(W=HALF, **SHARED, activation="tanh"),
    "expansive": RNN(W=DOUBLE, **SHARED),
    "two layers": None,
    "scalar tanh": RNN(W=[[0.5]], F=[[1]], b=[0], C=[[1]], activation="tanh"),
    "shift": RNN(W=[[0, 1], [0, 0]], F=[[0], [1]], b=[0, 0], C=[[1, 0]]),
}
ABOUT = "what is said is about C h; the output bias"
ADDED = "the same output bias is added"
#: The command, the network, the exit status, and what is said about the bias.
COMMANDS = [
    ("verify --network IN --input-bound 1", "relu", 0, ADDED),
    ("verify --network IN --input-bound 1", "two layers", 0, ADDED),
    ("verify --network IN --input-bound 1 --epsilon 1e-3", "tanh", 0, ADDED),
    ("verify --network IN --input-bound 1 --certificate c.json", "relu", 0, ADDED),
    ("verify --network IN --input-bound 1 --coq net.v", "relu", 0, "adds its output bias"),
    ("verify --network IN --input-bound 1 --coq net.v --coq-form existence", "relu", 0, "adds its"),
    ("verify --network IN --input-bound 1 --coq net.v", "two layers", 2, "has 2 layers; expected"),
    ("convert IN out.json --input-bound 1", "relu", 0, ADDED),
    ("convert IN out.npz --input-bound 1", "relu", 0, ADDED),
    ("convert IN out.npz --input-bound 1 --epsilon 1e-3", "tanh", 0, ADDED),
    ("convert IN out.json --as-is", "relu", 0, "the same network"),
    ("minimal IN --input-bound 1", "relu", 0, ABOUT),
    ("minimal IN --input-bound 1 --out out.json", "shift", 3, ABOUT),
    ("minimal IN --input-bound 1 --out out.npz", "shift", 2, "a name that ends in .json, or use"),
    ("minimal IN --input-bound 1", "two layers", 2, "has 2 layers; expected one (diagnose"),
    ("diagnose IN", "relu", 0, "A URNN with 4 states has the same outputs"),
    ("diagnose IN", "expansive", 0, "URNNs with a non-expansive activation and its output bias"),
    ("repair IN out.json --input-bound 1 --steps 3", "expansive", 0, "F, b, C, h_init and phi"),
    ("search --network IN --input-bound 1 --states 4", "relu", 1, ABOUT),
    ("search --network IN --states 1", "scalar tanh", 0, ABOUT),
    ("search --network IN --states 1", "two layers", 2, "has 2 layers; expected one"),
]


@pytest.fixture(params=[".npz", ".json"])
def suffix(request):
    return request.param


def run(words, folder, name, suffix=".npz"):
    net = NETWORKS[name]
    source = folder / f"net{suffix}"
    bias = np.array([3.0])
    if net is None:
        below = RNN(W=HALF, **SHARED).replace(C=np.eye(2))
        above = RNN(W=HALF, F=np.eye(2), b=[0, 0], C=[[1, 1]])
        save(StoredNetwork.of(below, above, output_bias=bias), source)
    else:
        save(StoredNetwork.of(net, output_bias=bias), source)
    files = {"IN": source, "net.v": folder / "net.v", "c.json": folder / "c.json"}
    files |= {out: folder / out for out in ("out.json", "out.npz")}
    return CliRunner().invoke(app, [str(files.get(word, word)) for word in words.split()])


@pytest.mark.parametrize(("words", "name", "status", "said"), COMMANDS)
def test_every_command_covers_the_bias_or_says_what_to_do(
    tmp_path, suffix, words, name, status, said
):
    result = run(words, tmp_path, name, suffix)
    shown = " ".join((result.stdout + result.stderr).split())
    assert result.exit_code == status, shown
    assert said in shown
    for out in (tmp_path / "out.json", tmp_path / "out.npz"):
        assert out.exists() == (status != 2 and out.name in words.split())
        if out.exists():
            assert load(out).output_bias[0, 0] == 3


def test_what_is_written_has_the_outputs_with_the_bias(tmp_path):
    x = np.linspace(-1, 1, 12)[:, None]
    run("convert IN out.npz --input-bound 1", tmp_path, "relu")
    old, new = load(tmp_path / "net.npz").run(x), load(tmp_path / "out.npz").run(x)
    np.testing.assert_allclose(new, old, atol=1e-12)
    assert old.min() > 1  # and not those of C h


def test_the_certificate_of_a_search_stays_about_the_network_without_it(tmp_path):
    words = "search --network IN --input-bound 1 --states 4 --certificate c.json"
    run(words, tmp_path, "relu")
    data = json.loads((tmp_path / "c.json").read_text())
    assert "output_bias" not in json.dumps(data)
    assert CliRunner().invoke(app, ["check", str(tmp_path / "c.json")]).exit_code == 0


@pytest.mark.parametrize("form", ["explicit", "existence"])
def test_the_file_for_coq_says_what_its_theorem_is_about(tmp_path, form):
    run(f"verify --network IN --input-bound 1 --coq net.v --coq-form {form}", tmp_path, "relu")
    text = (tmp_path / "net.v").read_text()
    head = text[: text.index("*)")]
    assert "Here outputs are C h, to which the network adds its output bias" in head
