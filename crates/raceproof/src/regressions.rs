//! Failing schedules, remembered in a file for each test: `raceproof-regressions/<test>.txt`.
//!
//! A line is a schedule, with a comment behind `#` that says what failed. The file belongs under
//! version control, next to the test.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::telling::failure::Failure;
use crate::telling::schedule::Schedule;

/// What a new file begins with.
const HEAD: &str = "\
# Schedules under which this test has failed, one a line. raceproof tries them first.
# Keep this file under version control. A line that no longer fits the test can be deleted.
";

/// The name of a test as that of a file.
pub(crate) fn plain(test: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() || c == '_' { c } else { '-' };
    test.replace("::", "-").chars().map(plain).collect()
}

/// The file of one test.
pub(crate) struct Regressions {
    path: PathBuf,
}

/// A remembered schedule.
pub(crate) struct Entry {
    /// Its line in the file, counted from one.
    pub(crate) line: usize,
    /// The schedule, or why the line is none.
    pub(crate) schedule: Result<Schedule, String>,
}

impl Regressions {
    /// The file of the test with this name, beside the crate that cargo runs, else in the current
    /// folder.
    pub(crate) fn of(name: &str) -> Self {
        let beside = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        Self::within(&beside.join("raceproof-regressions"), name)
    }

    /// The file of the test with this name in this folder.
    fn within(folder: &Path, name: &str) -> Self {
        Regressions { path: folder.join(plain(name) + ".txt") }
    }

    /// The file as a person calls it: by its place beside the crate.
    pub(crate) fn told(&self) -> String {
        let parts: Vec<_> = self.path.iter().rev().take(2).collect();
        parts.iter().rev().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
    }

    /// The schedules in the file; none if there is no file.
    ///
    /// # Errors
    ///
    /// If the file is there and cannot be read.
    pub(crate) fn entries(&self) -> Result<Vec<Entry>, String> {
        let entry = |(line, text): (usize, String)| Entry {
            line,
            schedule: text.parse().map_err(|error| format!("{error}")),
        };
        Ok(self.texts()?.into_iter().map(entry).collect())
    }

    /// The lines of the file that are no comments, each with its number from one.
    ///
    /// # Errors
    ///
    /// If the file is there and cannot be read.
    pub(crate) fn texts(&self) -> Result<Vec<(usize, String)>, String> {
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(format!("cannot read {}: {error}", self.told())),
        };
        let schedule = |line: &str| line.split('#').next().unwrap_or_default().trim().to_owned();
        let lines = (1..).zip(text.lines().map(schedule));
        Ok(lines.filter(|(_, text)| !text.is_empty()).collect())
    }

    /// Adds a line, as [`Regressions::add`].
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn remember(&self, schedule: &str, what: &str) -> Result<(), String> {
        self.write(schedule, what).map_err(|error| format!("cannot write {}: {error}", self.told()))
    }

    /// Adds the schedule of a failure, unless it is there. The file is replaced as a whole, and no
    /// two writers do so at once.
    ///
    /// # Errors
    ///
    /// If the file cannot be written.
    pub(crate) fn add(&self, failure: &Failure) -> Result<(), String> {
        self.remember(&failure.schedule.to_string(), &failure.summary())
    }

    fn write(&self, schedule: &str, comment: &str) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        // Where a folder cannot be locked, the last of two writers at one moment wins.
        let _lock = File::open(folder).and_then(|folder| folder.lock().map(|()| folder));
        let mut text = match fs::read_to_string(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => HEAD.to_owned(),
            text => text?,
        };
        if text.lines().any(|line| line.split('#').next().unwrap_or_default().trim() == schedule) {
            return Ok(());
        }
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text += &format!("{schedule} # {}\n", comment.replace('\n', " "));
        let own = format!("{}-{:?}", std::process::id(), std::thread::current().id());
        let draft = self.path.with_extension(own.replace(['(', ')'], "") + ".tmp");
        let written = fs::write(&draft, text).and_then(|()| fs::rename(&draft, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&draft);
        }
        written
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder of this test's own, removed at its end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let own = format!("raceproof-{name}-{}", std::process::id());
            Folder(std::env::temp_dir().join(own))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn schedules(file: &Regressions) -> Vec<String> {
        let told = |entry: Entry| entry.schedule.map_or_else(|error| error, |s| s.to_string());
        file.entries().unwrap().into_iter().map(told).collect()
    }

    #[test]
    fn lines_come_back_once_each() {
        let folder = Folder::new("lines");
        let file = Regressions::within(&folder.0, "tests::a_race");
        assert!(file.path.ends_with("tests-a_race.txt"));
        assert!(file.entries().unwrap().is_empty());
        file.write("1.2*2", "assertion: lost update").unwrap();
        file.write("1.2*2", "again").unwrap();
        file.write("2.1:3", "deadlock: two\nlines").unwrap();
        fs::write(&file.path, fs::read_to_string(&file.path).unwrap() + "nonsense").unwrap();
        file.write("0", "after a line that was not ended").unwrap();
        let told = schedules(&file);
        assert_eq!((&told[0][..], &told[1][..], &told[3][..]), ("1.2*2", "2.1:3", "0"));
        assert!(told[2].starts_with("`nonsense` is no step"), "{}", told[2]);
        assert_eq!(file.entries().unwrap()[0].line, 3);
        assert_eq!(fs::read_dir(&folder.0).unwrap().count(), 1, "no draft is left");
    }

    #[test]
    fn writers_at_once_lose_no_line() {
        let folder = Folder::new("writers");
        std::thread::scope(|scope| {
            for writer in 0..8 {
                let file = Regressions::within(&folder.0, "shared");
                scope.spawn(move || {
                    (0..20).for_each(|n| file.write(&format!("{writer}.{n}.7"), "x").unwrap());
                });
            }
        });
        assert_eq!(schedules(&Regressions::within(&folder.0, "shared")).len(), 160);
    }

    #[test]
    fn what_cannot_be_written_is_an_error() {
        let folder = Folder::new("file");
        fs::write(&folder.0, "a file where the folder should be").unwrap();
        let file = Regressions::within(&folder.0, "x");
        assert!(file.write("1", "x").is_err());
        assert!(file.entries().is_err());
        fs::remove_file(&folder.0).unwrap();
    }
}
