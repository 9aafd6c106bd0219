"""Pictures that a reader moves in the browser, without a kernel."""

from workbook.interactive.document import Document as Document
