"""Short module names for notebooks: `from workbook import figures` imports `workbook.ledger.figures`.

Notebooks import modules from `workbook` itself, and continue to work when a module moves inside the package. A module
in HOMES can be imported by either name; both names refer to the same module object.
"""

import importlib
import importlib.abc
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

HOMES = {
    "workbook.augment": "workbook.data.augment",
    "workbook.batches": "workbook.data.batching",
    "workbook.chains": "workbook.ledger.quoted_networks",
    "workbook.data_sources": "workbook.data.bundled",
    "workbook.data_tfds": "workbook.data.tfds",
    "workbook.efficientnet_lite": "workbook.architectures.efficientnet_lite",
    "workbook.figures": "workbook.ledger.figures",
    "workbook.interpret.gradients": "workbook.gradients",
    "workbook.layers": "workbook.architectures.layers",
    "workbook.pictures": "workbook.data.pictures",
    "workbook.receptive": "workbook.accountant.receptive",
    "workbook.recipes": "workbook.architectures.paper_recipes",
    "workbook.standins": "workbook.data.standins",
    "workbook.surface": "workbook.interpret.surface",
    "workbook.training.test_time": "workbook.training.views",
    "workbook.vision_tasks.canvas": "workbook.vision_tasks.raster",
}


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports the module at its home when its short name is imported."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        return ModuleSpec(name, self) if name in HOMES else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = importlib.import_module(HOMES[spec.name])
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        """Restore the module's own spec, which the import system has replaced by that of the short name."""
        short_spec = module.__spec__
        assert short_spec is not None
        module.__spec__ = short_spec.loader_state


def install() -> None:
    """Register the short names with the import system, once per process."""
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.append(_Finder())
