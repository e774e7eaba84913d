"""openpyxl's own writer, but for the cells and the temporary files. Import it only where a workbook is written."""

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing
from openpyxl.workbook.workbook import Workbook
from openpyxl.worksheet._writer import WorksheetWriter
from openpyxl.worksheet.dimensions import SheetDimension
from openpyxl.writer.excel import ExcelWriter
from openpyxl.xml.functions import Element

from workbook.canvas import Canvas


class CanvasWriter(WorksheetWriter):
    """Leaves a gap where the canvas's cells go."""

    def __init__(self, sheet: Any, out: BytesIO, canvas: Canvas | None) -> None:
        super().__init__(sheet, out)
        self.canvas = canvas

    def write_dimensions(self) -> None:
        if self.canvas is None:
            super().write_dimensions()
        else:
            self.xf.send(SheetDimension(self.canvas.extent()).to_tree())

    def write_rows(self) -> None:
        if self.canvas is None:
            super().write_rows()
        else:
            self.xf.send(Element("sheetData"))


class Writer(ExcelWriter):
    """Writes each sheet in memory, the canvas's cells put in."""

    def __init__(self, workbook: Workbook, archive: ZipFile, canvases: Mapping[str, Canvas]) -> None:
        super().__init__(workbook, archive)
        self.canvases = canvases

    def write_worksheet(self, ws: Any) -> None:
        ws._drawing = SpreadsheetDrawing()
        canvas = self.canvases.get(ws.title)
        out = BytesIO()
        writer: Any = CanvasWriter(ws, out, canvas)
        writer.write()
        ws._rels = writer._rels
        content = canvas.set_into(out.getvalue()) if canvas else out.getvalue()
        self._archive.writestr(ws.path[1:], content)  # type: ignore[attr-defined]
        self.manifest.append(ws)
