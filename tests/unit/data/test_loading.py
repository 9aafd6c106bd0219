"""Data sets: what is read, from where, and what happens when a source is missing, broken or slow."""

import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests import ROOT
from workbook import data
from workbook.course.makers import make_data
from workbook.data import bundled, standins, tfds
from workbook.data.bundled import DataError

PREPARED = Path(os.environ.get("WORKBOOK_DATA_DIR") or ROOT.parent / "shared/data/tfds")
needs_prepared = pytest.mark.skipif(
    not PREPARED.is_dir(), reason="no prepared TFDS folder: set WORKBOOK_DATA_DIR to one"
)


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    """No prepared folder, an empty home and no network, whatever the machine has."""
    for variable in ("WORKBOOK_DATA_DIR", "TFDS_DATA_DIR"):
        monkeypatch.delenv(variable, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))

    def unreachable(url: str) -> None:
        raise DataError("the test has no network")

    monkeypatch.setattr(tfds, "reach", unreachable)
    return home


@pytest.fixture
def bundle(monkeypatch, tmp_path):
    """A copy of the bundled files that a test may damage."""
    copy = tmp_path / "data"
    shutil.copytree(bundled.bundle_folder(), copy)
    monkeypatch.setattr(bundled, "bundle_folder", lambda: copy)
    return copy


@pytest.fixture
def online(monkeypatch):
    """The network answers and every package is there; a test sets what the preparation does."""
    monkeypatch.setattr(tfds, "reach", lambda url: None)
    monkeypatch.setattr(tfds, "missing_packages", lambda plan: [])


def write_prepared(folder: Path, *, payload: int = 100, examples: int = 2) -> Path:
    """Write a folder that looks like a prepared one, its tfrecord files filled with zeros."""
    folder.mkdir(parents=True)
    splits = [
        {"name": split, "numBytes": str(payload), "shardLengths": [str(examples)]}
        for split in ("train", "test")
    ]
    (folder / "dataset_info.json").write_text(json.dumps({"fileFormat": "tfrecord", "splits": splits}))
    for split in ("train", "test"):
        file = folder / f"cifar10-{split}.tfrecord-00000-of-00001"
        file.write_bytes(bytes(payload + 16 * examples))
    return folder


def one_line(text: str) -> bool:
    return len(text.strip().splitlines()) == 1


# ---------------------------------------------------------------- bundled


def test_mnist_is_bundled_whole():
    mnist = data.load("mnist")
    assert mnist.x_train.shape == (60_000, 28, 28, 1)
    assert mnist.x_test.shape == (10_000, 28, 28, 1)
    assert mnist.x_train.dtype == mnist.x_test.dtype == np.uint8
    assert np.bincount(mnist.y_train).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(mnist.y_test).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert not mnist.is_standin
    assert mnist.licence.startswith("CC BY-SA 3.0")


def test_mnist_pixels_are_the_original_file():
    packed = bundled.bundled_file("mnist/train-images-idx3-ubyte.gz").read_bytes()
    assert hashlib.md5(gzip.decompress(packed)).hexdigest() == "6bbc9ace898e44ae57da46a324031adb"


def test_movie_reviews_are_split_without_shared_wordings():
    reviews = data.load("movie_reviews")
    assert len(reviews.x_train) + len(reviews.x_test) == 10_605 - 37
    assert len(reviews.x_train) == len(reviews.y_train) == 9_489
    assert set(reviews.y_train) == set(reviews.y_test) == {0, 1}
    assert {make_data.split_of(sentence) for sentence in reviews.x_train} == {"train"}
    assert {make_data.split_of(sentence) for sentence in reviews.x_test} == {"test"}
    assert reviews.x_train[0].startswith("The Rock is destined")
    assert reviews.y_train[0] == 1
    assert reviews.y_train[reviews.x_train.index("Effective but too tepid biopic")] == 0


def test_repr_shows_shapes_and_source():
    text = repr(data.load("movie_reviews"))
    assert "9,489 sentences" in text
    assert "not Kim 2014" in text
    assert "uint8 (60000, 28, 28, 1)" in repr(data.load("mnist"))


