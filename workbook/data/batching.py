"""The fast way into `fit`: small numbers stay small in memory, and a whole batch is changed at a time.

`Batches` is a `keras.utils.PyDataset`, so `fit`, `evaluate` and `predict` take it on every backend. A batch is one
gather from the array in memory and a few NumPy calls on all of its images together; a `map` over single images pays for
Python, or for TensorFlow's scheduling, once an image. Order and augmentation depend on the seed and the epoch alone.
"""

import numbers
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.data.augment import Augmentation, check_augmentations

ORDER = 0  # the place of the order among the random numbers of an epoch; augmentations take 1, 2, ...


class Batches(keras.utils.PyDataset):
    """Training batches (x, y): those of epoch `epoch`, counted from 0; `fit` goes on by one after each epoch.

    Start with `start_epoch`, or set `epoch`, to go on with a training that stopped: what comes is what would have come
    without the stop. Leave `fit` its whole epochs: no `steps_per_epoch`. For `evaluate` and `predict`, plain arrays are
    simpler; with batches, they would move the epoch on, too.
    """

    def __init__(
        self,
        x: ArrayLike,
        y: ArrayLike | None = None,
        *,
        batch_size: int,
        seed: int = 0,
        augment: Augmentation | Sequence[Augmentation] = (),
        shuffle: bool = True,
        drop_last: bool = False,
        start_epoch: int = 0,
        share: tuple[int, int] = (0, 1),
        multiple_of: int = 1,
    ) -> None:
        """Hold the arrays, not copies of them: `x` (N, ...) of any dtype, `y` (N, ...) or None for inputs alone.

        Augmentations come one after another. The last batch of an epoch is smaller where `batch_size` does not divide
        N, or left out with `drop_last`. For several devices, `multiple_of` cuts every batch to a multiple of their
        number, and `share` (which, of how many) gives one process its part of each batch: parts in the order of their
        numbers make the whole. ValueError for arrays that do not fit and for numbers out of range.
        """
        super().__init__()
        self.x, self.y = _checked_arrays(x, y)
        self.batch_size = _whole("batch_size", batch_size, 1)
        self.seed = _whole("seed", seed, 0)
        self.augment = check_augmentations(augment)
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.epoch = start_epoch
        self._drawn: tuple[int, NDArray[np.intp], tuple[NDArray[Any], ...]] | None = None
        self.multiple_of = _whole("multiple_of", multiple_of, 1)
        self.share = _checked_share(share, self.multiple_of)
        if self.augment and self.x.ndim < 3:
            raise ValueError(f"Augmentations change images (N, H, W, C). Received: x of shape {self.x.shape}")
        if len(self) == 0:
            raise ValueError(
                f"There is no whole batch of {self.batch_size}. Received: {len(self.x)} examples"
            )

    def __len__(self) -> int:
        whole, rest = divmod(len(self.x), self.batch_size)
        return whole + (rest >= self.multiple_of and not self.drop_last)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        """Give batch `index` of the present epoch: (x, y), or (x,) without labels. The same one whenever asked.

        Unless told `shuffle=False`, `fit` asks for the batches in an order of Python's global random numbers, which a
        training that goes on would not repeat. So within `fit` the batch first asked for is batch 0, then 1, ...
        """
        if not 0 <= index < len(self):
            raise IndexError(f"There are {len(self)} batches. Received: {index}")
        place = index if self._places is None else self._places.setdefault(index, len(self._places))
        order, drawn = self._epoch_draws()
        chosen = self._own_part(order[place * self.batch_size : (place + 1) * self.batch_size])
        images = self.x[chosen]
        for one, rows in zip(self.augment, drawn, strict=True):
            images = one.apply(images, rows[chosen])
        return (images,) if self.y is None else (images, self.y[chosen])

    def _own_part(self, chosen: NDArray[np.intp]) -> NDArray[np.intp]:
        """Cut a batch's indices to a multiple of the devices, and take the part of this process."""
        which, parts = self.share
        length = (len(chosen) - len(chosen) % self.multiple_of) // parts
        return chosen[which * length : (which + 1) * length]

    @property
    def epoch(self) -> int:
        """The epoch whose batches are given now, from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, number: int) -> None:
        self._epoch = _whole("epoch", number, 0)
        self._places: dict[int, int] | None = None  # within `fit`: which batch an index stands for

    def begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Give the batches of `epoch`, whatever came before; for `LambdaCallback(on_epoch_begin=batches.begin)`.

        That callback rules out doubt: before some trainings Keras looks at a batch or two, and says that an epoch
        begins and ends. Where an epoch has no more batches than that, it would count.
        """
        self.epoch = epoch

    def on_epoch_begin(self) -> None:
        """Take note that Keras begins to ask."""
        self._places = {}

    def on_epoch_end(self) -> None:
        """Go on to the next epoch if every batch was asked for. Keras calls this also after looks and interruptions."""
        if self._places is not None and len(self._places) == len(self):
            self.epoch += 1

    def _epoch_draws(self) -> tuple[NDArray[np.intp], tuple[NDArray[Any], ...]]:
        """Return the order (N,) and the random numbers of every augmentation, (N, ...) each; drawn once an epoch."""
        epoch, count = self.epoch, len(self.x)
        if self._drawn is None or self._drawn[0] != epoch:
            order = np.random.default_rng((self.seed, ORDER, epoch)).permutation(count)
            draws = tuple(
                one.draw(count, (self.seed, place), epoch)
                for place, one in enumerate(self.augment, ORDER + 1)
            )
            self._drawn = (epoch, order if self.shuffle else np.arange(count), draws)
        return self._drawn[1:]


def _checked_arrays(x: ArrayLike, y: ArrayLike | None) -> tuple[NDArray[Any], NDArray[Any] | None]:
    inputs = np.asarray(x)
    if inputs.ndim < 1 or not len(inputs) or inputs.dtype == object:
        raise ValueError(
            f"x is a filled array (N, ...). Received: shape {inputs.shape}, dtype {inputs.dtype}"
        )
    if y is None:
        return inputs, None
    labels = np.asarray(y)
    if labels.ndim < 1 or len(labels) != len(inputs):
        raise ValueError(f"x and y are as many. Received: x {inputs.shape}, y {labels.shape}")
    return inputs, labels


def _checked_share(share: tuple[int, int], multiple_of: int) -> tuple[int, int]:
    which, parts = share
    if not (0 <= which < parts and multiple_of % parts == 0):
        raise ValueError(
            f"share is (which, of how many), which divides multiple_of. Received: {share}, {multiple_of}"
        )
    return which, parts


def _whole(name: str, number: Any, least: int) -> int:
    is_whole = isinstance(number, numbers.Integral) and not isinstance(number, bool)
    if not (is_whole and number >= least):
        raise ValueError(f"{name} is a whole number from {least} on. Received: {name}={number!r}")
    return int(number)
