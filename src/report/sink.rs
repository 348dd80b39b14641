//! Where reports are written to, by a name that errors can call it by.

use std::{
    fmt,
    fs::File,
    io::{self, Write},
    path::Path,
};

/// A writer with a name; its errors say that the thing of that name cannot be written.
pub struct Sink {
    name: String,
    out: Box<dyn Write + Send>,
}

impl Sink {
    /// Standard output for people: colours are taken out where it is no terminal, or `NO_COLOR` is set.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new("standard output", anstream::stdout())
    }

    /// Standard output for programs: bytes as they are.
    #[must_use]
    pub fn plain_stdout() -> Self {
        Self::new("standard output", io::stdout())
    }

    /// The file at `path`, made or emptied now.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn file(path: &Path) -> io::Result<Self> {
        let name = path.display().to_string();
        let file = File::create(path).map_err(|error| named(&name, &error))?;
        Ok(Self::new(name, file))
    }

    /// The file at `path`, to whose end is written; it is made if it is not there.
    ///
    /// # Errors
    ///
    /// It cannot be opened.
    pub fn append(path: &Path) -> io::Result<Self> {
        let name = path.display().to_string();
        let file = File::options().append(true).create(true).open(path);
        Ok(Self::new(name.clone(), file.map_err(|error| named(&name, &error))?))
    }

    /// Something else to write to.
    pub fn new(name: impl Into<String>, out: impl Write + Send + 'static) -> Self {
        Self { name: name.into(), out: Box::new(out) }
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.out.write(bytes) {
            // `write_all` and `write!` look out for this kind, and try again.
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            result => result.map_err(|error| named(&self.name, &error)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush().map_err(|error| named(&self.name, &error))
    }
}

impl fmt::Debug for Sink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sink").field(&self.name).finish()
    }
}

/// The same error, which says what could not be written.
fn named(name: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write {name}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_names_the_file_and_keeps_its_kind() {
        let error = Sink::file(Path::new("/no/such/folder/x.xml")).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let text = error.to_string();
        assert!(text.starts_with("cannot write /no/such/folder/x.xml: "), "{text}");
    }

    /// A device without room.
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_device_is_named() {
        let error = Sink::new("the slot", Full).write_all(b"x").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
        assert_eq!(error.to_string(), "cannot write the slot: no storage space");
    }
}
