"""Contact sheets: successes and failures side by side, as they come."""

from collections.abc import Sequence
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from rlrig.bundled.measuring.trials import Drawing, EditTrial

_FRAME, _GAP, _CAPTION, _COLUMNS = 128, 8, 60, 8
_RIGHT, _WRONG, _GROUND = (20, 130, 70), (180, 40, 40), (255, 255, 255)


def drawing_sheet(drawn: Sequence[Drawing], count: int = 32) -> Image.Image:
    """The first `count` pictures, each under a green or red frame with its prompt and what it misses."""
    cells = [
        _cell([one.picture], f"{one.text} {'' if one.right else '· misses ' + ', '.join(one.missed)}", one.right)
        for one in drawn[:count]
    ]
    return _sheet(cells, _COLUMNS)


def edit_sheet(trials: Sequence[EditTrial], count: int = 20) -> Image.Image:
    """The first `count` edits: before, after, and the instruction."""
    cells = [
        _cell([one.source, one.picture], one.edit.instruction, one.fulfilled and one.preserved)
        for one in trials[:count]
    ]
    return _sheet(cells, _COLUMNS // 2)


def _cell(pictures: Sequence[Image.Image], caption: str, right: bool) -> Image.Image:
    width = len(pictures) * _FRAME
    cell = Image.new("RGB", (width, _FRAME + _CAPTION), _GROUND)
    for number, picture in enumerate(pictures):
        cell.paste(picture.resize((_FRAME, _FRAME), Image.Resampling.NEAREST), (number * _FRAME, 0))
    brush, colour = ImageDraw.Draw(cell), _RIGHT if right else _WRONG
    brush.rectangle((0, 0, width - 1, _FRAME - 1), outline=colour, width=2)
    for line, text in enumerate(wrap(caption, width // 6)[:4]):
        brush.text((2, _FRAME + 2 + 14 * line), text, fill=colour, font=ImageFont.load_default(11))
    return cell


def _sheet(cells: Sequence[Image.Image], columns: int) -> Image.Image:
    width, height = cells[0].size
    rows = -(-len(cells) // columns)
    sheet = Image.new("RGB", (columns * (width + _GAP) + _GAP, rows * (height + _GAP) + _GAP), _GROUND)
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        sheet.paste(cell, (_GAP + column * (width + _GAP), _GAP + row * (height + _GAP)))
    return sheet
