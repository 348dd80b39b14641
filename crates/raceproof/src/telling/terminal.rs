//! How wide the terminal is.
#![allow(unsafe_code)]

/// The columns of the terminal that standard error, or standard output, is.
#[cfg(unix)]
pub(crate) fn columns() -> Option<usize> {
    let columns = |file: libc::c_int| {
        let mut size = libc::winsize { ws_row: 0, ws_col: 0, ws_xpixel: 0, ws_ypixel: 0 };
        // SAFETY: the request writes one `winsize`, which lives in this frame, and nothing else.
        let answer = unsafe { libc::ioctl(file, libc::TIOCGWINSZ, &raw mut size) };
        (answer == 0 && size.ws_col > 0).then_some(usize::from(size.ws_col))
    };
    columns(libc::STDERR_FILENO).or_else(|| columns(libc::STDOUT_FILENO))
}

/// The columns of the terminal, which are not known here.
#[cfg(not(unix))]
pub(crate) fn columns() -> Option<usize> {
    None
}
