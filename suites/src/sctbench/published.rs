//! What the authors of SCTBench have published, program by program.

/// How Maple, a tool that steers towards rare interleavings, did on a program, after the file `benchmarks/mapleRes.txt` of
/// the repository `mc-imperial/sctbench` (commit d59ab26d): whether it found the bug, and how often it ran the program.
pub(crate) const MAPLE: &[(&str, bool, u32)] = &[
    ("account", true, 20),
    ("bluetooth-driver", false, 11),
    ("lazy01", true, 1),
    ("reorder-3", false, 10),
    ("reorder-4", false, 11),
    ("reorder-5", false, 11),
    ("token-ring", true, 5),
    ("twostage", true, 8),
    ("wronglock-3", true, 6),
    ("carter01", true, 6),
    ("deadlock01", false, 7),
    ("phase01", true, 1),
    ("din-phil2", true, 1),
    ("din-phil3", true, 1),
    ("din-phil4", true, 1),
    ("din-phil5", true, 1),
    ("din-phil6", true, 1),
    ("din-phil7", true, 1),
    ("fsbench", true, 1),
    ("stringbuffer-jdk1.4", true, 9),
    ("wronglock", true, 6),
    ("arithmetic-prog", true, 1),
    ("circular-buffer", false, 17),
    ("queue", true, 2),
    ("stack", false, 10),
    ("sync01", true, 1),
    ("sync02", true, 1),
];
