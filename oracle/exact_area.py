"""Area of the intersection of two polygons in rational arithmetic: no rounding at all."""

from fractions import Fraction


def strips(polygon, base):
    """The strip between each edge and the level `base`, with its sign."""
    for k, ring in enumerate([polygon.exterior, *polygon.interiors]):
        xy = [(Fraction(x), Fraction(y) - base) for x, y in ring.coords]
        turn = sum(u[0] * v[1] - v[0] * u[1] for u, v in zip(xy, xy[1:]))
        w = (1 if turn > 0 else -1) * (1 if k == 0 else -1)
        for u, v in zip(xy, xy[1:]):
            if u[0] != v[0]:
                yield (v, u, w) if v[0] < u[0] else (u, v, -w)


def exact_area(a, b):
    """Sum over pairs of edges of the integral of the lower one, for two shapely polygons, as a fraction."""
    base = Fraction(min(a.bounds[1], b.bounds[1]))
    total = Fraction(0)
    others = list(strips(b, base))
    for a0, a1, s in strips(a, base):
        for b0, b1, t in others:
            lo, hi = max(a0[0], b0[0]), min(a1[0], b1[0])
            if lo >= hi:
                continue
            y = lambda p, q, x: p[1] + (q[1] - p[1]) * (x - p[0]) / (q[0] - p[0])
            d0, d1 = y(a0, a1, lo) - y(b0, b1, lo), y(a0, a1, hi) - y(b0, b1, hi)
            cuts = [lo, hi] if d0 * d1 >= 0 else [lo, lo + (hi - lo) * d0 / (d0 - d1), hi]
            for u, v in zip(cuts, cuts[1:]):
                low = min(y(a0, a1, u), y(b0, b1, u)) + min(y(a0, a1, v), y(b0, b1, v))
                total += s * t * (v - u) * low / 2
    return total
