//! Vector clocks, all of one kind in one flat arena.

use std::ops::Range;

/// Rows of equal width, one vector clock each.
pub(crate) struct Clocks {
    width: usize,
    cells: Vec<u32>,
}

impl Default for Clocks {
    fn default() -> Self {
        Clocks { width: 4, cells: Vec::new() }
    }
}

impl Clocks {
    /// Makes every row at least `width` wide; rows keep their values.
    pub(crate) fn widen(&mut self, width: usize) {
        if width <= self.width {
            return;
        }
        let new = width.next_power_of_two();
        let mut cells = Vec::with_capacity(self.cells.len() / self.width * new);
        for row in self.cells.chunks(self.width) {
            cells.extend_from_slice(row);
            cells.resize(cells.len() + new - self.width, 0);
        }
        self.cells = cells;
        self.width = new;
    }

    /// Makes sure that row `row` exists.
    #[inline]
    pub(crate) fn reach(&mut self, row: usize) {
        if self.cells.len() < (row + 1) * self.width {
            self.cells.resize((row + 1) * self.width, 0);
        }
    }

    #[inline]
    pub(crate) fn cell(&self, row: usize, at: usize) -> u32 {
        self.cells[row * self.width + at]
    }

    #[inline]
    pub(crate) fn rows(&self, rows: Range<usize>) -> impl Iterator<Item = &[u32]> {
        self.cells[rows.start * self.width..rows.end * self.width].chunks_exact(self.width)
    }

    #[inline]
    pub(crate) fn row(&self, row: usize) -> &[u32] {
        &self.cells[row * self.width..(row + 1) * self.width]
    }

    #[inline]
    pub(crate) fn row_mut(&mut self, row: usize) -> &mut [u32] {
        &mut self.cells[row * self.width..(row + 1) * self.width]
    }

    /// Copies row `from` of `source` over row `to`. Both arenas have one width.
    #[inline]
    pub(crate) fn copy_from(&mut self, to: usize, source: &Clocks, from: usize) {
        self.row_mut(to).copy_from_slice(source.row(from));
    }

    /// Copies one row over another.
    #[inline]
    pub(crate) fn copy_within(&mut self, to: usize, from: usize) {
        self.cells.copy_within(from * self.width..(from + 1) * self.width, to * self.width);
    }

    /// Joins row `from` of `source` into row `to`.
    #[inline]
    pub(crate) fn join_from(&mut self, to: usize, source: &Clocks, from: usize) {
        for (mine, other) in self.row_mut(to).iter_mut().zip(source.row(from)) {
            *mine = (*mine).max(*other);
        }
    }

    /// Joins one row into another.
    #[inline]
    pub(crate) fn join_within(&mut self, to: usize, from: usize) {
        if to == from {
            return;
        }
        let width = self.width;
        let (low, high) = self.cells.split_at_mut(to.max(from) * width);
        let (low, high) = (&mut low[to.min(from) * width..][..width], &mut high[..width]);
        let (mine, others) = if to > from { (high, low) } else { (low, high) };
        for (mine, other) in mine.iter_mut().zip(others) {
            *mine = (*mine).max(*other);
        }
    }

    pub(crate) fn clear_row(&mut self, row: usize) {
        self.row_mut(row).fill(0);
    }
}