def test_loading_bundled_data_imports_nothing_heavy():
    program = (
        "import sys; from workbook import data; data.load('mnist'); data.load('movie_reviews')\n"
        "print([n for n in ('tensorflow', 'tensorflow_datasets', 'skimage', 'keras') if n in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    assert done.stderr == ""


def test_checksums_name_every_bundled_file():
    folder = bundled.bundle_folder()
    listed = {line.split()[1] for line in (folder / "checksums.txt").read_text().splitlines()}
    present = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert listed == present - {"README.md", "checksums.txt"}


@pytest.mark.parametrize("damage", ["truncated", "altered", "missing", "no checksums"])
@pytest.mark.parametrize(
    ("name", "file"),
    [("mnist", "mnist/t10k-images-idx3-ubyte.gz"), ("movie_reviews", "movie_reviews.tsv.gz")],
)
def test_damaged_bundled_file_is_named_with_the_fix(bundle, name, file, damage):
    path = bundle / file
    content = path.read_bytes()
    if damage == "truncated":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "altered":
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
    elif damage == "missing":
        path.unlink()
    else:
        (bundle / "checksums.txt").unlink()
    with pytest.raises(DataError) as caught:
        data.load(name)
    message = str(caught.value)
    assert one_line(message)
    assert "git checkout data/" in message
    if damage != "no checksums":
        assert str(path) in message


def test_damaged_speech_file_is_named(bundle):
    (bundle / standins.SPEECH_FILE).write_bytes(b"PK")
    with pytest.raises(DataError, match=r"spoken_digits\.npz"):
        data.load("spoken_digit")


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x05abc"), "ends after 3 of 5"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x02abc"), "continues after 2"),
        (gzip.compress(b"\0\0\x0d\x01\0\0\0\x02ab"), "not an idx file"),
        (gzip.compress(b"\0\0\x08\x03\0\0"), "cannot be read as an idx file"),
        (b"plain", "cannot be read as an idx file"),
        (gzip.compress(b"\0\0\x08\x01\0\0\0\x05abcde")[:-4], "cannot be read as an idx file"),
    ],
    ids=["too short", "too long", "other type", "no size", "not gzip", "cut off"],
)
def test_idx_reader_refuses_what_is_not_whole(tmp_path, content, complaint):
    path = tmp_path / "file.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=complaint):
        bundled.read_idx(path)


def test_idx_reader_keeps_order_and_shape(tmp_path):
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress(b"\0\0\x08\x02\0\0\0\x02\0\0\0\x03abcdef"))
    assert bundled.read_idx(path).tolist() == [[97, 98, 99], [100, 101, 102]]


# ---------------------------------------------------------------- options


@pytest.mark.parametrize("name", ["MNIST", "imagenet", "", None])
def test_unknown_name_lists_the_known_ones(name):
    with pytest.raises(ValueError, match=r"mnist, cifar10, spoken_digit, movie_reviews. Received: name="):
        data.load(name)


@pytest.mark.parametrize(
    "options",
    [
        {"samples": 0},
        {"samples": 2.5},
        {"samples": True},
        {"test_samples": -1},
        {"timeout": 0},
        {"timeout": float("nan")},
        {"timeout": None},
        {"timeout": "x"},
    ],
)
def test_senseless_options_raise_an_error(options):
    with pytest.raises(ValueError, match="Received: "):
        data.load("mnist", **options)


def test_samples_are_even_over_the_classes_and_always_the_same():
    few = data.load("mnist", samples=103, test_samples=20)
    again = data.load("mnist", samples=103, test_samples=20)
    whole = data.load("mnist")
    counts = np.bincount(few.y_train)
    assert counts.sum() == 103
    assert counts.max() - counts.min() <= 1
    assert np.bincount(few.y_test).tolist() == [2] * 10
    assert np.array_equal(few.x_train, again.x_train)
    first = np.flatnonzero(whole.y_train == 7)[:10]
    assert np.array_equal(few.x_train[few.y_train == 7][:10], whole.x_train[first])
    assert few.source == whole.source


