//! The published counts.

/// A program of the test suite and its counts.
pub struct Published {
    /// The folder of the suite.
    pub folder: &'static str,
    /// The program and its parameters.
    pub name: &'static str,
    /// Under sequential consistency and under RC11, where they are published.
    pub counts: [Option<u64>; 2],
    /// The flags with which GenMC ran.
    pub flags: &'static str,
}

/// All programs of the test suite: `folder|program parameters|SC|RC11|flags` in each line.
pub fn published() -> impl Iterator<Item = Published> {
    include_str!("published.txt").lines().map(|line| {
        let [folder, name, sequential, rc11, flags] = line.split('|').collect::<Vec<_>>()[..]
        else {
            panic!("five columns: {line}")
        };
        let counts = [sequential, rc11].map(|count| match count {
            "-" => None,
            _ => Some(count.parse().expect("a count")),
        });
        Published { folder, name, counts, flags }
    })
}
