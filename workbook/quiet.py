"""Hide TensorFlow's start-up messages from the learner, and give Keras the settings that the course needs.

TensorFlow's C++ side writes to file descriptor 2 while it loads, whatever its log level. A finder on `sys.meta_path`
redirects that descriptor to a scratch file for the first import only, and shows what was written if the import fails:
an error is never hidden. The loader also calls `keras_settings`, before and after Keras is loaded.
"""

import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from types import ModuleType

from workbook import keras_settings

NOISY = ("tensorflow", "keras", "jax")
# Modules whose layers and initializers a saved network may need: with them, `import workbook` is enough to load it.
SAVED = ("workbook.architectures.layers", "workbook.training.whitening")


@contextlib.contextmanager
def stderr_aside() -> Iterator[None]:
    """Redirect file descriptor 2 to a scratch file; show what was written if the block raises."""
    sys.stderr.flush()
    with tempfile.TemporaryFile() as aside:
        kept = os.dup(2)
        os.dup2(aside.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)
            if failed:
                aside.seek(0)
                os.write(2, aside.read())


class _QuietLoader(importlib.abc.Loader):
    """Loads a module as its own loader would, with file descriptor 2 redirected."""

    def __init__(self, loader: importlib.abc.Loader) -> None:
        self.loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self.loader
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        if module.__name__ == "keras":
            keras_settings.choose_backend()
        with stderr_aside():
            self.loader.exec_module(module)
        if module.__name__ == "keras":
            _set_up(module)


class _QuietFinder(importlib.abc.MetaPathFinder):
    """Wraps the loader of the noisy packages, and of no others."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in NOISY:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


def _set_up(keras: ModuleType) -> None:
    """Give a loaded Keras the course's settings, and register the classes that saved networks need."""
    keras_settings.apply_usual(keras)
    for name in SAVED:
        importlib.import_module(name)


def install() -> None:
    """Put the finder first on `sys.meta_path`, once. A Keras that is already loaded gets the course's settings."""
    loaded = sys.modules.get("keras")
    if loaded is not None and hasattr(loaded, "config"):
        _set_up(loaded)
    if not any(isinstance(finder, _QuietFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _QuietFinder())
