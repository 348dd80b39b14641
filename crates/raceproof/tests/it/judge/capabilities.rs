//! What the explorer is not yet right about: programs that need it are left out of the comparison.

use super::language::{Block, Do, contains, count};

/// Something that a program needs.
struct Capability {
    name: &'static str,
    /// Why the explorer differs.
    reason: &'static str,
    needed: fn(&Block) -> bool,
}

const LACKING: &[Capability] = &[Capability {
    name: "a panic beside one that was caught",
    reason: "a thread that has caught a panic counts as panicking while another thread unwinds",
    needed: |program| {
        contains(program, &|what| matches!(what, Do::Catch(_) | Do::Local(_)))
            && count(program, &panics) > 1
    },
}];

fn panics(what: &Do) -> bool {
    matches!(what, Do::Panic(_))
}

/// What a program needs and the explorer lacks. The environment's `LIFT` names what is compared
/// nevertheless, or is `all`.
pub(super) fn lacking(program: &Block) -> Option<String> {
    let lifted = std::env::var("LIFT").unwrap_or_default();
    let lacks = |capability: &&Capability| !lifted.contains(capability.name) && lifted != "all";
    let needed = LACKING.iter().filter(lacks).find(|capability| (capability.needed)(program));
    needed.map(|capability| format!("{}: {}", capability.name, capability.reason))
}
