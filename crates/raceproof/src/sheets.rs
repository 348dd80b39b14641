//! A failing test as a page for a browser: `target/raceproof/<test>.html`.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::explorer::Explorer;
use crate::regressions::plain;
use crate::telling::failure::Failure;
use crate::telling::sheet::{page, single};
use crate::telling::states::StateGraph;

/// The stage has every state of a program that has no more than these, and one execution of others.
const MOST_STATES: usize = 2_000;
/// So long the states are looked for.
const MOST_TIME: Duration = Duration::from_millis(500);

/// The folder that cargo builds in: that above this program which cargo has marked.
fn target() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let marked = |folder: &&Path| folder.join("CACHEDIR.TAG").is_file();
    program.ancestors().find(marked).map(Path::to_path_buf)
}

/// Writes the page of a test that fails, and returns its path: from the current folder, if it is below that. Returns
/// nothing for a program that is not below a folder of cargo's.
///
/// # Errors
///
/// If the file cannot be written.
pub(crate) fn write(
    test: &str,
    explorer: &Explorer,
    failure: &Failure,
    model: &dyn Fn(),
    again: &str,
) -> Result<Option<PathBuf>, String> {
    let Some(target) = target() else { return Ok(None) };
    let folder = target.join("raceproof");
    let path = folder.join(plain(test) + ".html");
    let html = explorer.page(test, failure, again, model);
    fs::create_dir_all(&folder)
        .and_then(|()| fs::write(&path, html))
        .map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    let below = std::env::current_dir().ok().and_then(|here| path.strip_prefix(here).ok());
    Ok(Some(below.map_or_else(|| path.clone(), Path::to_path_buf)))
}

impl Explorer {
    /// A failure of a model as a page, which says that `again` is the command that runs it again.
    #[doc(hidden)]
    pub fn page(&self, test: &str, failure: &Failure, again: &str, model: impl Fn()) -> String {
        let (graph, only) = graph(self, failure, &model);
        page(test, failure, &graph, only.as_deref(), again)
    }
}

/// The states of the model, if they are few and one of them fails so; otherwise the execution, and why.
fn graph(explorer: &Explorer, failure: &Failure, model: &dyn Fn()) -> (StateGraph, Option<String>) {
    let memory = failure.schedule.memory;
    let why = match explorer.states_within(memory, MOST_STATES, MOST_TIME, model) {
        Ok(graph) if graph.ends().any(|end| end.is_failure(failure.kind)) => return (graph, None),
        Ok(_) => "none of its states fails in this way".to_owned(),
        Err(reason) => reason.to_string(),
    };
    (single(failure), Some(why))
}
