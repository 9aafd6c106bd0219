"""The input path: order and augmentation depend on the seed and the epoch alone, and `fit` cannot change that."""

import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest

from workbook import data
from workbook.data import augment
from workbook.data.batching import Batches

COUNT, HEIGHT, WIDTH = 23, 8, 10


@pytest.fixture
def images() -> np.ndarray:
    """Images (23, 8, 10, 3) of uint8, no two pixels of an image alike."""
    rng = np.random.default_rng(0)
    return (
        np.stack([rng.permutation(HEIGHT * WIDTH * 3) for _ in range(COUNT)])
        .astype(np.uint8)
        .reshape(COUNT, HEIGHT, WIDTH, 3)
    )


@pytest.fixture
def labels() -> np.ndarray:
    return np.arange(COUNT) % 4


def an_epoch(batches: Batches) -> tuple[np.ndarray, ...]:
    return tuple(np.concatenate(parts) for parts in zip(*batches, strict=True))


def three_augmentations() -> list[augment.Augmentation]:
    return [augment.shift(2), augment.alternating_flip(), augment.cutout(3)]


# ---------------------------------------------------------------- order


def test_an_epoch_gives_every_example_once_and_the_last_batch_is_ragged(labels: np.ndarray) -> None:
    batches = Batches(np.arange(COUNT), labels, batch_size=5, seed=1)
    assert len(batches) == 5
    assert [len(x) for x, _ in batches] == [5, 5, 5, 5, 3]
    x, y = an_epoch(batches)
    assert sorted(x) == list(range(COUNT))
    assert list(x) != list(range(COUNT))
    np.testing.assert_array_equal(y, labels[x])


def test_drop_last_leaves_the_ragged_batch_out() -> None:
    batches = Batches(np.arange(COUNT), batch_size=5, drop_last=True)
    assert [len(x) for (x,) in batches] == [5, 5, 5, 5]
    assert len(Batches(np.arange(20), batch_size=5, drop_last=True)) == 4


def test_without_shuffling_the_order_is_the_stored_one() -> None:
    (x,) = an_epoch(Batches(np.arange(COUNT), batch_size=4, shuffle=False))
    assert list(x) == list(range(COUNT))


def test_the_same_seed_gives_the_same_and_another_seed_or_epoch_gives_another(images: np.ndarray) -> None:
    def epoch(seed: int, number: int) -> np.ndarray:
        return an_epoch(
            Batches(images, batch_size=5, seed=seed, augment=three_augmentations(), start_epoch=number)
        )[0]

    np.testing.assert_array_equal(epoch(3, 0), epoch(3, 0))
    assert np.any(epoch(3, 0) != epoch(4, 0))
    assert np.any(epoch(3, 0) != epoch(3, 1))


def test_the_batch_size_changes_neither_order_nor_augmentation(images: np.ndarray) -> None:
    by_five, by_nine = (
        an_epoch(Batches(images, batch_size=size, seed=2, augment=three_augmentations()))[0]
        for size in (5, 9)
    )
    np.testing.assert_array_equal(by_five, by_nine)


def test_a_batch_is_the_same_whenever_asked_for(images: np.ndarray) -> None:
    batches = Batches(images, batch_size=5, seed=2, augment=three_augmentations())
    backwards = [batches[index][0] for index in (4, 3, 2, 1, 0)][::-1]
    for once, again in zip(backwards, batches, strict=True):
        np.testing.assert_array_equal(once, again[0])


