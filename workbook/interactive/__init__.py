"""Pictures that a reader moves in the browser, without a kernel."""

from workbook.interactive.convolution import convolution as convolution
from workbook.interactive.cost import cost as cost
from workbook.interactive.document import Document as Document
from workbook.interactive.explain import explain as explain
from workbook.interactive.kernel_editor import kernel_editor as kernel_editor
from workbook.interactive.learning import learning as learning
from workbook.interactive.pooling import pooling as pooling
from workbook.interactive.receptive_field import receptive_field as receptive_field
