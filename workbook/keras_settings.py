"""Give the kernel the Keras settings that the course needs, whatever the learner's `keras.json` says.

A `keras.json` from another course may ask for `channels_first`, `float16` or another backend. Shapes and numbers of the
chapters are those of `channels_last` and `float32`. The file is not changed, and one printed line says what differs
from it. The environment variable KERAS_BACKEND is the learner's own choice and stays.
"""

import importlib.util
import json
import os
from pathlib import Path
from types import ModuleType
from typing import Any

BACKENDS = ("tensorflow", "jax")  # chapter 05 takes many minutes on JAX without an accelerator
USUAL = {"image_data_format": "channels_last", "floatx": "float32"}
ALLOWED = {
    "image_data_format": ("channels_last", "channels_first"),
    "floatx": ("float16", "float32", "float64"),
}


def settings_file() -> Path:
    """Return the path of `keras.json`, as Keras finds it."""
    home = Path(os.path.expanduser("~"))
    if not os.access(home, os.W_OK):
        home = Path("/tmp")
    return Path(os.path.expanduser(os.environ.get("KERAS_HOME", home / ".keras"))) / "keras.json"


def choose_backend() -> None:
    """Choose a backend before Keras is loaded, if `keras.json` asks for one that the course cannot use.

    Prints a line that says so, and one for each entry that Keras will refuse, with the fix.
    """
    path = settings_file()
    settings = _read(path)
    for name, allowed in ALLOWED.items():
        if name in settings and settings[name] not in allowed:
            print(
                f"Keras cannot start: {path} says {name}={settings[name]!r}. Write one of {', '.join(allowed)}, or "
                "delete the file."
            )
    backend = settings.get("backend", "tensorflow")
    if os.environ.get("KERAS_BACKEND"):
        _report(os.environ["KERAS_BACKEND"])
    elif not is_usable(backend):
        usable = next((name for name in BACKENDS if is_usable(name)), None)
        if usable is not None:
            os.environ["KERAS_BACKEND"] = usable
            if backend in BACKENDS:
                reason = f"Keras's {backend} backend is not installed."
            else:
                reason = f"{path} asks for the {backend} backend, on which some cells do not run. It is not changed."
            print(f"{reason} The course uses {usable} in this kernel.")


def is_usable(backend: Any) -> bool:
    """Return whether the course can run on this backend and the backend is installed."""
    return backend in BACKENDS and importlib.util.find_spec(backend) is not None


def _report(backend: str) -> None:
    """Print a line if the learner's own backend is not installed, or some cells do not run on it."""
    if backend not in BACKENDS:
        print(
            f"KERAS_BACKEND is {backend}: cells of chapters 03, 04, 08, 10, 11, 13 and 16 need TensorFlow or JAX. "
            "To run them, set KERAS_BACKEND to tensorflow or jax and restart the kernel."
        )
    elif not is_usable(backend):
        print(
            f"KERAS_BACKEND is {backend}, which is not installed: pip install {backend}, or unset the variable."
        )


def _read(path: Path) -> dict[str, Any]:
    """Return the settings in `keras.json`; none if there is no file, or a damaged one, which Keras ignores."""
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return settings if isinstance(settings, dict) else {}


def apply_usual(keras: ModuleType) -> None:
    """Set the image format and the float type that the course uses, in this kernel; print what that changes."""
    before = {"image_data_format": keras.config.image_data_format(), "floatx": keras.config.floatx()}
    changed = {name: value for name, value in before.items() if value != USUAL[name]}
    if not changed:
        return
    keras.config.set_image_data_format(USUAL["image_data_format"])
    keras.config.set_floatx(USUAL["floatx"])
    if keras.config.dtype_policy().name == before["floatx"]:  # otherwise the learner has chosen a policy
        keras.config.set_dtype_policy(USUAL["floatx"])
    usual = " and ".join(USUAL[name] for name in changed)
    print(
        f"Keras was set to {' and '.join(changed.values())} (in {settings_file()}). The course uses {usual} in this "
        "kernel; your file is unchanged."
    )
