//! A client as a test that can be pasted.

use std::fmt::Write;

use super::client::Call;
use super::engine::Failing;
use super::operation::Reply;
use super::program::Program;
use crate::kernel::FailureKind;

/// How the object stands in the source.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Written {
    /// The object's type.
    pub of: &'static str,
    /// The expression that makes it.
    pub made: &'static str,
    /// For each operation the names of its arguments, and how it is called if not by its name.
    pub operations: &'static [(&'static [&'static str], Option<&'static str>)],
}

/// Asks something of a value: so the type of a closure's argument is known.
#[doc(hidden)]
pub fn apply<T: ?Sized, R>(value: &T, ask: impl FnOnce(&T) -> R) -> R {
    ask(value)
}

/// As [`apply`], of a state that changes.
#[doc(hidden)]
pub fn apply_to<T: ?Sized, R>(state: &mut T, ask: impl FnOnce(&mut T) -> R) -> R {
    ask(state)
}

/// As [`apply_to`], with an answer.
#[doc(hidden)]
pub fn apply_with<T: ?Sized, A, R>(
    state: &mut T,
    answer: &A,
    ask: impl FnOnce(&mut T, &A) -> R,
) -> R {
    ask(state, answer)
}

/// The source of a test.
struct Source<'a, O, S> {
    program: &'a Program<O, S>,
    written: Option<&'a Written>,
    text: String,
}

/// A test of the client in which the same goes wrong, as far as a plain test can tell.
pub(super) fn test<O, S>(
    program: &Program<O, S>,
    written: Option<&Written>,
    failing: &Failing,
) -> String {
    let mut source = Source { program, written, text: String::new() };
    let _ = source.write(failing);
    source.text
}

impl<O, S> Source<'_, O, S> {
    fn write(&mut self, failing: &Failing) -> std::fmt::Result {
        let clocked = failing.is_about_time;
        let client = &failing.client;
        let (of, made) = self.written.map_or(("_", "todo()"), |written| (written.of, written.made));
        writeln!(self.text, "#[test]\nfn counterexample() {{\n    raceproof::model(|| {{")?;
        writeln!(
            self.text,
            "        let object: std::sync::Arc<{of}> = std::sync::Arc::new({made});"
        )?;
        for call in &client.before {
            let call = self.call(call);
            writeln!(self.text, "        {call};")?;
        }
        for at in 1..=client.threads.len() {
            if clocked {
                writeln!(
                    self.text,
                    "        let returned_{at} = std::sync::Arc::new(raceproof::sync::atomic::AtomicUsize::new(0));"
                )?;
            }
        }
        for (at, calls) in client.threads.iter().enumerate() {
            self.thread(at, calls, clocked.then_some(client.threads.len()))?;
        }
        let threads: Vec<_> =
            (1..=client.threads.len()).map(|at| format!("thread_{at}.join().unwrap()")).collect();
        let after: Vec<_> = client.after.iter().map(|call| self.call(call)).collect();
        let all = [threads, after].concat().join(", ");
        writeln!(self.text, "        let answers = format!(\"{{:?}}\", ({all},));")?;
        if failing.failure.kind == FailureKind::Assertion && failing.unexplained.is_some() {
            let answers = self.answers(failing, clocked);
            writeln!(
                self.text,
                "        assert_ne!(answers, {answers:?}, \"no order explains this\");"
            )?;
        } else {
            writeln!(self.text, "        drop(answers);")?;
        }
        writeln!(self.text, "    }});\n}}")
    }

    fn thread(&mut self, at: usize, calls: &[Call], clocks: Option<usize>) -> std::fmt::Result {
        let mut clones = "let object = object.clone();".to_owned();
        for clock in 1..=clocks.unwrap_or(0) {
            let _ = write!(clones, " let returned_{clock} = returned_{clock}.clone();");
        }
        writeln!(self.text, "        let thread_{} = {{\n            {clones}", at + 1)?;
        writeln!(self.text, "            raceproof::thread::spawn(move || {{")?;
        let mut answers = Vec::new();
        for (nth, call) in calls.iter().enumerate() {
            if let Some(clocks) = clocks {
                let others = (1..=clocks).filter(|clock| *clock != at + 1);
                let looks = others.map(|clock| {
                    format!("returned_{clock}.load(std::sync::atomic::Ordering::Acquire)")
                });
                let looks = looks.collect::<Vec<_>>().join(", ");
                writeln!(self.text, "                let seen_{nth} = [{looks}];")?;
                answers.push(format!("seen_{nth}"));
            }
            let call = self.call(call);
            writeln!(self.text, "                let answer_{nth} = {call};")?;
            answers.push(format!("answer_{nth}"));
            if clocks.is_some() {
                writeln!(
                    self.text,
                    "                returned_{}.store({}, std::sync::atomic::Ordering::Release);",
                    at + 1,
                    nth + 1
                )?;
            }
        }
        writeln!(self.text, "                ({},)", answers.join(", "))?;
        writeln!(self.text, "            }})\n        }};")
    }

    /// A call as an expression.
    fn call(&self, call: &Call) -> String {
        let called = &self.program.operations[call.operation];
        let parameters = called.parameters();
        let values = parameters.iter().zip(&call.which);
        let values: Vec<_> = values
            .map(|(parameter, at)| parameter.texts.get(*at).map_or("_", String::as_str))
            .collect();
        let written = self.written.and_then(|written| written.operations.get(call.operation));
        match written {
            Some((names, Some(does))) => {
                let lets = names
                    .iter()
                    .zip(&values)
                    .map(|(name, value)| format!("let {name} = {value}; "));
                let lets: String = lets.collect();
                format!("{{ {lets}raceproof::linearizable::apply(&*object, {does}) }}")
            }
            _ => format!("object.{}({})", called.name(), values.join(", ")),
        }
    }

    /// The answers as the test prints them.
    fn answers(&self, failing: &Failing, clocked: bool) -> String {
        let lanes: Vec<_> = failing.client.lanes().collect();
        let last = lanes.len() - 1;
        let mut all = Vec::new();
        for (lane, entries) in failing.record.history.0.iter().enumerate().skip(1) {
            let mut answers = Vec::new();
            for (call, entry) in lanes[lane].iter().zip(entries) {
                if clocked && lane != last {
                    let seen = entry.seen.iter().enumerate().filter(|(at, _)| at + 1 != lane);
                    answers.push(format!("{:?}", seen.map(|(_, seen)| seen).collect::<Vec<_>>()));
                }
                let answer = match entry.reply {
                    Some(Reply::Answer(_)) => {
                        entry.reply.and_then(|reply| self.program.answer(call, reply))
                    }
                    _ => None,
                };
                answers.push(answer.unwrap_or_else(|| "()".to_owned()));
            }
            if lane == last {
                all.extend(answers);
            } else {
                all.push(tuple(&answers));
            }
        }
        tuple(&all)
    }
}

/// As `Debug` prints a tuple.
fn tuple(parts: &[String]) -> String {
    match parts {
        [one] => format!("({one},)"),
        parts => format!("({})", parts.join(", ")),
    }
}
