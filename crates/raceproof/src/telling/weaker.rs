//! Which memory orderings could be weaker, as a table.

use std::fmt;

use super::trace::{Operation, Place};

/// Which memory orderings of a program that is proved could be weaker with the proof still holding:
/// see [`Explorer::weaken`](crate::Explorer::weaken).
///
/// A weaker ordering holds if no execution of the program fails with it. What the program does not check, no ordering
/// has to keep.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Weakening {
    /// Each access of an atomic and each fence, by its place.
    pub places: Vec<Weaker>,
    /// Why nothing was found out, if the program is not proved under Rust's memory model.
    pub unexplored: Option<String>,
}

/// How weak one memory ordering could be.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Weaker {
    /// What it does.
    pub operation: Operation,
    /// The name of the atomic; none for a fence.
    pub object: Option<String>,
    /// The line that asks for it.
    pub place: Place,
    /// Whether it is the ordering of a compare-and-swap that fails.
    pub fails: bool,
    /// The program's ordering, by its name in `std::sync::atomic::Ordering`.
    pub ordering: String,
    /// The weakest ordering that holds with all others as they are. A relaxed fence is none.
    pub alone: String,
    /// The weakest ordering that holds with all others as they are said to be *together*.
    pub together: String,
    /// Whether a weaker one holds was not found out, since that takes too many executions.
    pub is_open: bool,
}

impl Weaker {
    fn what(&self) -> String {
        let Some(object) = &self.object else { return "a fence".to_owned() };
        let does = match self.operation {
            Operation::Load => "is read",
            Operation::Store => "is written",
            Operation::CompareExchange if self.fails => "is compared, and differs",
            Operation::CompareExchange => "is compared and swapped",
            _ => "is changed",
        };
        format!("{object} {does}")
    }

    /// An ordering of it, in words.
    fn named<'a>(&'a self, ordering: &'a str) -> &'a str {
        match ordering {
            "Relaxed" if self.object.is_none() => "no fence",
            same if same == self.ordering => "the same",
            other => other,
        }
    }

    fn row(&self) -> [String; 5] {
        let mark = if self.is_open { " ?" } else { "" };
        [
            self.place.short().to_string(),
            self.what(),
            self.ordering.clone(),
            format!("{}{mark}", self.named(&self.alone)),
            format!("{}{mark}", self.named(&self.together)),
        ]
    }
}

/// A table of the orderings that could be weaker, and the number of the others.
impl fmt::Display for Weakening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(why) = &self.unexplored {
            return write!(f, "which orderings could be weaker was not found out: {why}");
        }
        let could = |place: &&Weaker| {
            place.alone != place.ordering || place.together != place.ordering || place.is_open
        };
        let rows = self.places.iter().filter(could).map(Weaker::row).collect::<Vec<_>>();
        if rows.is_empty() {
            return write!(f, "none of {} orderings could be weaker", self.places.len());
        }
        write!(
            f,
            "{} of {} orderings could be weaker with the proof still holding:",
            rows.len(),
            self.places.len()
        )?;
        let head = ["place", "what", "now", "alone", "together"].map(str::to_owned);
        let all = || std::iter::once(&head).chain(&rows);
        let widths: [usize; 5] =
            std::array::from_fn(|at| all().map(|row| row[at].chars().count()).max().unwrap_or(0));
        for row in all() {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
            write!(f, "\n  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
        }
        if self.places.iter().any(|place| place.is_open) {
            write!(f, "\n  ?: a weaker one was left open, since it takes too many executions")?;
        }
        Ok(())
    }
}
