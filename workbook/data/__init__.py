"""Load data sets, pictures and stored results: `data.load("mnist")`, `data.stored("cures")`, and feed them to `fit`.

`loading` finds a data set, `bundled` and `tfds` read it, `standins` makes one where there is none; `pictures` has the
photographs; `augment` and `batching` are the fast way into `fit`. Importing this package loads NumPy and nothing else.
"""

from workbook.data.bundled import DataError, Dataset, stored
from workbook.data.handwriting import Handwriting
from workbook.data.loading import NAMES, batches, load
from workbook.data.picture_files import read_picture
from workbook.data.pictures import PHOTOGRAPHS, photograph, read_digits, to_digit

__all__ = [
    "NAMES",
    "PHOTOGRAPHS",
    "DataError",
    "Dataset",
    "Handwriting",
    "batches",
    "load",
    "photograph",
    "read_digits",
    "read_picture",
    "stored",
    "to_digit",
]
