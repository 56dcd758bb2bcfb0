# SPDX-License-Identifier: GPL-3.0-or-later
"""Draws what a recording costs as recordings become more, as an SVG."""
import math

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 360, 200, 52, 34, 36
STYLE = ("<style>text{font:12px sans-serif;fill:#57606a}.title{font-weight:bold}.grid{stroke:#8c959f;stroke-opacity:.3}"
         ".line{fill:none;stroke:#0969da;stroke-width:2}.dot{fill:#0969da}</style>")


def panel(x, title, points):
    """points: [(recordings, value)]; recordings on a logarithmic scale, values from 0."""
    top = max(value for _, value in points) * 1.25
    span = max(math.log10(points[-1][0]), 1)

    def place(count, value):
        return (x + LEFT + (WIDTH - LEFT - 20) * math.log10(count) / span,
                HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top)

    parts = [f'<text class="title" x="{x + LEFT}" y="18">{title}</text>']
    for share in (0, 0.5, 1):
        _, y = place(1, top * share)
        parts.append(f'<line class="grid" x1="{x + LEFT}" y1="{y:.1f}" x2="{x + WIDTH - 20}" y2="{y:.1f}"/>'
                     f'<text text-anchor="end" x="{x + LEFT - 6}" y="{y + 4:.1f}">{top * share:.3g}</text>')
    places = [place(*point) for point in points]
    for (count, value), (px, py) in zip(points, places):
        parts.append(f'<text text-anchor="middle" x="{px:.1f}" y="{HEIGHT - BOTTOM + 18}">{count}</text>'
                     f'<circle class="dot" cx="{px:.1f}" cy="{py:.1f}" r="3"><title>{value:.3g}</title></circle>'
                     f'<text text-anchor="middle" x="{px:.1f}" y="{py - 8:.1f}">{value:.3g}</text>')
    line = " ".join(f"{px:.1f},{py:.1f}" for px, py in places)
    parts.append(f'<polyline class="line" points="{line}"/>')
    return "".join(parts)


def draw(path, scale):
    """scale: what engine scale printed, one for each number of recordings."""
    cpu = [(s["peers"], s["engine_ms_per_peer_second"]) for s in scale]
    memory = [(s["peers"], s["resident_kib_per_peer"]) for s in scale]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{2 * WIDTH}" height="{HEIGHT}" role="img" '
                   f'aria-label="Cost of a recording as recordings become more">{STYLE}'
                   + panel(0, "CPU ms per second of one recording", cpu) + panel(WIDTH, "KiB of memory per recording", memory)
                   + f'<text text-anchor="middle" x="{WIDTH}" y="{HEIGHT - 2}">recordings at once, each H.264 at 2.5 Mb/s and Opus, '
                   'copied</text></svg>\n')
