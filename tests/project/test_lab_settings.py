"""What the package installs for JupyterLab and nbconvert: paths, settings, and a preprocessor that writes `alt`."""

import json
import re

import nbformat
from traitlets.config import Config

from tests import ROOT
from tests.project.test_metadata import PYPROJECT

LAB = ROOT / "lab"
INSTALLED = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]


def test_every_file_is_installed_where_jupyter_looks() -> None:
    assert INSTALLED == {
        "lab/extension": "share/jupyter/labextensions/cnn-workbook",
        "lab/jupyter_config.json": "etc/jupyter/jupyter_config.json",
        "lab/overrides.json": "share/jupyter/lab/settings/overrides.d/cnn-workbook.json",
    }
    assert {path.name for path in LAB.iterdir()} == {path.split("/")[1] for path in INSTALLED}


def test_the_extension_is_described_as_jupyterlab_expects() -> None:
    package = json.loads((LAB / "extension" / "package.json").read_text(encoding="utf-8"))
    assert package["name"] == INSTALLED["lab/extension"].split("/")[-1]
    assert package["version"] == PYPROJECT["project"]["version"]
    script = (LAB / "extension" / package["jupyterlab"]["_build"]["load"]).read_text(encoding="utf-8")
    assert f'window._JUPYTERLAB["{package["name"]}"]' in script
    assert not re.search(r"https?://|eval|innerHTML", script)


def test_news_are_not_fetched() -> None:
    settings = json.loads((LAB / "overrides.json").read_text(encoding="utf-8"))
    assert settings["@jupyterlab/apputils-extension:notification"]["fetchNews"] == "false"


def test_an_exported_picture_has_the_alternative_text_of_its_cell() -> None:
    from nbconvert import HTMLExporter

    data = {"image/png": "iVBORw0KGgo=\n"}
    cells = [
        nbformat.v4.new_code_cell(
            "draw()", outputs=[nbformat.v4.new_output("display_data", dict(data))], metadata=metadata
        )
        for metadata in ({"alt": 'A "line" that rises & falls.'}, {})
    ]
    settings = Config(json.loads((LAB / "jupyter_config.json").read_text(encoding="utf-8")))
    page, _ = HTMLExporter(config=settings).from_notebook_node(nbformat.v4.new_notebook(cells=cells))
    pictures = re.findall(r"<img[^>]*>", page)
    assert len(pictures) == 2
    assert 'alt="A &quot;line&quot; that rises &amp; falls."' in pictures[0].replace("'", '"') or (
        "alt='A \"line\" that rises &amp; falls.'" in pictures[0]
    )
    assert "No description" in pictures[1]
    assert all('src="data:image/png;base64,iVBORw0KGgo=' in picture for picture in pictures)