def test_samples_keep_sentences_labels_and_speakers_together(capsys):
    reviews, whole = data.load("movie_reviews", samples=10), data.load("movie_reviews")
    assert isinstance(reviews.x_train, list)
    for sentence, label in zip(reviews.x_train, reviews.y_train, strict=True):
        assert whole.y_train[whole.x_train.index(sentence)] == label
    assert len(reviews.x_test) == len(whole.x_test)
    speech = data.load("spoken_digit", samples=20)
    assert len(speech.x_train) == len(speech.y_train) == len(speech.speakers_train) == 20


def test_more_samples_than_there_are_gives_all():
    assert len(data.load("movie_reviews", samples=10**9).x_train) == 9_489


# ---------------------------------------------------------------- stand-ins


@pytest.mark.parametrize("name", ["cifar10", "spoken_digit"])
def test_standin_is_announced_in_one_printed_line(capfd, name):
    loaded = data.load(name)
    printed = capfd.readouterr()
    assert loaded.is_standin
    assert "STAND-IN" in repr(loaded)
    assert one_line(printed.out)
    assert "STAND-IN, NOT THE REAL DATA" in printed.out
    assert "WORKBOOK_DATA_DIR" in printed.out
    assert printed.err == ""


def test_reason_for_the_standin_is_said(capsys):
    data.load("cifar10", allow_download=False)
    assert "downloads are not allowed" in capsys.readouterr().out


def test_crops_are_always_the_same():
    first, second = standins.photograph_crops(), standins.photograph_crops()
    assert np.array_equal(first.x_train, second.x_train)
    assert np.array_equal(first.y_test, second.y_test)
    assert first.x_train.shape == (5000, 32, 32, 3)
    assert first.x_test.shape == (1000, 32, 32, 3)
    assert first.x_train.dtype == np.uint8
    assert np.bincount(first.y_train).tolist() == [500] * 10
    assert len(first.class_names) == 10


def test_test_crops_share_no_pixel_with_training_crops():
    """Paint each pixel of every photograph with its own number, and read the numbers back."""
    sizes = {name: data.photograph(name).shape[:2] for name, _, _ in standins.REGIONS.values()}
    seen: dict[str, set[tuple[str, int]]] = {"train": set(), "test": set()}
    for name, rows, columns in standins.REGIONS.values():
        height, width = sizes[name]
        numbers = np.arange(height * width, dtype=np.uint32).reshape(height, width)
        painted = numbers.view(np.uint8).reshape(height, width, 4)[..., :3]
        for split, codes in seen.items():
            for tile in standins.tiles_of(painted[rows, columns], split):
                numbers_seen = tile.reshape(-1, 3).astype(np.int64) @ np.array([1, 256, 65536])
                codes |= {(name, number) for number in numbers_seen.tolist()}
    assert seen["test"]
    assert not seen["train"] & seen["test"]


def test_crops_can_be_learned_and_are_not_trivial():
    crops = standins.photograph_crops()
    train = crops.x_train.reshape(5000, -1).astype(np.float32) / 255
    test = crops.x_test.reshape(1000, -1).astype(np.float32) / 255
    distances = (test**2).sum(1)[:, None] - 2 * test @ train.T + (train**2).sum(1)
    accuracy = (crops.y_train[distances.argmin(1)] == crops.y_test).mean()
    assert 0.4 < accuracy < 0.85  # chance is 0.1


def test_synthetic_speech_has_ten_digits_in_disjoint_voices():
    speech = standins.synthetic_speech()
    assert speech.x_train.shape == (360, 8000)
    assert speech.x_test.shape == (120, 8000)
    assert speech.x_train.dtype == np.int16
    assert np.bincount(speech.y_train).tolist() == [36] * 10
    assert np.bincount(speech.y_test).tolist() == [12] * 10
    assert not set(speech.speakers_train) & set(speech.speakers_test)
    assert len(set(speech.speakers_train)) == 12
    assert (np.abs(speech.x_train.astype(int)).max(axis=1) > 3000).all()
    assert speech.class_names[7] == "seven"


