"""A film strip of the rounds: what was drawn, what was asked, how many requirements held."""

from collections.abc import Sequence
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from rlrig.trace import Round, Trace

_FRAME = 192
_GAP = 12
_CAPTION = 74
_LINE, _LETTER = 20, 8  # of the title, in pixels; most letters are narrower
_INK, _MUTED, _GROUND, _CHOSEN = (32, 32, 36), (110, 110, 118), (255, 255, 255), (20, 130, 70)


def film_strip(images: Sequence[Image.Image], trace: Trace, title: str) -> Image.Image:
    """The rounds side by side, each with its action, instruction and reward; the chosen one is framed."""
    width = max(_GAP + len(images) * (_FRAME + _GAP), 2 * _FRAME)
    heading = wrap(title, (width - 2 * _GAP) // _LETTER)
    top = 16 + _LINE * len(heading)
    strip = Image.new("RGB", (width, top + _FRAME + _CAPTION + 4), _GROUND)
    brush = ImageDraw.Draw(strip)
    for number, line in enumerate(heading):
        brush.text((_GAP, 10 + _LINE * number), line, fill=_INK, font=ImageFont.load_default(14))
    for round_, image in zip(trace.rounds, images, strict=True):
        left = _GAP + round_.index * (_FRAME + _GAP)
        method = Image.Resampling.NEAREST if image.width < _FRAME else Image.Resampling.LANCZOS
        strip.paste(image.resize((_FRAME, _FRAME), method), (left, top))
        if round_.index == trace.chosen:
            brush.rectangle((left - 3, top - 3, left + _FRAME + 2, top + _FRAME + 2), outline=_CHOSEN, width=3)
        _caption(brush, round_, left, top + _FRAME + 6)
    return strip


def _caption(brush: ImageDraw.ImageDraw, round_: Round, left: int, top: int) -> None:
    holds = f"{round_.action} · reward {round_.reward:.2f}"
    brush.text((left, top), holds, fill=_INK, font=ImageFont.load_default(13))
    for line, text in enumerate(wrap(round_.instruction or "", 30)[:3]):
        brush.text((left, top + 18 + 15 * line), text, fill=_MUTED, font=ImageFont.load_default(12))
