//! A graph of states to which executions are added.

use std::collections::HashMap;

use super::{Stop, refused};
use crate::execution::Ended;
use crate::kernel::rwlock::BEHIND;
use crate::kernel::{FailureKind, Fault, Kernel, Memory, Op};
use crate::telling::moment::Moment;
use crate::telling::names::with_names;
use crate::telling::states::{Edge, End, Shown, Standing, State, StateGraph, Told};
use crate::telling::trace::{Operation, Step, Trace, Value};

/// What has been found so far. Names are numbers still.
#[derive(Default)]
pub(super) struct Growing {
    states: HashMap<usize, Found>,
    start: Vec<Told>,
    started: Vec<usize>,
    /// The name of each object and thread.
    objects: HashMap<u32, String>,
    threads: HashMap<u16, String>,
    /// What each object's value was before its first change.
    initial: HashMap<u32, String>,
}

#[derive(Default)]
struct Found {
    steps: Vec<Edge>,
    end: Option<End>,
    /// The values that have been told of objects by then.
    values: Vec<(u32, String)>,
}

/// The number that stands in the place of a name, behind this sign.
fn number(name: &str, sign: char) -> Option<u32> {
    name.strip_prefix(sign)?.strip_suffix('\u{3}')?.parse().ok()
}

fn object_of(name: Option<&String>) -> Option<u32> {
    number(name?, '\u{1}')
}

fn thread_of(name: &str) -> Option<usize> {
    Some(number(name, '\u{2}')? as usize)
}

/// The object of which a step tells the value, with the value before, if that is told, and after.
fn told_value(step: &Step) -> Option<(u32, Option<&String>, &String)> {
    let object = match step.operation {
        Operation::Wait | Operation::Wake | Operation::TimeOut | Operation::SpuriousWake => {
            object_of(step.with.as_ref())
        }
        Operation::Lock
        | Operation::TryLock
        | Operation::Relock
        | Operation::Unlock
        | Operation::ReadLock
        | Operation::WriteLock
        | Operation::WriteUnlock
        | Operation::Downgrade
        | Operation::Load
        | Operation::Store
        | Operation::Rmw
        | Operation::CompareExchange
        | Operation::PlainRead
        | Operation::PlainWrite => object_of(step.object.as_ref()),
        _ => None,
    }?;
    match step.value.as_ref()? {
        Value::Change { old, new } => Some((object, Some(old), new)),
        Value::Text(value) if step.operation == Operation::Store => Some((object, None, value)),
        Value::Text(value) => Some((object, Some(value), value)),
        _ => None,
    }
}

/// The step without the number of another, which is not the same on every path.
fn unnumbered(mut step: Step) -> Step {
    if let Some(Value::Stale { value, newer, .. }) = &step.value {
        let text = match &**value {
            Value::Change { .. } => format!("{value}, behind the newer {newer}"),
            value => format!("{value}, though {newer} is newer"),
        };
        step.value = Some(Value::Text(text));
    }
    step
}

/// Steps in words; `by_order` has the threads in the order in which they were started.
fn told(steps: &[Step], trace: &Trace, by_order: &[u16]) -> Vec<Told> {
    let told = steps.iter().map(|step| Told {
        thread: by_order.get(step.thread).map_or(0, |id| usize::from(*id)),
        text: unnumbered(step.clone()).action(&trace.threads),
        place: step.place.clone(),
    });
    told.collect()
}

/// The threads that are started in these steps.
fn started(steps: &[Step]) -> Vec<usize> {
    let starts = steps.iter().filter(|step| step.operation == Operation::Spawn);
    starts.filter_map(|step| thread_of(step.object.as_deref()?)).collect()
}

/// The steps of a trace that were written down after so many of the kernel's.
fn at(trace: &Trace, counts: &[usize], count: usize) -> Vec<Step> {
    let steps = trace.steps.iter().zip(counts).filter(|(_, at)| **at == count);
    steps.map(|(step, _)| step.clone()).collect()
}

impl Growing {
    /// Adds an execution: the states on its way with the step after each, and the one that it came to.
    pub(super) fn add(
        &mut self,
        kernel: &Kernel,
        path: &[(usize, (u16, u16))],
        reached: usize,
        ended: Ended,
    ) -> Result<(), Stop> {
        let trace = ended.trace.unwrap_or_default();
        let counts = ended.counts;
        self.note_names(kernel);
        let by_order = kernel.in_order();
        let tell = |steps: &[Step]| told(steps, &trace, &by_order);
        let mut values: Vec<(u32, String)> = Vec::new();
        let first = at(&trace, &counts, 0);
        if self.states.is_empty() {
            (self.start, self.started) = (tell(&first), started(&first));
        }
        self.note_values(&first, &mut values);
        let events = kernel.events.all();
        for (index, (state, (taker, alternative))) in path.iter().enumerate() {
            let to = path.get(index + 1).map_or(reached, |(state, _)| *state);
            let steps = at(&trace, &counts, index + 1);
            let found = self
                .states
                .entry(*state)
                .or_insert_with(|| Found { values: values.clone(), ..Found::default() });
            let same = |edge: &&Edge| {
                edge.thread == usize::from(*taker) && edge.alternative == *alternative
            };
            let op = events.get(index).map(|event| event.op);
            match found.steps.iter().find(same) {
                Some(edge) if edge.to != to => {
                    return Err(refused("the program does not do the same when it is run again"));
                }
                Some(_) => {}
                None => {
                    let (told, started) = (tell(&steps), started(&steps));
                    let step = (*taker, *alternative);
                    found.steps.push(Edge { told, started, ..edge(op, step, to) });
                }
            }
            self.note_values(&steps, &mut values);
        }
        let last =
            self.states.entry(reached).or_insert_with(|| Found { values, ..Found::default() });
        if !ended.cut {
            last.end.get_or_insert(end_of(ended.fault, ended.outcome)?);
        }
        Ok(())
    }