def test_mu_law_keeps_small_and_large_samples():
    samples = np.array([-32768, -1000, -50, 0, 50, 1000, 32767], np.int16)
    back = standins.decode_mu_law(standins.encode_mu_law(samples)).astype(int)
    assert np.abs(back - samples).max() <= 0.03 * 32768
    assert np.abs(back[1:6] - samples[1:6]).max() <= 30


# ---------------------------------------------------------------- prepared folders


def test_missing_data_folder_is_named_and_skipped(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("WORKBOOK_DATA_DIR", str(tmp_path / "nowhere"))
    assert data.load("cifar10").is_standin
    first, second = capsys.readouterr().out.splitlines()
    assert "WORKBOOK_DATA_DIR is skipped" in first
    assert "nowhere" in first
    assert "STAND-IN" in second


@pytest.mark.parametrize("damage", ["short shard", "missing shard", "no info", "broken info", "zeros"])
def test_half_downloaded_folder_is_named_and_skipped(monkeypatch, capfd, tmp_path, damage):
    folder = write_prepared(tmp_path / "root/cifar10/3.0.2")
    shard, info = folder / "cifar10-train.tfrecord-00000-of-00001", folder / "dataset_info.json"
    if damage == "short shard":
        shard.write_bytes(bytes(60))
    elif damage == "missing shard":
        shard.unlink()
    elif damage == "no info":
        info.unlink()
    elif damage == "broken info":
        info.write_text(info.read_text()[:40])
    monkeypatch.setenv("WORKBOOK_DATA_DIR", str(tmp_path / "root"))
    assert data.load("cifar10").is_standin
    printed = capfd.readouterr()
    first, second = printed.out.splitlines()
    assert str(folder) in first
    assert ("damaged" if damage == "zeros" else "incomplete") in first
    assert "STAND-IN" in second


def test_unfinished_versions_are_not_looked_at(monkeypatch, tmp_path):
    for version in ("3.0.2", "3.0.10", "incomplete.AB12CD_3.0.11", "9.9.9.incompleteAB12"):
        (tmp_path / "cifar10" / version).mkdir(parents=True)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert tfds.prepared_folders("cifar10") == [tmp_path / "cifar10" / "3.0.10"]


def test_unreadable_root_is_skipped(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("WORKBOOK_DATA_DIR", str(tmp_path / "file"))
    assert tfds.prepared_folders("cifar10") == []


def test_a_folder_without_permission_is_named(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("WORKBOOK_DATA_DIR", str(tmp_path))
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert data.load("cifar10", allow_download=False).is_standin
    printed = capsys.readouterr().out
    assert f"there is no permission to read {str(tmp_path)!r}" in printed
    assert "STAND-IN" in printed


def test_a_download_goes_to_the_first_folder_that_may_be_written(monkeypatch, offline, tmp_path):
    monkeypatch.setenv("WORKBOOK_DATA_DIR", str(tmp_path))
    assert tfds._download_root() == tmp_path
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) != str(tmp_path))
    assert tfds._download_root() == offline / "tensorflow_datasets"


def test_broken_checksums_name_the_fix(bundle):
    (bundle / "checksums.txt").write_text("nonsense\n")
    with pytest.raises(DataError, match=r"has no checksum for mnist/.*git checkout data/checksums.txt"):
        data.load("mnist")


def test_a_numpy_integer_is_an_integer():
    assert len(data.load("movie_reviews", samples=np.int64(6)).y_train) == 6


def test_roots_are_looked_at_in_order(monkeypatch, offline):
    monkeypatch.setenv("TFDS_DATA_DIR", "/second")
    monkeypatch.setenv("WORKBOOK_DATA_DIR", "/first")
    assert tfds.prepared_roots() == [Path("/first"), Path("/second"), offline / "tensorflow_datasets"]


@needs_prepared
def test_prepared_cifar10_is_read_quietly(monkeypatch, capfd):
    monkeypatch.setenv("WORKBOOK_DATA_DIR", str(PREPARED))
    cifar = data.load("cifar10")
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    assert not cifar.is_standin
    assert cifar.x_train.shape == (50_000, 32, 32, 3)
    assert cifar.x_test.shape == (10_000, 32, 32, 3)
    assert cifar.x_train.dtype == np.uint8
    assert np.bincount(cifar.y_train).tolist() == [5000] * 10
    assert np.bincount(cifar.y_test).tolist() == [1000] * 10
    assert cifar.class_names[0] == "airplane"


@needs_prepared
def test_prepared_spoken_digits_follow_the_official_split(monkeypatch, capfd):
    monkeypatch.setenv("TFDS_DATA_DIR", str(PREPARED))
    speech = data.load("spoken_digit")
    assert capfd.readouterr().err == ""
    assert speech.x_train.shape == (2700, 8000)
    assert speech.x_test.shape == (300, 8000)
    assert len(set(speech.speakers_train)) == 6
    for speaker in set(speech.speakers_test):
        assert np.bincount(speech.y_test[speech.speakers_test == speaker]).tolist() == [5] * 10


@needs_prepared
def test_prepared_mnist_equals_the_bundled_one():
    prepared = tfds.read_prepared("mnist", next((PREPARED / "mnist").glob("*.*.*")))
    packed = bundled.read_bundled_mnist()

    def rows(images, labels):
        flat = np.concatenate([images.reshape(len(images), -1), labels[:, None].astype(np.uint8)], axis=1)
        return sorted(row.tobytes() for row in flat)  # TFDS stores the images in another order

    assert rows(prepared.x_train, prepared.y_train) == rows(packed.x_train, packed.y_train)
    assert rows(prepared.x_test, prepared.y_test) == rows(packed.x_test, packed.y_test)
    assert prepared.class_names == packed.class_names


@needs_prepared
def test_damaged_real_folder_is_skipped(monkeypatch, capfd, tmp_path):
    source = next((PREPARED / "spoken_digit").glob("*.*.*"))
    folder = tmp_path / "spoken_digit" / source.name
    shutil.copytree(source, folder, copy_function=shutil.copyfile)
    shard = next(folder.glob("*.tfrecord-*"))
    with shard.open("r+b") as file:  # the right length, and other bytes in the middle
        file.seek(5_000_000)
        file.write(b"\xff" * 1000)
    monkeypatch.setenv("WORKBOOK_DATA_DIR", str(tmp_path))
    assert data.load("spoken_digit").is_standin
    assert f"{folder} is damaged" in capfd.readouterr().out


# ---------------------------------------------------------------- downloads


def leftovers(home: Path) -> list[Path]:
    root = home / "tensorflow_datasets"
    return list(root.rglob("*")) if root.exists() else []


def prepares(monkeypatch, script: str) -> None:
    monkeypatch.setattr(
        tfds, "_PREPARE", "import sys, os, time, json\nname, folder = sys.argv[1:]\n" + script
    )


GOOD = """
version = os.path.join(folder, name, "3.0.2")
os.makedirs(version)
splits = [{"name": s, "numBytes": "4", "shardLengths": ["1"]} for s in ("train", "test")]
for s in ("train", "test"):
    open(os.path.join(version, f"{name}-{s}.tfrecord-00000-of-00001"), "wb").write(bytes(20))
json.dump({"fileFormat": "tfrecord", "splits": splits}, open(os.path.join(version, "dataset_info.json"), "w"))
"""


def test_download_is_moved_into_place_when_complete(monkeypatch, offline, online, capsys):
    prepares(monkeypatch, GOOD)
    folder = tfds.download("cifar10", timeout=30)
    assert folder == offline / "tensorflow_datasets/cifar10/3.0.2"
    assert len(list(folder.iterdir())) == 3
    assert [path.name for path in (offline / "tensorflow_datasets").iterdir()] == ["cifar10"]
    assert "cifar10: 0 of about 170 MB" in capsys.readouterr().out


def test_download_replaces_a_broken_folder(monkeypatch, offline, online):
    broken = offline / "tensorflow_datasets/cifar10/3.0.2"
    broken.mkdir(parents=True)
    (broken / "half").write_text("half a file")
    prepares(monkeypatch, GOOD)
    assert not (tfds.download("cifar10", timeout=30) / "half").exists()


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (GOOD + "time.sleep(60)", "longer than 1 seconds"),
        ("open(os.path.join(folder, 'half'), 'w').write('half'); time.sleep(60)", "longer than 1 seconds"),
        ("open(os.path.join(folder, 'half'), 'w').write('half'); sys.exit('no luck')", "failed .no luck"),
        ("raise OSError(28, 'No space left on device')", "No space left"),
        ("pass", "incomplete"),
    ],
)
def test_failed_download_leaves_nothing(monkeypatch, offline, online, script, reason):
    prepares(monkeypatch, script)
    begun = time.monotonic()
    with pytest.raises(DataError, match=reason) as caught:
        tfds.download("cifar10", timeout=1)
    assert time.monotonic() - begun < 10
    assert one_line(str(caught.value))
    assert leftovers(offline) == []


