"""The fast way into `fit`: arrays keep their small dtype in memory, and a whole batch is changed at a time.

`Batches` is a `keras.utils.PyDataset`, so `fit`, `evaluate` and `predict` take it on every backend. A batch is one
gather from the array in memory and a few NumPy calls for all of its images together; a `map` over single images pays
for Python, or for TensorFlow's scheduling, once per image. Order and augmentation depend only on the seed and the
epoch.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import ArrayLike, NDArray

from workbook.arithmetic import integer
from workbook.data.augment import Augmentation, check_augmentations

ORDER = 0  # the stream of random numbers for the order of an epoch; augmentations take 1, 2, ...


class Batches(keras.utils.PyDataset):
    """Training batches (x, y) of epoch `epoch`, counted from 0; `fit` moves on by one after each epoch.

    Pass `start_epoch`, or set `epoch`, to resume a training: the batches are those of a training without the stop. Let
    `fit` use whole epochs, without `steps_per_epoch`. For `evaluate` and `predict`, plain arrays are simpler; with
    batches, they would move the epoch on, too.
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
        """Keep the arrays, without copies: `x` (N, ...) of any dtype, `y` (N, ...) or None for inputs alone.

        Augmentations are applied one after another. The last batch of an epoch is smaller where `batch_size` does not
        divide N, or left out with `drop_last`. For several devices, `multiple_of` cuts every batch to a multiple of
        their number, and `share` (index, count) selects the part of one process: the parts 0 to count − 1 in order make
        the whole batch. ValueError for arrays that do not fit and for numbers out of range.
        """
        super().__init__()
        self.x, self.y = _checked_arrays(x, y)
        self.batch_size = integer("batch_size", batch_size, 1)
        self.seed = integer("seed", seed, 0)
        self.augment = check_augmentations(augment)
        self.shuffle, self.drop_last = bool(shuffle), bool(drop_last)
        self.epoch = start_epoch
        self._drawn: tuple[int, NDArray[np.intp], tuple[NDArray[Any], ...]] | None = None
        self.multiple_of = integer("multiple_of", multiple_of, 1)
        self.share = _checked_share(share, self.multiple_of)
        if self.augment and self.x.ndim < 3:
            raise ValueError(
                f"x must be images (N, H, W, C) to be augmented. Received: x of shape {self.x.shape}"
            )
        if len(self) == 0:
            raise ValueError(
                f"There must be at least one whole batch of {self.batch_size}. Received: {len(self.x)} examples"
            )

    def __len__(self) -> int:
        whole, rest = divmod(len(self.x), self.batch_size)
        return whole + (rest >= self.multiple_of and not self.drop_last)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], ...]:
        """Return batch `index` of the current epoch: (x, y), or (x,) without labels. Every call returns the same.

        Unless told `shuffle=False`, `fit` asks for the batches in an order from Python's global random numbers, which a
        resumed training would not repeat. So within `fit` the batch that is asked for first is batch 0, then 1, ...
        """
        if not 0 <= index < len(self):
            raise IndexError(f"index must be in 0 to {len(self) - 1}. Received: index={index}")
        place = index if self._places is None else self._places.setdefault(index, len(self._places))
        order, drawn = self._epoch_draws()
        chosen = self._own_part(order[place * self.batch_size : (place + 1) * self.batch_size])
        images = self.x[chosen]
        for augmentation, rows in zip(self.augment, drawn, strict=True):
            images = augmentation.apply(images, rows[chosen])
        return (images,) if self.y is None else (images, self.y[chosen])

    def _own_part(self, chosen: NDArray[Any]) -> NDArray[Any]:
        """Return this process's part of a batch's indices or rows, which are cut to a multiple of the devices."""
        index, parts = self.share
        length = (len(chosen) - len(chosen) % self.multiple_of) // parts
        return chosen[index * length : (index + 1) * length]

    @property
    def epoch(self) -> int:
        """The epoch that the batches belong to, from 0."""
        return self._epoch

    @epoch.setter
    def epoch(self, number: int) -> None:
        self._epoch = integer("epoch", number, 0)
        self._places: dict[int, int] | None = None  # within `fit`: the batch for each index

    def begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Move to `epoch`, whatever came before; for `LambdaCallback(on_epoch_begin=batches.begin)`.

        Before some trainings Keras looks at a batch or two, and announces the begin and the end of an epoch. Where an
        epoch has no more batches than that, the look would count as an epoch; with this callback it does not.
        """
        self.epoch = epoch

    def on_epoch_begin(self) -> None:
        """Note that Keras begins to ask for batches."""
        self._places = {}

    def on_epoch_end(self) -> None:
        """Move to the next epoch if every batch was used. Keras calls this also after a look or an interruption."""
        if self._places is not None and len(self._places) == len(self):
            self.epoch += 1

    def _epoch_draws(self) -> tuple[NDArray[np.intp], tuple[NDArray[Any], ...]]:
        """Return the order (N,) and each augmentation's random numbers (N, ...), drawn once per epoch."""
        epoch, count = self.epoch, len(self.x)
        if self._drawn is None or self._drawn[0] != epoch:
            order = np.random.default_rng((self.seed, ORDER, epoch)).permutation(count)
            draws = tuple(
                augmentation.draw(count, (self.seed, stream), epoch)
                for stream, augmentation in enumerate(self.augment, ORDER + 1)
            )
            self._drawn = (epoch, order if self.shuffle else np.arange(count), draws)
        return self._drawn[1:]


def _checked_arrays(x: ArrayLike, y: ArrayLike | None) -> tuple[NDArray[Any], NDArray[Any] | None]:
    inputs = np.asarray(x)
    if inputs.ndim < 1 or not len(inputs) or inputs.dtype == object:
        raise ValueError(
            f"x must be an array (N, ...) with N > 0. Received: shape {inputs.shape}, dtype {inputs.dtype}"
        )
    if y is None:
        return inputs, None
    labels = np.asarray(y)
    if labels.ndim < 1 or len(labels) != len(inputs):
        raise ValueError(
            f"x and y must have the same length. Received: x of shape {inputs.shape}, y of shape {labels.shape}"
        )
    return inputs, labels


def _checked_share(share: tuple[int, int], multiple_of: int) -> tuple[int, int]:
    index, parts = share
    if not (0 <= index < parts and multiple_of % parts == 0):
        raise ValueError(
            "share must be (index, count), with index below count, and count must divide multiple_of. "
            f"Received: share={share}, multiple_of={multiple_of}"
        )
    return index, parts
