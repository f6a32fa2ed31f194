"""Contrast as WCAG 2.2 defines it, and accents moved until they can be read.

Knows #rrggbb and the two grounds of the hall; nothing else.
"""

import colorsys

PAPER = "#f7f5f0"
NIGHT = "#1c211f"
ENOUGH = 5.0  # 4.5 is asked; the rest is for tinted grounds


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colours, 1 to 21."""
    high, low = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def on_dark(accent: str) -> str:
    """The accent, lightened until it reads on the dark ground; its hue stays, and most of its strength."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in _channels(accent)))
    for step in range(int(lightness * 100), 101):
        lighter = _hex(colorsys.hls_to_rgb(hue, step / 100, saturation * 0.75))
        if contrast(lighter, NIGHT) >= ENOUGH + 1:
            return lighter
    return "#ffffff"


def on_light(accent: str) -> str:
    """The accent, darkened until it reads on paper and carries white text."""
    hue, lightness, saturation = colorsys.rgb_to_hls(*(value / 255 for value in _channels(accent)))
    if contrast(accent, PAPER) >= ENOUGH:
        return accent
    for step in range(int(lightness * 100), 0, -1):
        darker = _hex(colorsys.hls_to_rgb(hue, step / 100, saturation))
        if contrast(darker, PAPER) >= ENOUGH:
            return darker
    return "#000000"


def _hex(channels: tuple[float, float, float]) -> str:
    return "#" + "".join(f"{round(value * 255):02x}" for value in channels)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> float:
    parts = [value / 255 for value in _channels(colour)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