def test_going_on_gives_what_would_have_come(images: np.ndarray, labels: np.ndarray) -> None:
    through = Batches(images, labels, batch_size=5, seed=2, augment=three_augmentations())
    epochs = []
    for number in range(4):
        through.epoch = number
        epochs.append(an_epoch(through))
    late = Batches(images, labels, batch_size=5, seed=2, augment=three_augmentations(), start_epoch=3)
    for ours, theirs in zip(an_epoch(late), epochs[3], strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_the_arrays_stay_as_they_are_in_memory(images: np.ndarray) -> None:
    before = images.copy()
    batches = Batches(images, batch_size=5, augment=three_augmentations())
    (x,) = batches[0]
    assert np.shares_memory(batches.x, images)
    assert x.dtype == np.uint8
    assert x.shape == (5, HEIGHT, WIDTH, 3)
    x[:] = 0
    np.testing.assert_array_equal(images, before)


def test_the_parts_of_several_processes_make_the_batch_cut_to_what_they_share(labels: np.ndarray) -> None:
    whole = Batches(np.arange(COUNT), labels, batch_size=8, multiple_of=4)
    parts = [Batches(np.arange(COUNT), labels, batch_size=8, multiple_of=4, share=(k, 2)) for k in (0, 1)]
    assert [len(x) for x, _ in whole] == [8, 8, 4]  # 7 are left, 4 of them are shared out
    for batch, first, second in zip(whole, *parts, strict=True):
        np.testing.assert_array_equal(batch[0], np.concatenate([first[0], second[0]]))
        np.testing.assert_array_equal(batch[1], np.concatenate([first[1], second[1]]))
    assert len(Batches(np.arange(COUNT), batch_size=11, multiple_of=2)) == 2  # one left: no batch for two


# ---------------------------------------------------------------- augmentation


@pytest.mark.parametrize("fill", ["reflect", "edge", "constant"])
def test_a_shift_is_a_window_of_the_padded_image(images: np.ndarray, fill: Any) -> None:
    change = augment.shift((2, 3), fill=fill)
    corners = change.draw(COUNT, (5, 1), 0)
    moved = change.apply(images, corners)
    padded = np.pad(images, ((0, 0), (2, 2), (3, 3), (0, 0)), mode=fill)
    for image, whole, (top, left) in zip(moved, padded, corners, strict=True):
        np.testing.assert_array_equal(image, whole[top : top + HEIGHT, left : left + WIDTH])


def test_shifts_stay_within_reach_and_are_equally_likely() -> None:
    corners = augment.shift((1, 2)).draw(30_000, (0, 1), 0)
    for axis, reach in enumerate((1, 2)):
        values, counts = np.unique(corners[:, axis], return_counts=True)
        assert list(values) == list(range(2 * reach + 1))
        np.testing.assert_allclose(counts / 30_000, 1 / (2 * reach + 1), atol=0.015)
    assert abs(np.corrcoef(corners.T)[0, 1]) < 0.02


def test_a_shift_of_nothing_changes_nothing(images: np.ndarray) -> None:
    change = augment.shift(0)
    np.testing.assert_array_equal(change.apply(images, change.draw(COUNT, (1,), 0)), images)


@pytest.mark.parametrize("shape", [(4, 6, 7), (4, 6, 7, 1)])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_all_augmentations_keep_shape_and_dtype(shape: tuple[int, ...], dtype: Any) -> None:
    x = np.random.default_rng(0).integers(1, 200, shape).astype(dtype)
    for change in [*three_augmentations(), augment.flip()]:
        changed = change.apply(x, change.draw(4, (0, 1), 0))
        assert (changed.shape, changed.dtype) == (x.shape, x.dtype)


def test_alternate_flips_alternate(images: np.ndarray) -> None:
    batches = Batches(images, batch_size=7, seed=4, shuffle=False, augment=augment.alternating_flip())
    epochs = []
    for number in range(4):
        batches.epoch = number
        epochs.append(an_epoch(batches)[0])
    mirrored = images[:, :, ::-1]
    first = np.array([np.array_equal(*pair) for pair in zip(epochs[0], mirrored, strict=True)])
    assert 0 < first.sum() < COUNT
    np.testing.assert_array_equal(epochs[0][~first], images[~first])
    for number in range(3):
        np.testing.assert_array_equal(epochs[number + 1], epochs[number][:, :, ::-1])


def test_coins_are_tossed_again_in_each_epoch() -> None:
    change = augment.flip()
    tosses = np.stack([change.draw(10_000, (0, 1), epoch) for epoch in range(2)])
    np.testing.assert_allclose(tosses.mean(axis=1), 0.5, atol=0.02)
    np.testing.assert_allclose((tosses[0] ^ tosses[1]).mean(), 0.5, atol=0.02)
    alternating = augment.alternating_flip()
    assert np.all(alternating.draw(100, (0, 1), 0) ^ alternating.draw(100, (0, 1), 1))


def test_a_cut_out_is_a_square_inside_the_image() -> None:
    x = np.ones((500, 6, 9, 2), np.float32)
    change = augment.cutout(3)
    cut = change.apply(x, change.draw(500, (0, 1), 0)) == 0
    assert np.all(cut.sum(axis=(1, 2, 3)) == 3 * 3 * 2)
    assert np.all(cut.any(axis=(2, 3)).sum(axis=1) == 3)  # three rows
    assert np.all(cut.any(axis=(1, 3)).sum(axis=1) == 3)  # three columns
    assert np.all(cut.any(axis=(0, 3)))  # and every place is reached


def test_the_same_augmentation_twice_draws_twice(images: np.ndarray) -> None:
    change = augment.shift(1)
    batches = Batches(images, batch_size=COUNT, shuffle=False, augment=[change, change])
    first, second = batches._epoch_draws()[1]
    assert np.any(first != second)


# ---------------------------------------------------------------- fit


def a_network(classes: int = 4) -> keras.Model:
    keras.utils.set_random_seed(7)
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((HEIGHT, WIDTH, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3),
            layers.BatchNormalization(),
            layers.Flatten(),
            layers.Dense(classes),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.05, momentum=0.9), loss)
    return model


