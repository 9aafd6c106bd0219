"""Sphinx's settings for the site; `workbook site` writes the pages and passes the repository's address."""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # for mathml

address = os.environ["WORKBOOK_REPOSITORY"]
owner, name = address.removeprefix("https://github.com/").split("/")

project = "The CNN Workbook"
author = "the CNN Workbook authors"
copyright = "the CNN Workbook authors; MIT licence"
extensions = ["myst_nb", "sphinx_book_theme", "mathml"]
html_theme = "sphinx_book_theme"
html_title = project
html_baseurl = f"https://{owner}.github.io/{name}/"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_favicon = "static/favicon.svg"
html_context = {"default_mode": "auto"}
html_math_renderer = "mathml"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    "repository_url": address,
    "repository_branch": "main",
    "path_to_docs": "",
    "use_repository_button": True,
    "use_download_button": False,
    "launch_buttons": {
        "binderhub_url": "https://mybinder.org",
        "colab_url": "https://colab.research.google.com",
        "notebook_interface": "jupyterlab",
    },
    "navbar_persistent": [],  # the side bar has the search
    "home_page_in_toc": True,
    "show_toc_level": 2,
}

# Everything that a page needs is on the site: no widgets' scripts from elsewhere, nothing executed.
nb_execution_mode = "off"
nb_ipywidgets_js: dict = {}
nb_merge_streams = True
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
myst_links_external_new_tab = False
suppress_warnings = ["myst.header"]  # a page of the docs may begin a list of questions below its title
