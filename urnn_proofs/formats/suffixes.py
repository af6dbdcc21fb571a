"""Which ends of names are read and written, in one place, for readers, messages and help."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["ARRAYS", "READ", "STATE_DICTS", "WRITTEN", "listed", "suffix_of", "written_beside"]

#: Written by ``save``, and read.
WRITTEN = (".npz", ".json", ".pt", ".pth", ".safetensors", ".onnx")
#: Checkpoints and models of other tools, which are read only.
READ = (*WRITTEN, ".ckpt", ".pth.tar", ".bin", ".keras", ".h5")
#: These tell neither the nonlinearity nor which layer is the readout.
STATE_DICTS = (".pt", ".pth", ".bin", ".ckpt", ".pth.tar", ".safetensors")
#: Files of arrays with names, which a map of names reads.
ARRAYS = (".npz", *STATE_DICTS)


def listed(suffixes: Iterable[str]) -> str:
    """Say which of them are possible.

    Examples
    --------
    >>> listed((".a", ".b", ".c"))
    '.a, .b or .c'
    """
    *most, last = suffixes
    return f"{', '.join(most)} or {last}"


def suffix_of(file: Path) -> str:
    """Return the end of a name that tells the format; ``.pth.tar`` is one.

    Examples
    --------
    >>> suffix_of(Path("NET.PTH.TAR")), suffix_of(Path("net.v2.onnx"))
    ('.pth.tar', '.onnx')
    """
    return ".pth.tar" if file.name.lower().endswith(".pth.tar") else file.suffix.lower()


def written_beside(file: Path, what: str) -> str:
    """Return a name for what is made of a file, in its format, or in one near it that is written.

    Examples
    --------
    >>> [written_beside(Path(name), "urnn") for name in ("a.onnx", "b.pth.tar", "c.keras")]
    ['a-urnn.onnx', 'b-urnn.pt', 'c-urnn.onnx']
    """
    suffix = suffix_of(file)
    stem = file.name[: len(file.name) - len(suffix)] if suffix else file.name
    if suffix not in WRITTEN:
        suffix = ".pt" if suffix in STATE_DICTS else ".onnx"
    return f"{stem}-{what}{suffix}"
