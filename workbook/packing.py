"""A workbook to bytes: the same workbook gives the same bytes, whenever and wherever it is written.

openpyxl writes everything but the cells; the cells are set down here, which is several times faster and lets a
formula carry the value that a phone's preview shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
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
    from workbook.sheet_writer import Writer

    workbook.properties.created = workbook.properties.modified = BOUNDARY
    target = BytesIO()
    with FixedZip(target, "w", ZIP_DEFLATED) as archive:
        Writer(workbook, archive, canvases or {}).save()
    return target.getvalue()
