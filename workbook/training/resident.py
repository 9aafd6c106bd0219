"""Train with the images on the device: `training.fit(model, data.batches(...), epochs=8)`.

An accelerator takes a step faster than a processor prepares a batch. So the images are copied to the device once, as
they are. Each step transfers one row of integers per image: its number and the random values that NumPy drew for its
augmentations. The compiled step gathers the images and changes them, then trains. Order and draws are those of
`data.batches`, so the images are the same, to the bit.

On the JAX backend several steps are one call, a `scan` around Keras's own training step, so that Python's overhead
occurs once per call. Nothing is added to the model: what is saved is the network alone.
"""

import contextlib
import math
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from workbook.data.batching import Batches
from workbook.training.devices import has_accelerator
from workbook.training.seeds import checked_integer

MEMORY_SHARE = 0.25  # of an accelerator's memory, the most that the examples may take
MOST_STEPS = 250  # steps of one call: a second or less on an accelerator
KEPT = "_workbook_resident"  # the attribute of a model that holds its compiled function


def fit(
    model: keras.Model,
    batches: Batches,
    *,
    epochs: int = 1,
    initial_epoch: int = 0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    on_device: bool | str = "auto",
    steps_per_call: int | None = None,
    validation_data: Any = None,
    verbose: str | int = 0,
) -> keras.callbacks.History:
    """Train a compiled model as `model.fit(batches, ...)` does, with the examples in the device's memory.

    With `on_device="auto"` that is done on the JAX backend where there is an accelerator with room for the examples;
    with True anywhere, with False never. `steps_per_call` steps are one call on the JAX backend: by default up to 250
    on an accelerator and 1 elsewhere. Callbacks see the end of a call, not of each step in it; where a callback says
    `every_step = True`, as `ExponentialAverage` does, a call is one step. The last, smaller batch is a call of its own.

    The first epoch is `batches.epoch`; afterwards it is the next one. ValueError for an augmentation that has no
    `on_device`, if it is asked for, and for numbers out of range.
    """
    options = {"epochs": epochs, "initial_epoch": initial_epoch, "verbose": verbose}
    options |= {"validation_data": validation_data}
    if not is_resident(batches, on_device):
        return model.fit(batches, callbacks=list(callbacks), **options)
    rows = Rows(batches, _steps_per_call(batches, callbacks, steps_per_call))
    first = batches.epoch

    def begin(epoch: int, logs: Any = None) -> None:
        batches.epoch = first + epoch - initial_epoch

    def end(epoch: int, logs: Any = None) -> None:
        batches.epoch = first + epoch - initial_epoch + 1

    mover = keras.callbacks.LambdaCallback(on_epoch_begin=begin, on_epoch_end=end)
    with _attached(model, rows, callbacks):
        return model.fit(rows, callbacks=[mover, *callbacks], shuffle=False, **options)


def is_resident(batches: Batches, on_device: bool | str = "auto") -> bool:
    """Return whether `fit` keeps the examples on the device.

    ValueError for an unknown choice, or for True with an augmentation that cannot run on the device.
    """
    if on_device not in (True, False, "auto"):
        raise ValueError(f'on_device must be True, False or "auto". Received: on_device={on_device!r}')
    missing = [change.name for change in batches.augment if change.on_device is None]
    if on_device is True and missing:
        raise ValueError(
            'on_device must be False or "auto" for augmentations that cannot run on the device. '
            f"Received: {missing[0]}"
        )
    if on_device != "auto":
        return bool(on_device)
    return not missing and has_accelerator() and _has_room(batches)


def _has_room(batches: Batches) -> bool:
    import jax

    statistics = jax.local_devices()[0].memory_stats() or {}
    size = batches.x.nbytes + (0 if batches.y is None else batches.y.nbytes)
    return size <= MEMORY_SHARE * statistics.get("bytes_limit", 2**32)


