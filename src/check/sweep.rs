//! Whether what is claimed of a variant is true at a size.

use super::{Mismatch, Report, Verdict};
use crate::program::{Size, Variant};

impl Report {
    /// Compares the result with what `variant` says of this `size`: that its claim is true there, or that it is
    /// not. What holds must be proved.
    ///
    /// # Errors
    ///
    /// What is not as said, in words.
    pub fn compare_size(&self, variant: &Variant, size: Size) -> Result<(), String> {
        use Mismatch::{Fails, Holds, MissingOutcome, NotReached, Reached};
        match (self.compare(variant), size.claimed) {
            (Ok(()), true) => self.settled(),
            (Err(Holds | Fails { .. } | NotReached(_) | Reached(_) | MissingOutcome(_)), false) => {
                self.settled()
            }
            (Ok(()), false) => {
                Err("the claim is true, and is declared not to be at this size".into())
            }
            (Err(mismatch), _) => Err(mismatch.to_string()),
        }
    }

    /// That it is a proof or a failure, and nothing in between.
    fn settled(&self) -> Result<(), String> {
        match &self.verdict {
            Verdict::Passed { executions, coverage } => {
                Err(format!("not proved within the limits: {executions} executions, {coverage}"))
            }
            Verdict::NotApplicable { reason } => Err(format!("cannot be swept: {reason}")),
            _ => Ok(()),
        }
    }
}