def test_interrupted_download_leaves_nothing(monkeypatch, offline, online):
    prepares(monkeypatch, "open(os.path.join(folder, 'half'), 'w').write('half'); time.sleep(60)")

    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(tfds.time, "sleep", interrupt)
    with pytest.raises(KeyboardInterrupt):
        tfds.download("cifar10", timeout=30)
    assert leftovers(offline) == []


def test_full_disk_is_said_before_the_download(monkeypatch, online, capsys):
    usage = type(shutil.disk_usage("/"))(10**9, 10**9, 10**6)
    monkeypatch.setattr(tfds.shutil, "disk_usage", lambda path: usage)
    assert data.load("cifar10").is_standin
    assert "1 MB free; 680 MB are needed" in capsys.readouterr().out


def test_folder_that_cannot_be_written_is_said(monkeypatch, tmp_path, online, capsys):
    (tmp_path / "home/tensorflow_datasets").write_text("a file where the folder should be")
    assert data.load("cifar10").is_standin
    assert "could not be written" in capsys.readouterr().out


def test_missing_package_is_named(monkeypatch):
    monkeypatch.setattr(tfds, "reach", lambda url: None)
    monkeypatch.setattr(tfds.importlib.util, "find_spec", lambda name: None if name == "pydub" else object())
    with pytest.raises(DataError, match="pip install pydub"):
        tfds.download("spoken_digit", timeout=1)


