//! Points and lines as they are handed over: coordinates in the working CRS with a table.

use carbonzone_types::AttributeTable;

/// Points in the working CRS with the columns asked for.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PointBatch {
    /// Eastings, m.
    pub xs: Vec<f64>,
    /// Northings, m.
    pub ys: Vec<f64>,
    /// One row per point. Columns of a CSV are text, but for those asked for as numbers.
    pub table: AttributeTable,
    /// Number of the feature in its batch; the points of a multipoint share it and follow each other. Empty when every
    /// point is a feature of its own.
    pub features: Vec<u32>,
}

impl PointBatch {
    /// What a point counts of its feature: 1, or 1/n for each of the n points of a multipoint.
    pub fn shares(&self) -> Vec<f64> {
        if self.features.is_empty() {
            return vec![1.0; self.xs.len()];
        }
        let parts = self.features.chunk_by(|a, b| a == b);
        parts.flat_map(|part| std::iter::repeat_n(1.0 / part.len() as f64, part.len())).collect()
    }
}

/// Lines in the working CRS: one entry per line string; the parts of a multiline share a row of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct LineBatch {
    /// Eastings, m.
    pub xs: Vec<f64>,
    /// Northings, m.
    pub ys: Vec<f64>,
    /// Line to vertex, starts with 0.
    pub offsets: Vec<u32>,
    /// Row of the table for each line, ascending.
    pub rows: Vec<u32>,
    /// One row per feature.
    pub table: AttributeTable,
}

impl Default for LineBatch {
    fn default() -> Self {
        Self {
            xs: Vec::new(),
            ys: Vec::new(),
            offsets: vec![0],
            rows: Vec::new(),
            table: AttributeTable::new(),
        }
    }
}

impl LineBatch {
    /// Number of lines (parts of multilines counted one by one).
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// True if there is no line.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Coordinates of line `i`.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn line(&self, i: usize) -> (&[f64], &[f64]) {
        let range = self.offsets[i] as usize..self.offsets[i + 1] as usize;
        (&self.xs[range.clone()], &self.ys[range])
    }

    /// Row of the table that line `i` belongs to.
    ///
    /// # Panics
    /// If `i >= self.len()`.
    pub fn row(&self, i: usize) -> usize {
        self.rows[i] as usize
    }

    /// Number of features, whether or not the table has columns.
    pub(crate) fn table_rows(&self) -> usize {
        self.rows.last().map_or(0, |r| *r as usize + 1)
    }

    /// Appends a line that belongs to a row of the table; rows must not descend.
    pub fn push(&mut self, row: u32, points: impl IntoIterator<Item = [f64; 2]>) {
        for [x, y] in points {
            self.xs.push(x);
            self.ys.push(y);
        }
        self.offsets.push(self.xs.len() as u32);
        self.rows.push(row);
    }
}
