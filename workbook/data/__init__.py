"""Load data sets, pictures and stored results: `data.load("mnist")`, `data.stored("cures")`, and feed them to `fit`.

`loading` finds a data set, `bundled` and `tfds` read it, `standins` makes one where there is none; `pictures` has the
photographs; `augment` and `batching` are the fast way into `fit`. Importing this package loads NumPy and nothing else.
"""

from workbook.data.bundled import DataError, Dataset, stored
from workbook.data.handwriting import Handwriting
from workbook.data.loading import NAMES, batches, load
from workbook.data.picture_files import read_picture
from workbook.data.pictures import PHOTOGRAPHS, photograph, read_digits, to_digit
from workbook.data.recordings import Recording, read_recording

__all__ = [
    "NAMES",
    "PHOTOGRAPHS",
    "DataError",
    "Dataset",
    "Handwriting",
    "Recording",
    "batches",
    "load",
    "photograph",
    "read_digits",
    "read_picture",
    "read_recording",
    "stored",
    "to_digit",
]
