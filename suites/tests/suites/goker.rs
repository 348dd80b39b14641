//! The kernels of GoBench by their names: none is missing, and none is there that the benchmark does not have.

use raceproof_suite::program::{Expect, FailureKind};
use raceproof_suites::goker;
use std::collections::BTreeSet;

/// The folders `gobench/goker/blocking` and `gobench/goker/nonblocking` of the repository `timmyyuan/gobench`.
const BLOCKING: &[(&str, &[u32])] = &[
    (
        "cockroach",
        &[
            584, 1055, 1462, 2448, 3710, 6181, 7504, 9935, 10214, 10790, 13197, 13755, 16167,
            18101, 24808, 25456, 35073, 35931,
        ],
    ),
    ("etcd", &[5509, 6708, 6857, 6873, 7443, 7492, 7902, 10492]),
    ("grpc", &[660, 795, 862, 1275, 1353, 1424, 1460, 3017]),
    ("hugo", &[3251, 5379]),
    ("istio", &[16224, 17860, 18454]),
    (
        "kubernetes",
        &[1321, 5316, 6632, 10182, 11298, 13135, 25331, 26980, 30872, 38669, 58107, 62464, 70277],
    ),
    (
        "moby",
        &[4395, 4951, 7559, 17176, 21233, 25384, 27782, 28462, 29733, 30408, 33293, 33781, 36114],
    ),
    ("serving", &[2137]),
    ("syncthing", &[4829, 5795]),
];

const NOT_BLOCKING: &[(&str, &[u32])] = &[
    ("cockroach", &[4407, 35501]),
    ("etcd", &[3077, 4876, 8194, 9446]),
    ("grpc", &[1687, 1748, 2371, 3090]),
    ("istio", &[8144, 8214, 8967, 16742]),
    (
        "kubernetes",
        &[13058, 49404, 70892, 77796, 79631, 80284, 81091, 81148, 82239, 82550, 88331, 89164],
    ),
    ("moby", &[18412, 22941, 27037]),
    ("serving", &[3068, 3148, 4908, 5865, 6171, 6472]),
];

fn names(of: &[(&str, &[u32])]) -> BTreeSet<String> {
    of.iter()
        .flat_map(|(project, numbers)| {
            numbers.iter().map(move |number| format!("{project}-{number}"))
        })
        .collect()
}

/// All 103 are told; those of the benchmark that block deadlock here, and the others do not.
pub(super) fn all_told() {
    let (blocking, others) = (names(BLOCKING), names(NOT_BLOCKING));
    assert_eq!((blocking.len(), others.len()), (68, 35), "GoBench has 68 and 35 of them");
    let (deadlocks, rest): (Vec<_>, Vec<_>) = goker::all().into_iter().partition(|scenario| {
        let broken = scenario.variant("broken").expect("a broken form");
        matches!(broken.claim.expect, Expect::Fails { kind: FailureKind::Deadlock, .. })
    });
    let told = |scenarios: Vec<&raceproof_suite::program::Scenario>| -> BTreeSet<String> {
        scenarios.iter().map(|scenario| scenario.id.to_owned()).collect()
    };
    assert_eq!(told(deadlocks), blocking);
    assert_eq!(told(rest), others);
}