def _steps_per_call(batches: Batches, callbacks: Sequence[Any], steps: int | None) -> int:
    """Return how many steps are one call; if `steps` is None, a divisor of an epoch's whole batches if possible."""
    if steps is not None:
        checked_integer("steps_per_call", steps)
    if keras.backend.backend() != "jax" or any(
        getattr(callback, "every_step", False) for callback in callbacks
    ):
        return 1
    whole = max(1, len(batches.x) // batches.batch_size)
    if steps is not None:
        return min(steps, whole)
    if not has_accelerator():
        return 1
    calls = math.ceil(whole / MOST_STEPS)
    even = next((number for number in range(calls, 4 * calls) if whole % number == 0), calls)
    return whole // even


class Rows(keras.utils.PyDataset):
    """The rows that are transferred to the device: int32 (batch, steps, k) per call, for its steps of `batches`' epoch.

    A row is an example's number and the integers of its augmentations. Axis 0 is the batch, so that several devices
    share it as they share images.
    """

    def __init__(self, batches: Batches, steps_per_call: int) -> None:
        super().__init__()
        self.batches, self.steps_per_call = batches, steps_per_call
        self.widths: tuple[int, ...] = ()
        self._epoch_rows: tuple[int, NDArray[np.int32]] | None = None
        self._rows()  # sets the widths
        whole, steps = len(batches.x) // batches.batch_size, len(batches)
        starts = list(range(0, whole, steps_per_call))
        self.calls = [range(start, min(start + steps_per_call, whole)) for start in starts]
        self.calls += [range(whole, steps)] if steps > whole else []

    def __len__(self) -> int:
        return len(self.calls)

    def __getitem__(self, index: int) -> tuple[NDArray[np.int32]]:
        """Return the rows of call `index` of the current epoch."""
        rows, size = self._rows(), self.batches.batch_size
        parts = [self.batches._own_part(rows[step * size : (step + 1) * size]) for step in self.calls[index]]
        return (np.ascontiguousarray(np.stack(parts, axis=1)),)

    def steps_until(self, call: int) -> int:
        """Return the number of steps of an epoch that are done after call number `call`."""
        return self.calls[call].stop

    def _rows(self) -> NDArray[np.int32]:
        """Return the rows (N, k) of the current epoch, in its order."""
        epoch = self.batches.epoch
        if self._epoch_rows is None or self._epoch_rows[0] != epoch:
            order, draws = self.batches._epoch_draws()
            size = self.batches.x.shape[1:3]
            parts = [
                change.on_device.integers(drawn, size)
                for change, drawn in zip(self.batches.augment, draws, strict=True)
                if change.on_device is not None
            ]
            self.widths = tuple(part.shape[1] for part in parts)
            rows = np.concatenate([order.astype(np.int32)[:, None], *(part[order] for part in parts)], axis=1)
            self._epoch_rows = (epoch, rows)
        return self._epoch_rows[1]

    def examples(self, x: Any, y: Any, rows: Any) -> tuple[Any, ...]:
        """Return a batch, (x, y) or (x,), from all examples on the device and its rows (batch, k)."""
        from keras import ops

        chosen = rows[:, 0]
        images = ops.take(x, chosen, axis=0)
        is_flat = len(images.shape) == 3 and bool(self.batches.augment)
        images = images[..., None] if is_flat else images  # (batch, H, W, C)
        start = 1
        for change, width in zip(self.batches.augment, self.widths, strict=True):
            if change.on_device is not None:
                images = change.on_device.apply(images, rows[:, start : start + width])
            start += width
        images = images[..., 0] if is_flat else images
        return (images,) if y is None else (images, ops.take(y, chosen, axis=0))


@contextlib.contextmanager
def _attached(model: keras.Model, rows: Rows, callbacks: Sequence[Any]) -> Iterator[None]:
    """Make `model.fit` accept rows: its training function gathers the examples first. On exit the model is restored."""
    x, y = rows.batches.x, rows.batches.y
    model._symbolic_build(data_batch=(x[:1],) if y is None else (x[:1], y[:1]))
    model.train_function = None
    name = "make_train_function" if keras.backend.backend() == "jax" else "train_step"
    try:
        if keras.backend.backend() == "jax":
            function = _jax_function(model, rows, callbacks)

            def make(force: bool = False) -> None:
                model.train_function = function

            model.__dict__[name] = make
        else:
            model.__dict__[name] = _one_step(model, rows)
        yield
    finally:
        model.__dict__.pop(name, None)
        model.train_function = None


def _one_step(model: keras.Model, rows: Rows) -> Any:
    """Return a training step that takes rows, for TensorFlow and PyTorch: one step per call."""
    from keras import ops

    original, batches = model.train_step, rows.batches
    x = ops.convert_to_tensor(batches.x)
    y = None if batches.y is None else ops.convert_to_tensor(batches.y)

    def train_step(data: Any) -> Any:
        (drawn,) = data
        return original(rows.examples(x, y, drawn[:, 0]))

    return train_step


def _jax_function(model: keras.Model, rows: Rows, callbacks: Sequence[Any]) -> Any:
    """Return what Keras calls on JAX in place of its own training function: (state, iterator) → (logs, state)."""
    x, y = _on_device(rows.batches, model)
    compiled = _compiled(model, rows)

    def train_function(state: Any, iterator: Any) -> Any:
        (drawn,) = next(iterator)
        held = {id(weight) for callback in callbacks for weight in getattr(callback, "held_weights", ())}
        frozen = np.array([id(weight) in held for weight in model.trainable_variables])
        return compiled(state, frozen, x, y, drawn)

    return train_function


def _on_device(batches: Batches, model: keras.Model) -> tuple[Any, Any]:
    """Return the examples in the memory of each device of the training, copied once per `batches`."""
    import jax
    from jax.sharding import NamedSharding, PartitionSpec

    spread = [weight.value.sharding for weight in model.variables]
    meshes = [sharding.mesh for sharding in spread if isinstance(sharding, NamedSharding)]
    place = NamedSharding(meshes[0], PartitionSpec()) if meshes else None
    stored = batches.__dict__.get(KEPT)
    if stored is not None and stored[0] == place:
        return stored[1:]

    def copy(array: Any) -> Any:
        if array is None:
            return None
        if place is None:
            return jax.device_put(array)
        return jax.make_array_from_callback(array.shape, place, lambda index: array[index])

    batches.__dict__[KEPT] = (place, copy(batches.x), copy(batches.y))
    return batches.__dict__[KEPT][1:]


def _compiled(model: keras.Model, rows: Rows) -> Any:
    """Return the function of a call's steps. A model keeps it, so that a second training need not compile again."""
    parts = (model.optimizer, model._compile_loss, keras.distribution.distribution())
    layers = tuple(layer for layer in model._flatten_layers() if layer.trainable)
    signature = (*parts, *rows.batches.augment, *model.trainable_variables, *layers)
    stored = model.__dict__.get(KEPT)
    if stored is not None and [id(part) for part in stored[0]] == [id(part) for part in signature]:
        return stored[1]  # the parts are kept, so that no other object can have their ids
    function = _jitted(model, rows)
    model.__dict__[KEPT] = (signature, function)
    return function


def _jitted(model: keras.Model, rows: Rows) -> Any:
    """Return a compiled function: (state, frozen, x, y, rows of a call) → (logs, state)."""
    import jax

    def steps(state: Any, frozen: Any, x: Any, y: Any, drawn: Any) -> Any:
        def step(state: Any, rows_of_step: Any) -> Any:
            logs, new = model.train_step(state, rows.examples(x, y, rows_of_step))
            trained = [
                jax.numpy.where(frozen[number], old, value)
                for number, (old, value) in enumerate(zip(state[0], new[0], strict=True))
            ]
            parts = (trained, *(list(part) for part in new[1:]))
            return jax.tree.map(lambda old, value: value.astype(old.dtype), state, parts), logs

        state = tuple(list(part) for part in state)
        if drawn.shape[1] == 1:  # a loop would cost a CPU its parallel convolutions
            state, logs = step(state, drawn[:, 0])
            return logs, state
        state, logs = jax.lax.scan(step, state, jax.numpy.moveaxis(drawn, 1, 0))
        return jax.tree.map(lambda values: values[-1], logs), state

    if keras.distribution.distribution() is None:
        return jax.jit(steps, donate_argnums=0)
    return jax.jit(steps, donate_argnums=0, out_shardings=(None, model._get_state_sharding_spec()))