def assert_same_weights(first: keras.Model, second: keras.Model) -> None:
    for ours, theirs in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.fixture
def batches(images: np.ndarray, labels: np.ndarray) -> Batches:
    return Batches(images, labels, batch_size=5, seed=2, augment=three_augmentations())


class Recorded(Batches):
    """Batches that note what they gave within `fit`."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.given: list[tuple[int, tuple[int, ...]]] = []

    def __getitem__(self, index: int) -> tuple[np.ndarray, ...]:
        batch = super().__getitem__(index)
        if self._places is not None:
            self.given.append((self.epoch, tuple(batch[1])))
        return batch


def in_order(labels: np.ndarray, epochs: range) -> Iterator[tuple[int, tuple[int, ...]]]:
    batches = Batches(np.arange(COUNT), labels, batch_size=5, seed=2)
    for number in epochs:
        batches.epoch = number
        yield from ((number, tuple(y)) for _, y in batches)


def test_fit_gets_the_batches_of_every_epoch_in_their_order(images: np.ndarray) -> None:
    names = np.arange(COUNT)  # labels that tell the examples apart
    recorded = Recorded(images, names, batch_size=5, seed=2)
    model = a_network(COUNT)
    model.fit(recorded, epochs=1, verbose=0)  # builds what is to be built: Keras may look at a batch before
    recorded.given.clear()
    recorded.epoch = 0
    model.fit(recorded, epochs=3, verbose=0)
    assert recorded.given == list(in_order(names, range(3)))
    assert recorded.epoch == 3


def test_fit_goes_on_by_an_epoch_each_time(batches: Batches) -> None:
    model = a_network()
    model.fit(batches, epochs=2, verbose=0)
    assert batches.epoch == 2
    model.fit(batches, epochs=1, verbose=0)
    assert batches.epoch == 3


def test_pythons_random_numbers_do_not_matter(batches: Batches) -> None:
    models = []
    for seed in (1, 2):
        model = a_network()
        random.seed(seed)
        batches.epoch = 0
        model.fit(batches, epochs=2, verbose=0)
        models.append(model)
    assert_same_weights(*models)


def test_a_resumed_training_ends_where_an_uninterrupted_one_does(batches: Batches, tmp_path: Any) -> None:
    through = a_network()
    through.fit(batches, epochs=4, verbose=0)
    batches.epoch = 0
    first = a_network()
    first.fit(batches, epochs=2, verbose=0)
    first.save(tmp_path / "half.keras")
    second = keras.models.load_model(tmp_path / "half.keras")
    late = Batches(batches.x, batches.y, batch_size=5, seed=2, augment=three_augmentations(), start_epoch=2)
    random.seed(99)
    second.fit(late, initial_epoch=2, epochs=4, verbose=0)
    assert_same_weights(through, second)


def test_an_epoch_that_was_broken_off_comes_again(batches: Batches) -> None:
    model = a_network()
    stop = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: setattr(model, "stop_training", True)
    )
    wide = Batches(np.repeat(batches.x, 40, axis=0), np.repeat(batches.y, 40), batch_size=1)
    model.fit(wide, epochs=1, callbacks=[stop], verbose=0)
    assert wide.epoch == 0


def test_the_callback_keeps_count_where_an_epoch_is_a_single_batch(images: np.ndarray) -> None:
    names = np.arange(COUNT)
    recorded = Recorded(images, names, batch_size=COUNT, seed=2)
    model = a_network(COUNT)
    begin = keras.callbacks.LambdaCallback(on_epoch_begin=recorded.begin)
    model.fit(recorded, initial_epoch=3, epochs=5, callbacks=[begin], verbose=0)
    assert [epoch for epoch, _ in recorded.given][-2:] == [3, 4]


def test_evaluate_and_predict_take_batches(images: np.ndarray, labels: np.ndarray) -> None:
    model = a_network()
    plain = Batches(images, labels, batch_size=5, shuffle=False)
    expected = model.evaluate(images, labels, batch_size=5, verbose=0)
    assert model.evaluate(plain, verbose=0) == pytest.approx(expected, rel=1e-5)
    only_inputs = Batches(images, batch_size=5, shuffle=False)
    np.testing.assert_allclose(
        model.predict(only_inputs, verbose=0), model.predict(images, verbose=0), atol=1e-5
    )


# ---------------------------------------------------------------- the door, and bad input


def test_data_batches_is_the_same_thing(images: np.ndarray, labels: np.ndarray) -> None:
    ours = data.batches(
        images, labels, batch_size=6, seed=3, augment=[augment.flip()], drop_last=True, start_epoch=1
    )
    theirs = Batches(
        images, labels, batch_size=6, seed=3, augment=[augment.flip()], drop_last=True, start_epoch=1
    )
    assert type(ours) is Batches
    for our_part, their_part in zip(an_epoch(ours), an_epoch(theirs), strict=True):
        np.testing.assert_array_equal(our_part, their_part)


def test_data_and_augment_load_no_keras() -> None:
    code = "import sys; from workbook import augment, data; print('keras' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"


X, Y = np.zeros((6, 4, 4, 1), np.uint8), np.zeros(6)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ((np.zeros((0, 3)),), {}),
        ((np.float32(3),), {}),
        ((np.array([[1], [2, 3]], dtype=object),), {}),
        ((X, Y[:5]), {}),
        ((X, np.float32(1)), {}),
        ((X, Y), {"batch_size": 0}),
        ((X, Y), {"batch_size": 2.5}),
        ((X, Y), {"batch_size": True}),
        ((X, Y), {"seed": -1}),
        ((X, Y), {"start_epoch": -1}),
        ((X, Y), {"batch_size": 7, "drop_last": True}),
        ((X, Y), {"augment": "flip"}),
        ((X, Y), {"augment": [augment.shift]}),
        ((X, Y), {"share": (2, 2), "multiple_of": 2}),
        ((X, Y), {"share": (0, 2)}),
        ((Y, Y), {"augment": [augment.flip()]}),
    ],
)
def test_bad_input_gets_one_clear_error(arguments: tuple[Any, ...], options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: [^\n]+$"):
        Batches(*arguments, **{"batch_size": 2, **options})


@pytest.mark.parametrize(
    "make",
    [
        lambda: augment.shift(-1),
        lambda: augment.shift(1.5),  # type: ignore[arg-type]
        lambda: augment.shift((1, 2, 3)),  # type: ignore[arg-type]
        lambda: augment.shift(1, fill="wrap"),
        lambda: augment.cutout(0),
        lambda: augment.cutout(5).apply(X, np.zeros((6, 2))),
        lambda: augment.shift(4).apply(X, np.zeros((6, 2), int)),
    ],
)
def test_augmentations_refuse_what_makes_no_sense(make: Any) -> None:
    with pytest.raises(ValueError, match=r"^[^\n]*Received: [^\n]+$"):
        make()


def test_a_batch_that_is_not_there_is_an_index_error() -> None:
    with pytest.raises(IndexError, match="Received: index=3"):
        Batches(X, Y, batch_size=2)[3]
