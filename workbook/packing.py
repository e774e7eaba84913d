"""A workbook to bytes: the same workbook gives the same bytes, whenever and wherever it is written.

openpyxl writes everything but the cells; the cells are set down here, which is several times faster and lets a
formula carry the value that a phone's preview shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from io import BytesIO
from typing import TYPE_CHECKING, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

if TYPE_CHECKING:
    from openpyxl.workbook.workbook import Workbook

    from workbook.canvas import Canvas

BOUNDARY = datetime(2000, 1, 1)  # noqa: DTZ001  openpyxl accepts only a naive time; it is a constant, not an instant
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


class FixedZip(ZipFile):
    """A zip whose members all carry the same time."""

    def writestr(self, zinfo_or_arcname: str | ZipInfo, data: Any, *_: Any, **__: Any) -> None:
        name = zinfo_or_arcname if isinstance(zinfo_or_arcname, str) else zinfo_or_arcname.filename
        member = ZipInfo(name, _ZIP_TIME)
        member.compress_type = ZIP_DEFLATED
        member.create_system = 0
        super().writestr(member, data)


def packed(workbook: Workbook, canvases: Mapping[str, Canvas] | None = None) -> bytes:
    """The bytes of the workbook. ``canvases`` hold the cells of the sheets that have none of openpyxl's own."""
    workbook.properties.created = workbook.properties.modified = BOUNDARY
    target = BytesIO()
    with FixedZip(target, "w", ZIP_DEFLATED) as archive:
        _writers()(workbook, archive, canvases or {}).save()
    return target.getvalue()


@cache
def _writers() -> Any:
    from openpyxl.worksheet._writer import WorksheetWriter
    from openpyxl.worksheet.dimensions import SheetDimension
    from openpyxl.writer.excel import ExcelWriter

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
                from openpyxl.xml.functions import Element

                self.xf.send(Element("sheetData"))

    class Writer(ExcelWriter):
        """Writes each sheet in memory, the canvas's cells put in."""

        def __init__(self, workbook: Workbook, archive: ZipFile, canvases: Mapping[str, Canvas]) -> None:
            super().__init__(workbook, archive)
            self.canvases = canvases

        def write_worksheet(self, ws: Any) -> None:
            from openpyxl.drawing.spreadsheet_drawing import SpreadsheetDrawing

            ws._drawing = SpreadsheetDrawing()
            canvas = self.canvases.get(ws.title)
            out = BytesIO()
            writer: Any = CanvasWriter(ws, out, canvas)
            writer.write()
            ws._rels = writer._rels
            content = canvas.set_into(out.getvalue()) if canvas else out.getvalue()
            self._archive.writestr(ws.path[1:], content)  # type: ignore[attr-defined]
            self.manifest.append(ws)

    return Writer
