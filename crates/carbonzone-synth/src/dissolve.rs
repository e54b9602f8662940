//! Union of polygons that share their vertices exactly: opposite edges cancel, what is left is traced into rings.

use std::collections::BTreeMap;

use crate::shape::{Parts, Point, Ring, in_ring, signed_area};

type Node = (u64, u64);

fn node(p: Point) -> Node {
    (ordered(p[0]), ordered(p[1]))
}

/// Bits of a float in the order of the numbers.
fn ordered(v: f64) -> u64 {
    let bits = v.to_bits();
    if bits >> 63 == 1 { !bits } else { bits | (1 << 63) }
}

fn point(n: Node) -> Point {
    let back = |u: u64| f64::from_bits(if u >> 63 == 1 { u & !(1 << 63) } else { !u });
    [back(n.0), back(n.1)]
}

/// Collects directed edges of counter-clockwise polygons and gives their union.
#[derive(Debug, Default, Clone)]
pub struct Dissolver {
    edges: BTreeMap<Node, Vec<Node>>,
}

impl Dissolver {
    /// True when no edge is left.
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    /// Adds one directed edge with the interior on its left; an opposite edge already here cancels it.
    pub fn add_edge(&mut self, a: Point, b: Point) {
        let (na, nb) = (node(a), node(b));
        if na == nb {
            return;
        }
        if let Some(list) = self.edges.get_mut(&nb)
            && let Some(i) = list.iter().position(|&n| n == na)
        {
            list.swap_remove(i);
            if list.is_empty() {
                self.edges.remove(&nb);
            }
            return;
        }
        self.edges.entry(na).or_default().push(nb);
    }

    /// Adds an open ring.
    pub fn add_ring(&mut self, ring: &[Point]) {
        for (i, &a) in ring.iter().enumerate() {
            self.add_edge(a, ring[(i + 1) % ring.len()]);
        }
    }

    /// Moves the edges that are left into another collection.
    pub fn drain_into(self, other: &mut Self) {
        for (a, list) in self.edges {
            for b in list {
                other.add_edge(point(a), point(b));
            }
        }
    }

    /// The union as parts with holes, in a fixed order. Edges that do not close are left out.
    pub fn finish(mut self) -> Parts {
        let mut outer: Vec<Ring> = Vec::new();
        let mut holes: Vec<Ring> = Vec::new();
        while let Some((&start, _)) = self.edges.first_key_value() {
            let Some(path) = self.walk(start) else { continue };
            for ring in simple_rings(path) {
                let area = signed_area(&ring);
                if area > 0.0 {
                    outer.push(ring);
                } else if area < 0.0 {
                    holes.push(ring);
                }
            }
        }
        assemble(outer, holes)
    }

    /// Follows edges from `start` until it comes back; always takes the sharpest left turn, so that parts that touch in a point stay apart.
    fn walk(&mut self, start: Node) -> Option<Vec<Point>> {
        let mut path = vec![point(start)];
        let mut here = self.take(start, None)?;
        let mut came_from = point(start);
        while here != start {
            let p = point(here);
            path.push(p);
            let next = self.take(here, Some([p[0] - came_from[0], p[1] - came_from[1]]))?;
            came_from = p;
            here = next;
        }
        Some(path)
    }

    fn take(&mut self, from: Node, heading: Option<[f64; 2]>) -> Option<Node> {
        let list = self.edges.get_mut(&from)?;
        let p = point(from);
        let turn = |n: &Node| {
            let q = point(*n);
            heading.map_or(0.0, |h| {
                let d = [q[0] - p[0], q[1] - p[1]];
                (h[0] * d[1] - h[1] * d[0]).atan2(h[0] * d[0] + h[1] * d[1])
            })
        };
        let best = (0..list.len())
            .max_by(|&i, &j| turn(&list[i]).total_cmp(&turn(&list[j])).then(list[j].cmp(&list[i])))?;
        let to = list.swap_remove(best);
        if list.is_empty() {
            self.edges.remove(&from);
        }
        Some(to)
    }
}

/// Cuts a closed walk at repeated vertices into simple rings.
fn simple_rings(path: Vec<Point>) -> Vec<Ring> {
    let mut out = Vec::new();
    let mut stack: Vec<Point> = Vec::new();
    let mut seen: BTreeMap<Node, usize> = BTreeMap::new();
    for p in path {
        if let Some(&at) = seen.get(&node(p)) {
            let ring: Ring = stack.drain(at..).collect();
            for q in &ring {
                seen.remove(&node(*q));
            }
            if ring.len() >= 3 {
                out.push(ring);
            }
        }
        seen.insert(node(p), stack.len());
        stack.push(p);
    }
    if stack.len() >= 3 {
        out.push(stack);
    }
    out
}

/// Puts every hole into the smallest outer ring around it.
pub fn assemble(mut outer: Vec<Ring>, holes: Vec<Ring>) -> Parts {
    outer.sort_by(|a, b| signed_area(b).total_cmp(&signed_area(a)).then(node(a[0]).cmp(&node(b[0]))));
    let mut parts: Parts = outer.into_iter().map(|r| vec![r]).collect();
    for hole in holes {
        let probe = [f64::midpoint(hole[0][0], hole[1][0]), f64::midpoint(hole[0][1], hole[1][1])];
        // The ring of the island in this hole is not its home: strictly larger, with room for rounding.
        let size = -signed_area(&hole) * (1.0 + 1e-12);
        let home = (0..parts.len())
            .rev()
            .find(|&i| signed_area(&parts[i][0]) > size && in_ring(&parts[i][0], probe));
        if let Some(i) = home {
            parts[i].push(hole);
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shape::parts_area;

    fn cell(x: f64, y: f64) -> Ring {
        vec![[x, y], [x + 1.0, y], [x + 1.0, y + 1.0], [x, y + 1.0]]
    }

    #[test]
    fn eight_cells_around_a_gap_become_one_part_with_one_hole() {
        let mut d = Dissolver::default();
        for x in -1..2 {
            for y in -1..2 {
                if (x, y) != (0, 0) {
                    d.add_ring(&cell(f64::from(x), f64::from(y)));
                }
            }
        }
        let parts = d.finish();
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].len(), 2);
        assert_eq!(parts_area(&parts), 8.0);
    }

    #[test]
    fn cells_that_touch_in_a_corner_stay_two_parts() {
        let mut d = Dissolver::default();
        d.add_ring(&cell(0.0, 0.0));
        d.add_ring(&cell(1.0, 1.0));
        let parts = d.finish();
        assert_eq!(parts.len(), 2);
        assert_eq!(parts_area(&parts), 2.0);
    }

    #[test]
    fn the_order_of_the_cells_does_not_matter() {
        let (mut a, mut b) = (Dissolver::default(), Dissolver::default());
        for i in 0..5 {
            a.add_ring(&cell(f64::from(i), 0.0));
            b.add_ring(&cell(f64::from(4 - i), 0.0));
        }
        assert_eq!(a.finish(), b.finish());
    }
}
