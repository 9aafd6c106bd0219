"""CIFAR-10's own archive: read without TensorFlow and without running what a pickle asks for."""

import gzip
import hashlib
import io
import pickle
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbook import data
from workbook.data import cifar_archive, tfds
from workbook.data.bundled import DataError

NAMES = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
PER_BATCH = 20


def _batch(seed: int) -> dict[bytes, Any]:
    rng = np.random.default_rng(seed)
    labels = [int(label) for label in rng.integers(0, 10, PER_BATCH)]
    rows = rng.integers(0, 256, (PER_BATCH, 3072), np.uint8)
    return {
        b"batch_label": b"a batch",
        b"labels": labels,
        b"data": rows,
        b"filenames": [b"a.png"] * PER_BATCH,
    }


def _write(path: Path, files: Mapping[str, Any], protocol: int = 2) -> Path:
    """Write an archive of the original's form; a value of bytes is stored as it is."""
    with tarfile.open(path, "w:gz") as archive:
        for name, content in files.items():
            packed = content if isinstance(content, bytes) else pickle.dumps(content, protocol)
            member = tarfile.TarInfo(f"cifar-10-batches-py/{name}")
            member.size = len(packed)
            archive.addfile(member, io.BytesIO(packed))
    return path


def _files() -> dict[str, Any]:
    files: dict[str, Any] = {f"data_batch_{number}": _batch(number) for number in range(1, 6)}
    files["test_batch"] = _batch(6)
    files["batches.meta"] = {b"label_names": [name.encode() for name in NAMES], b"num_vis": 3072}
    files["readme.html"] = b"<html></html>"
    return files


@pytest.fixture
def accept(monkeypatch: pytest.MonkeyPatch):
    """Take an archive of the test's for the original."""

    def take(path: Path) -> Path:
        monkeypatch.setattr(cifar_archive, "MD5", hashlib.md5(path.read_bytes()).hexdigest())
        return path

    return take