    /// Notes the names of the execution that has just ended.
    fn note_names(&mut self, kernel: &Kernel) {
        let names = kernel.own_object_names();
        if names.len() > self.objects.len() {
            self.objects.extend(names);
        }
        let threads = kernel.in_order();
        if threads.len() > self.threads.len() {
            self.threads.extend(threads.into_iter().zip(kernel.own_thread_names()));
        }
    }

    fn note_values(&mut self, steps: &[Step], values: &mut Vec<(u32, String)>) {
        for (object, before, after) in steps.iter().filter_map(told_value) {
            if let Some(known) = values.iter_mut().find(|(other, _)| *other == object) {
                known.1.clone_from(after);
                continue;
            }
            if let Some(before) = before {
                self.initial.entry(object).or_insert_with(|| before.clone());
            }
            values.push((object, after.clone()));
        }
    }

    /// The graph of all that was added; `moments` says how everything stands in each state.
    pub(super) fn finish(mut self, memory: Memory, moments: Vec<Moment>) -> StateGraph {
        let objects = std::mem::take(&mut self.objects);
        let threads = std::mem::take(&mut self.threads);
        let name = |text: &str| {
            with_names(
                text,
                |object| objects.get(&object).cloned().unwrap_or_else(|| "an object".to_owned()),
                |thread| {
                    threads.get(&thread).cloned().unwrap_or_else(|| format!("thread {thread}"))
                },
            )
        };
        let shown = self.shown(&moments);
        let count = threads.keys().max().map_or(1, |last| usize::from(*last) + 1);
        let named = |told: Vec<Told>| told.into_iter().map(|told| told.named(&name)).collect();
        let states = moments.into_iter().enumerate().map(|(number, moment)| {
            let Found { mut steps, end, values } = self.states.remove(&number).unwrap_or_default();
            for edge in &mut steps {
                edge.told = named(std::mem::take(&mut edge.told));
            }
            State {
                threads: standing(&moment, &name),
                objects: self.objects_of(&moment, &values, &shown, &name),
                steps,
                end: end.map(|end| named_end(end, &name)),
            }
        });
        let states = states.collect();
        StateGraph {
            memory,
            threads: (0..count).map(|id| name(&format!("\u{2}{id}\u{3}"))).collect(),
            objects: shown.iter().map(|id| name(&format!("\u{1}{id}\u{3}"))).collect(),
            start: named(std::mem::take(&mut self.start)),
            started: std::mem::take(&mut self.started),
            states,
        }
    }

    /// The objects that any step is about, of those that are shown at all.
    fn shown(&self, moments: &[Moment]) -> Vec<u32> {
        let mut made: Vec<u32> =
            moments.iter().flat_map(|moment| &moment.objects).map(|(id, _)| *id).collect();
        made.sort_unstable();
        made.dedup();
        let edges = self.states.values().flat_map(|found| &found.steps);
        let texts: Vec<&str> =
            edges.flat_map(|edge| &edge.told).map(|told| told.text.as_str()).collect();
        made.retain(|id| {
            let sign = format!("\u{1}{id}\u{3}");
            texts.iter().any(|text| text.contains(&sign))
        });
        made
    }

    fn objects_of(
        &self,
        moment: &Moment,
        values: &[(u32, String)],
        shown: &[u32],
        name: &dyn Fn(&str) -> String,
    ) -> Vec<Shown> {
        let of = |(id, note): &(u32, Option<String>)| {
            let told = values.iter().find(|(object, _)| object == id).map(|(_, value)| value);
            Some(Shown {
                object: shown.iter().position(|other| other == id)?,
                value: told.or_else(|| self.initial.get(id)).cloned(),
                note: note.as_deref().map(name),
            })
        };
        moment.objects.iter().filter_map(of).collect()
    }
}

/// A step by which nothing is done yet.
fn edge(op: Option<Op>, (thread, alternative): (u16, u16), to: usize) -> Edge {
    Edge {
        thread: usize::from(thread),
        alternative,
        wakes: matches!(op, Some(Op::NotifyOne(_))),
        told: Vec::new(),
        started: Vec::new(),
        gives_way: alternative == BEHIND && matches!(op, Some(Op::GiveWay(_))),
        to,
    }
}

/// How an execution ended.
fn end_of(fault: Option<Fault>, outcome: Option<String>) -> Result<End, Stop> {
    match fault {
        Some(fault) if fault.kind == FailureKind::Nondeterminism => Err(refused(fault.message)),
        Some(Fault { kind, message, location: place, .. }) => {
            Ok(End::Fails { kind, message, place })
        }
        None => Ok(End::Well(outcome)),
    }
}

fn standing(moment: &Moment, name: &dyn Fn(&str) -> String) -> Vec<Standing> {
    let of = |thread: &crate::telling::moment::Standing| Standing {
        thread: usize::from(thread.thread),
        does: name(&thread.does),
        waits: thread.waits.as_deref().map(name),
        place: thread.place.clone(),
    };
    moment.threads.iter().map(of).collect()
}

fn named_end(end: End, name: &dyn Fn(&str) -> String) -> End {
    match end {
        End::Fails { kind, message, place } => End::Fails { kind, message: name(&message), place },
        End::Well(outcome) => End::Well(outcome),
    }
}