def test_unreachable_host_is_said_within_seconds():
    program = "from workbook import data_tfds; data_tfds.reach('https://nowhere.invalid/file')"
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert time.monotonic() - begun < 9
    assert "nowhere.invalid" in done.stderr.splitlines()[-1]
    assert "DataError" in done.stderr


def test_silent_host_is_given_up(monkeypatch):
    monkeypatch.undo()
    monkeypatch.setattr(tfds, "_PROBE", "import time; time.sleep(60)")
    monkeypatch.setattr(tfds, "PROBE_SECONDS", 0.5)
    with pytest.raises(DataError, match=r"no answer from example.org within 0.5 seconds"):
        tfds.reach("https://example.org/file")


def test_mnist_without_any_source_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr(bundled, "bundle_folder", lambda: tmp_path)
    with pytest.raises(DataError, match="no bundled files, no prepared folder, no download"):
        data.load("mnist")


# ---------------------------------------------------------------- making the bundled files


def test_make_data_refuses_other_files(tmp_path):
    for name in bundled.MNIST_FILES.values():
        (tmp_path / Path(name).name).write_bytes(gzip.compress(b"other"))
    with pytest.raises(SystemExit, match="is not MNIST's file"):
        make_data.make_mnist(tmp_path, tmp_path / "target")
    (tmp_path / "sdist.tar.gz").write_bytes(b"other")
    with pytest.raises(SystemExit, match=r"vaderSentiment 3.3.2"):
        make_data.read_snippets(tmp_path / "sdist.tar.gz")


def test_make_data_copies_mnist_and_writes_checksums(bundle, tmp_path):
    before = (bundle / "checksums.txt").read_text()
    source = tmp_path / "source"
    shutil.copytree(bundle / "mnist", source)
    (bundle / "checksums.txt").unlink()
    make_data.main(["--mnist", str(source), "--target", str(bundle)])
    assert (bundle / "checksums.txt").read_text() == before
