"""The course's colours, and the contrast between two of them.

Every colour of PALETTE has a contrast of at least 3:1 on white and on JupyterLab's dark background. Readers with each
of the three kinds of colour blindness can tell them apart. The first four are from Okabe and Ito's palette, whose
orange and sky blue have only 2.3:1 on white: brown and violet replace them.
"""

BLUE, VERMILION, GREEN, PINK = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
BROWN, VIOLET, GREY = "#994D00", "#A64DFF", "#6B6B6B"
PALETTE = (BLUE, VERMILION, GREEN, PINK, BROWN, VIOLET, GREY)
# Ten classes painted over a picture: each has 3:1 on black, and every eye tells any two apart.
CLASSES = (
    "#669900", "#FFFF66", "#6600FF", "#66CCFF", "#CCCC33", "#666600", "#FF6699", "#99FFCC", "#CC0099", "#CC66FF",
)  # fmt: skip
LIGHT, DARK = "#FFFFFF", "#111111"  # the backgrounds of JupyterLab's two themes


def channels(colour: str) -> tuple[float, float, float]:
    """Return red, green and blue in [0, 1] of "#RRGGBB" or of a grey such as "0.5". ValueError for other texts."""
    try:
        if not colour.startswith("#"):
            red = green = blue = float(colour)
        elif len(colour) == 7:
            red, green, blue = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
        else:
            raise ValueError
    except ValueError:
        raise ValueError(
            f'colour must be "#RRGGBB" or a grey such as "0.5". Received: colour={colour!r}'
        ) from None
    return red, green, blue


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, in [0, 1] (WCAG 2.2)."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels(colour)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours, in [1, 21] (WCAG 2.2): marks need 3, text needs 4.5."""
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)
