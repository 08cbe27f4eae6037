"""Configuration of the documentation."""

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]

project = "The SOXS pipeline"
author = "The SOXS pipeline developers"
project_copyright = author
extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "numpydoc",
    "cascade_pages",
]
root_doc = "index"
exclude_patterns = ["_build", "changes/*.md"]
myst_enable_extensions = ["dollarmath", "deflist"]
myst_heading_anchors = 3

numpydoc_show_class_members = False
numpydoc_class_members_toctree = False
autodoc_default_options = {"members": True, "member-order": "bysource"}
autodoc_typehints = "signature"
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "SOXS pipeline"
html_static_path = ["_static"]
html_css_files = ["wide_tables.css"]
