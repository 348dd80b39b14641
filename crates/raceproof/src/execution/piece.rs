//! A part of a search, as a strategy tells it.

/// A part of the tree of executions, each of which owes those below it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Piece {
    /// Which of the owed graphs is taken at each level.
    pub(crate) way: Vec<u32>,
    pub(crate) guard: u32,
    pub(crate) extent: Extent,
}

/// How much of the tree below a node belongs to a piece.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Extent {
    /// The node, and all below it.
    Whole,
    /// The node alone, which owes so many.
    Node(u32),
    /// Those that the node owes from one on and up to another, and all below them.
    Below(u32, u32),
}
