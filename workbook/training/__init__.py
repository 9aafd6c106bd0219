"""Train for real, on the TensorFlow and the JAX backend.

- `seed_everything`, `budget`, `by_budget`: random seeds, and how large a run may be;
- `device_report`, `hardware`: what this machine has: a table with advice, or one line for stored results;
- `Triangular`, `WarmUp`, `Steps`: learning rates over steps (a cosine behind a warm-up is Keras's `CosineDecay`);
- `Muon`, `orthogonalised`: orthogonal steps for convolution kernels;
- `EpochAverage`, `ExponentialAverage`, `refresh_normalisation`: averages of weights over a training;
- `fit`, `Rows`: like `model.fit` on `data.batches`, with the images in the accelerator's memory;
- `predict_averaged`, `View`, `VIEWS`: predictions averaged over several views of a test image;
- `whitening_kernel`, `patches`, `Dirac`: initial weights;
- `LiveCurve`, `StopOnTime`: callbacks.

The input path is `workbook.data.batching` with `workbook.data.augment`. A name loads its module, and with it Keras,
on first use, so that code that only starts processes loads neither.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook.training.averaging import EpochAverage, ExponentialAverage, refresh_normalisation
    from workbook.training.callbacks import LiveCurve, StopOnTime
    from workbook.training.devices import DeviceReport, device_report, hardware
    from workbook.training.muon import Muon, orthogonalised
    from workbook.training.resident import Rows, fit
    from workbook.training.schedules import Steps, Triangular, WarmUp
    from workbook.training.seeds import budget, by_budget, seed_everything
    from workbook.training.views import VIEWS, View, predict_averaged
    from workbook.training.whitening import Dirac, patches, whitening_kernel

__all__ = [
    "VIEWS", "DeviceReport", "Dirac", "EpochAverage", "ExponentialAverage", "LiveCurve", "Muon", "Rows",
    "Steps", "StopOnTime", "Triangular", "View", "WarmUp", "budget", "by_budget", "device_report", "fit",
    "hardware", "orthogonalised", "patches", "predict_averaged", "refresh_normalisation", "seed_everything",
    "whitening_kernel",
]  # fmt: skip

_HOMES = {
    "EpochAverage": "averaging", "ExponentialAverage": "averaging", "refresh_normalisation": "averaging",
    "LiveCurve": "callbacks", "StopOnTime": "callbacks",
    "DeviceReport": "devices", "device_report": "devices", "hardware": "devices",
    "Muon": "muon", "orthogonalised": "muon",
    "Rows": "resident", "fit": "resident",
    "Steps": "schedules", "Triangular": "schedules", "WarmUp": "schedules",
    "budget": "seeds", "by_budget": "seeds", "seed_everything": "seeds",
    "VIEWS": "views", "View": "views", "predict_averaged": "views",
    "Dirac": "whitening", "patches": "whitening", "whitening_kernel": "whitening",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    """Load the module of a name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'workbook.training' has no attribute {name!r}")
    return getattr(importlib.import_module(f"workbook.training.{_HOMES[name]}"), name)
