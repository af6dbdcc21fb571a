"""The archive that a ``.pt`` file is, looked at and written anew before PyTorch opens it.

PyTorch believes what the table of names says about the length of each storage, and reads beyond
the end of one that is shorter.  So that table, a pickle, is followed here without running it: its
instructions are data, of which only texts, numbers and tuples are kept.  Where the archive itself
is slightly damaged, PyTorch may take its members from elsewhere, or give out memory that it never
filled.  So members are read here, compared with their checksums, and put into a new archive.
"""

from __future__ import annotations

import io
import pickletools
import zipfile
from pathlib import Path
from typing import IO, Any

from urnn_proofs.formats.limits import require_sane_bytes
from urnn_proofs.model.errors import InputError, UrnnProofsError
from urnn_proofs.model.number import shorten

__all__ = ["clean_archive"]

# A state dict has a few hundred tensors; their names and shapes take far less.
_MAX_MEMBERS, _MAX_PICKLE = 8000, 2**20

_EXPECTED = "expected a file from torch.save(module.state_dict(), ...), tensors only"

# Bytes of an entry, by what PyTorch calls its storage.
_ITEM_SIZES = {
    **{"DoubleStorage": 8, "FloatStorage": 4, "HalfStorage": 2, "BFloat16Storage": 2},
    **{"LongStorage": 8, "IntStorage": 4, "ShortStorage": 2, "CharStorage": 1},
    **{"ByteStorage": 1, "BoolStorage": 1, "ComplexFloatStorage": 8, "ComplexDoubleStorage": 16},
}


def clean_archive(file: Path) -> IO[bytes]:
    """Return an archive with the same members, unless its parts are not what they say.

    Raises
    ------
    InputError
        If it is no archive, or a damaged one; if a member is there twice, compressed, or too
        large; or if a storage has another length than the table of names says.
    """
    with file.open("rb") as stream:
        start = stream.read(4)
    if start != b"PK\x03\x04":
        raise InputError(
            f"{file.name} has not the format of PyTorch 1.6 or newer; expected a file from "
            f"torch.save(module.state_dict(), ...), so load and save it once with PyTorch itself"
        )
    clean = io.BytesIO()
    try:
        with zipfile.ZipFile(file) as archive:
            items = archive.infolist()
            _check_members(file, items)
            members = {item.filename: archive.read(item) for item in items}
        _check_storages(file, members)
        with zipfile.ZipFile(clean, "w") as archive:
            for name, data in members.items():
                archive.writestr(name, data)
    except (UrnnProofsError, OSError):
        raise
    except Exception as error:  # besides BadZipFile also NotImplementedError, struct.error, ...
        raise InputError(
            f"{file.name} is a damaged archive ({type(error).__name__}); {_EXPECTED}"
        ) from None
    clean.seek(0)
    return clean


def _check_members(file: Path, items: list[zipfile.ZipInfo]) -> None:
    require_sane_bytes(sum(item.file_size for item in items), file, "unpacks to")
    if len(items) > _MAX_MEMBERS or len({item.filename for item in items}) < len(items):
        raise InputError(
            f"{file.name} has a member twice, or more than {_MAX_MEMBERS}; {_EXPECTED}"
        )
    if any(item.filename.endswith(("/code/", "/constants.pkl")) for item in items):
        raise InputError(
            f"{file.name} is a TorchScript archive, which holds code; {_EXPECTED}: "
            f"torch.save(torch.jit.load(FILE).state_dict(), ...)"
        )
    for item in items:
        large = item.filename.endswith(".pkl") and item.file_size > _MAX_PICKLE
        if item.compress_type != zipfile.ZIP_STORED or large:
            raise InputError(
                f"{file.name} holds {shorten(item.filename)}, which is compressed or larger than "
                f"names and shapes are; {_EXPECTED}"
            )


def _check_storages(file: Path, members: dict[str, bytes]) -> None:
    """Compare the length of every storage with that of its member."""
    tables = [name for name in members if name.endswith("/data.pkl") and name.count("/") == 1]
    if len(tables) != 1:
        raise InputError(f"{file.name} has {len(tables)} tables of names; {_EXPECTED}")
    folder = tables[0].removesuffix("data.pkl")
    for said in _persistent_ids(members[tables[0]]):
        if not (isinstance(said, tuple) and len(said) == 5 and said[0] == "storage"):
            raise InputError(f"{file.name} refers to {shorten(said)}; {_EXPECTED}")
        _, kind, key, _, count = said
        name = str(kind).rpartition(" ")[2]
        size = _ITEM_SIZES.get(name)
        if name.startswith("Q"):
            raise InputError(
                f"{file.name} holds quantised numbers ({shorten(name)}); {_EXPECTED}: that of the "
                f"model before it was quantised"
            )
        found = len(members.get(f"{folder}data/{key}", b""))
        if size is None or type(count) is not int or found != size * count:
            raise InputError(
                f"{file.name} says that its storage {shorten(key)} has {shorten(count)} entries "
                f"({shorten(kind)}), but {found} bytes are there; {_EXPECTED}"
            )


def _persistent_ids(table: bytes) -> list[Any]:
    """Return what a pickle refers to outside of itself, running none of its instructions."""
    mark, unknown = object(), None
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    found = []
    for op, argument, _ in pickletools.genops(table):
        before = op.stack_before
        popped: list[Any] = []
        if pickletools.markobject in before:
            while stack[-1] is not mark:
                popped.insert(0, stack.pop())
            stack.pop()
            below = before.index(pickletools.markobject)
        else:
            below = len(before)
        if below:
            popped = [*stack[-below:], *popped]
            del stack[-below:]
        if op.name in ("PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"):
            stack.extend(popped)
            memo[len(memo) if argument is None else int(argument)] = stack[-1]
        elif op.name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo[int(argument)])  # type: ignore[arg-type]
        elif op.name == "MARK":
            stack.append(mark)
        elif op.name in ("PERSID", "BINPERSID"):
            found.append(popped[0] if popped else argument)
            stack.append(unknown)
        elif op.name in ("TUPLE", "TUPLE1", "TUPLE2", "TUPLE3"):
            stack.append(tuple(popped))
        elif op.name == "STACK_GLOBAL":
            stack.append(" ".join(map(str, popped)))
        elif not popped and len(op.stack_after) == 1:
            stack.append(argument)
        else:
            stack.extend([unknown] * len(op.stack_after))
    return found
