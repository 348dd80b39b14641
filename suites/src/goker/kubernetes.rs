pub(super) static ALL: &[&raceproof_suite::program::Scenario] = &[];
