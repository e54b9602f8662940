//! Bytes to layers: small lattice points, near-coincident points, or any 64 bits as a float.

use carbonzone_geom::Coverage;

/// Reads numbers from the bytes; zeros when they run out.
pub struct Input<'a>(pub &'a [u8]);

impl Input<'_> {
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        first
    }

    pub fn coordinate(&mut self) -> f64 {
        let kind = self.byte();
        let small = f64::from(self.byte() % 16) * 10.0;
        match kind % 8 {
            0..=4 => small,
            5 => 500_000.0 + small + f64::from(self.byte()) * 1e-10,
            6 => small + f64::from(self.byte()) * f64::EPSILON,
            _ => {
                let mut bits = [0; 8];
                bits.iter_mut().for_each(|b| *b = self.byte());
                f64::from_le_bytes(bits)
            }
        }
    }

    pub fn layer(&mut self) -> Coverage {
        let mut c = Coverage::new();
        for _ in 0..=self.byte() % 4 {
            let parts = (0..self.byte() % 3)
                .map(|_| {
                    (0..self.byte() % 3)
                        .map(|_| {
                            (0..self.byte() % 12).map(|_| [self.coordinate(), self.coordinate()]).collect()
                        })
                        .collect()
                })
                .collect::<Vec<Vec<Vec<[f64; 2]>>>>();
            c.push_rings(&parts);
        }
        c
    }
}

/// The promise of every measure: finite or at least a number, never negative.
#[allow(dead_code, reason = "not every target has measures to check")]
pub fn check(values: &[f64]) {
    assert!(values.iter().all(|v| *v >= 0.0), "{values:?}");
}
