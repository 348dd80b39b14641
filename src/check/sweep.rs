//! Whether what is claimed of a variant is true at a size.

use super::{Mismatch, Report, Verdict};
use crate::program::{Expect, FailureKind, Size, Variant};

impl Report {
    /// Compares the result with what `variant` says of this `size`: that its claim is true there, or that it is
    /// not. What holds must be proved.
    ///
    /// # Errors
    ///
    /// What is not as said, in words.
    pub fn compare_size(&self, variant: &Variant, size: Size) -> Result<(), String> {
        use Mismatch::{Fails, Holds, MissingOutcome, NotReached, OtherFailure, Reached};
        match (self.compare(variant), size.claimed) {
            (Ok(()), true) => self.settled(),
            // With more threads it may be another one of them that waits.
            (Err(OtherFailure { kind, message }), true)
                if is_but_for_numbers(variant, kind, &message) =>
            {
                self.settled()
            }
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

/// Is it the failure that is expected of the variant, if its threads had other numbers?
fn is_but_for_numbers(variant: &Variant, kind: FailureKind, message: &str) -> bool {
    let blank = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "#");
    match variant.claim.expect {
        Expect::Fails { kind: expected, message: text } => {
            kind == expected && blank(message).contains(&blank(text))
        }
        _ => false,
    }
}