@pytest.fixture(autouse=True)
def _nowhere_else(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("WORKBOOK_DATA_DIR", "TFDS_DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))

    def unreachable(url: str) -> None:
        raise DataError("the test has no network")

    monkeypatch.setattr(tfds, "reach", unreachable)


@pytest.mark.parametrize("protocol", [2, 4])
def test_an_archive_given_by_path_is_read(tmp_path, accept, protocol) -> None:
    files = _files()
    path = accept(_write(tmp_path / "any name.tar.gz", files, protocol))
    dataset = data.load("cifar10", archive=path)
    assert dataset.x_train.shape == (100, 32, 32, 3)
    assert dataset.x_train.dtype == np.uint8
    assert dataset.x_test.shape == (20, 32, 32, 3)
    assert dataset.class_names == tuple(NAMES)
    assert not dataset.is_standin
    assert "cifar-10-python.tar.gz" in dataset.source
    labels = [label for number in range(1, 6) for label in files[f"data_batch_{number}"][b"labels"]]
    assert dataset.y_train.tolist() == labels
    row = files["data_batch_2"][b"data"][3]  # 1,024 red values, row by row, then green, then blue
    image = dataset.x_train[PER_BATCH + 3]
    assert image[0, 5].tolist() == [row[5], row[1024 + 5], row[2048 + 5]]
    assert image[7, 0].tolist() == [row[7 * 32], row[1024 + 7 * 32], row[2048 + 7 * 32]]
    assert data.load("cifar10", archive=str(path), samples=30).x_train.shape == (30, 32, 32, 3)


@pytest.mark.parametrize("name", cifar_archive.FILES)
@pytest.mark.parametrize("place", ["WORKBOOK_DATA_DIR", "KERAS_HOME", "home"])
def test_an_archive_is_found(tmp_path, accept, monkeypatch, place, name) -> None:
    folder = {"WORKBOOK_DATA_DIR": tmp_path, "KERAS_HOME": tmp_path / "datasets"}.get(place)
    if folder is None:
        monkeypatch.delenv("KERAS_HOME")
        folder = tmp_path / "home" / ".keras" / "datasets"
    else:
        monkeypatch.setenv(place, str(tmp_path))
    folder.mkdir(parents=True, exist_ok=True)
    accept(_write(folder / name, _files()))
    assert data.load("cifar10", allow_download=False).x_train.shape == (100, 32, 32, 3)


def test_another_or_a_broken_archive_is_named_and_skipped(tmp_path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("WORKBOOK_DATA_DIR", str(tmp_path))
    path = _write(tmp_path / "cifar-10-python.tar.gz", _files())
    with pytest.raises(
        DataError, match=r"not the original CIFAR-10 archive, or is incomplete.*download it again"
    ):
        data.load("cifar10", archive=path)
    assert data.load("cifar10", allow_download=False, samples=10).is_standin
    assert f"skipped: {path} is not the original" in capsys.readouterr().out
    with pytest.raises(DataError, match=r"missing\.tar\.gz cannot be read"):
        data.load("cifar10", archive=tmp_path / "missing.tar.gz")
    with pytest.raises(ValueError, match="archive must be None unless name is cifar10"):
        data.load("mnist", archive=path)


def _runs_a_command(folder: Path) -> bytes:
    class Attack:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (folder / "ran",))

    return pickle.dumps({b"labels": [0], b"data": Attack()}, 2)


def _refused() -> dict[str, Any]:
    objects = np.array([[{}]], dtype=object)
    rows = _batch(1)
    return {
        "an array of objects": {**rows, b"data": objects},
        "an array of floats": {**rows, b"data": rows[b"data"].astype(float)},
        "too few rows": {**rows, b"data": rows[b"data"][:-1]},
        "a label of 10": {**rows, b"labels": [10] * PER_BATCH},
        "a label that is no number": {**rows, b"labels": ["0"] * PER_BATCH},
        "no labels": {b"data": rows[b"data"]},
        "a list": [1, 2],
        "half a pickle": pickle.dumps(rows, 2)[:-2000],
        "a lookup": b"cbuiltins\neval\n(S'1'\ntR.",
        "an array without a state": b"cnumpy\nndarray\n)R.",
        "no images": {b"labels": [0]},
        "attributes of ours": b"cnumpy.core.multiarray\n_reconstruct.__init__\n.",
        "nothing": b"",
    }


@pytest.mark.parametrize("kind", _refused())
def test_a_batch_of_another_form_is_refused(tmp_path, accept, kind) -> None:
    path = accept(_write(tmp_path / "a.tar.gz", {**_files(), "data_batch_3": _refused()[kind]}))
    with pytest.raises(DataError, match=r"a\.tar\.gz cannot be read \(.+\)\.") as raised:
        cifar_archive.read_archive(path)
    assert "\n" not in str(raised.value)


def test_no_code_runs(tmp_path, accept) -> None:
    packed = _runs_a_command(tmp_path)
    pickle.loads(packed)
    assert (tmp_path / "ran").exists()  # it would
    (tmp_path / "ran").unlink()
    path = accept(_write(tmp_path / "a.tar.gz", {**_files(), "test_batch": packed}))
    with pytest.raises(DataError, match="which no data set needs"):
        cifar_archive.read_archive(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "content",
    [b"", b"not packed", gzip.compress(b"no archive in it", mtime=0)],
    ids=["nothing", "text", "no archive"],
)
def test_a_file_that_is_no_archive_is_refused(tmp_path, accept, content) -> None:
    path = tmp_path / "a.tar.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match="cannot be read"):
        cifar_archive.read_archive(accept(path))


def test_a_missing_member_is_named(tmp_path, accept) -> None:
    files = _files()
    del files["data_batch_4"]
    with pytest.raises(DataError, match="data_batch_4"):
        cifar_archive.read_archive(accept(_write(tmp_path / "a.tar.gz", files)))


def test_no_tensorflow_is_loaded(tmp_path, accept) -> None:
    path = accept(_write(tmp_path / "a.tar.gz", _files()))
    code = (
        "import sys; from pathlib import Path; from workbook.data import cifar_archive as c; c.MD5 = sys.argv[2]; "
        "c.read_archive(Path(sys.argv[1])); "
        "assert not {'tensorflow', 'keras', 'tensorflow_datasets'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(path), cifar_archive.MD5], check=True)
