"""Plots as SVG: lines over an axis, with the intervals of their points."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 170, 34, 48
# Told apart also by those who see no red or no green.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000")


class Axis:
    """Numbers to places between two ends."""

    def __init__(self, numbers, begin, end, is_logarithmic):
        self.scale = math.log2 if is_logarithmic else float
        self.is_logarithmic = is_logarithmic
        self.begin, self.end = begin, end
        low, high = min(map(self.scale, numbers)), max(map(self.scale, numbers))
        if low == high:
            low, high = low - 0.5, high + 0.5
        room = (high - low) * 0.05
        self.low, self.high = low - room, high + room

    def place(self, number):
        share = (self.scale(number) - self.low) / (self.high - self.low)
        return self.begin + share * (self.end - self.begin)

    def marks(self):
        """Numbers worth a line across, about five."""
        span = self.high - self.low
        if self.is_logarithmic:
            every = max(1, round(span / 6))
            return [2.0**power for power in range(math.ceil(self.low), math.floor(self.high) + 1, every)]
        rough = span / 5
        power = 10.0 ** math.floor(math.log10(rough))
        step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [number * step for number in range(first, last + 1)]


def chart(title, x_name, y_name, lines, x_logarithmic=False, y_logarithmic=False):
    """An SVG picture of `lines`: names, and points `(x, y, low, high)`, whose interval may be empty."""
    points = [point for _, own in lines for point in own]
    x = Axis([point[0] for point in points], LEFT, WIDTH - RIGHT, x_logarithmic)
    y = Axis([number for point in points for number in point[1:]], HEIGHT - BOTTOM, TOP, y_logarithmic)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{escape(title)}</text>',
    ]
    for mark in x.marks():
        at = x.place(mark)
        parts.append(f'<path d="M{at:.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="#ddd"/>')
        parts.append(f'<text x="{at:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{mark:g}</text>')
    for mark in y.marks():
        at = y.place(mark)
        parts.append(f'<path d="M{LEFT} {at:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{mark:g}</text>')
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts.append(f'<text x="{middle:.1f}" y="{HEIGHT - 10}" text-anchor="middle">{escape(x_name)}</text>')
    upright = f'transform="translate(16 {(TOP + HEIGHT - BOTTOM) / 2:.1f}) rotate(-90)"'
    parts.append(f'<text {upright} text-anchor="middle">{escape(y_name)}</text>')
    for number, (name, own) in enumerate(lines):
        colour = COLOURS[number % len(COLOURS)]
        places = [(x.place(point[0]), y.place(point[1])) for point in own]
        path = "L".join(f"{across:.1f} {down:.1f}" for across, down in places)
        parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>')
        # Intervals of lines that lie close stand side by side.
        aside = 3 * (number - (len(lines) - 1) / 2)
        for (across, down), (_, _, low, high) in zip(places, own):
            parts.append(f'<circle cx="{across:.1f}" cy="{down:.1f}" r="3" fill="{colour}"/>')
            if low < high:
                ends = f"{across + aside:.1f} {y.place(low):.1f}V{y.place(high):.1f}"
                parts.append(f'<path d="M{ends}" stroke="{colour}"/>')
        down = TOP + 14 + 18 * number
        parts.append(f'<rect x="{WIDTH - RIGHT + 12}" y="{down - 9}" width="10" height="10" fill="{colour}"/>')
        parts.append(f'<text x="{WIDTH - RIGHT + 28}" y="{down}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])
