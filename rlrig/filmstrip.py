"""A film strip of the rounds: what was drawn, what was asked, how many requirements held."""

from collections.abc import Sequence
from textwrap import wrap

from PIL import Image, ImageDraw, ImageFont

from rlrig.trace import Round, Trace

_FRAME = 192
_GAP = 12
_CAPTION = 74
_INK, _MUTED, _GROUND, _CHOSEN = (32, 32, 36), (110, 110, 118), (255, 255, 255), (20, 130, 70)


def film_strip(images: Sequence[Image.Image], trace: Trace, title: str) -> Image.Image:
    """The rounds side by side, each with its action, instruction and reward; the chosen one is framed."""
    width = _GAP + len(images) * (_FRAME + _GAP)
    strip = Image.new("RGB", (max(width, 2 * _FRAME), _FRAME + _CAPTION + 40), _GROUND)
    brush = ImageDraw.Draw(strip)
    brush.text((_GAP, 10), title, fill=_INK, font=ImageFont.load_default(14))
    for round_, image in zip(trace.rounds, images, strict=True):
        left = _GAP + round_.index * (_FRAME + _GAP)
        method = Image.Resampling.NEAREST if image.width < _FRAME else Image.Resampling.LANCZOS
        strip.paste(image.resize((_FRAME, _FRAME), method), (left, 36))
        if round_.index == trace.chosen:
            brush.rectangle((left - 3, 33, left + _FRAME + 2, 36 + _FRAME + 2), outline=_CHOSEN, width=3)
        _caption(brush, round_, left, 36 + _FRAME + 6)
    return strip


def _caption(brush: ImageDraw.ImageDraw, round_: Round, left: int, top: int) -> None:
    holds = f"{round_.action} · reward {round_.reward:.2f}"
    brush.text((left, top), holds, fill=_INK, font=ImageFont.load_default(13))
    for line, text in enumerate(wrap(round_.instruction or "", 30)[:3]):
        brush.text((left, top + 18 + 15 * line), text, fill=_MUTED, font=ImageFont.load_default(12))
