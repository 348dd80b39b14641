//! The page of a failing test: what its stage is given is what the checker found.

use raceproof::sync::Arc;
use raceproof::sync::atomic::{AtomicU32, Ordering::SeqCst};
use raceproof::{Explorer, Failure, Memory, Outcome, thread};
use serde_json::Value;

/// Two threads that overwrite each other's counts.
fn racing(each: u32) -> impl Fn() {
    move || {
        let count = Arc::new(AtomicU32::named("count", 0));
        let theirs = Arc::clone(&count);
        let add = move |count: &AtomicU32| {
            for _ in 0..each {
                let seen = count.load(SeqCst);
                count.store(seen + 1, SeqCst);
            }
        };
        let other = thread::spawn(move || add(&theirs));
        add(&count);
        other.join().unwrap();
        assert_eq!(count.load(SeqCst), 2 * each, "a </script> is lost");
    }
}

fn failure(model: impl Fn()) -> Failure {
    match Explorer::new().minimise().check(model).outcome {
        Outcome::Failed(failure) => failure,
        other => panic!("it fails: {other:?}"),
    }
}

/// What the stage of a page is given.
fn data(page: &str) -> Value {
    let (_, data) = page.split_once("raceproof.inline = {\"counts\": ").expect("a graph");
    let (data, _) = data.split_once("};</script>").expect("its end");
    serde_json::from_str(data).expect("JSON")
}

/// The state that these steps lead to.
fn follow<'a>(data: &'a Value, path: &Value) -> &'a Value {
    let steps = path.as_array().expect("a path").iter();
    let last = steps.fold(0, |state, step| {
        let step = step.as_u64().expect("a number") as usize;
        data["states"][state][2][step][3].as_u64().expect("a state") as usize
    });
    &data["states"][last]
}

#[test]
fn a_small_model_is_there_with_all_of_its_states() {
    let failure = failure(racing(1));
    let page = Explorer::new().page("counts", &failure, "cargo test counts", racing(1));
    let data = data(&page);
    let graph = Explorer::new().memory(Memory::Sequential).states(2_000, racing(1)).unwrap();
    assert_eq!(data["states"].as_array().unwrap().len(), graph.states.len());
    assert_eq!(data["ends"], graph.ends().count());
    assert_eq!(data["failing"], graph.ends().filter(|end| end.fails()).count());
    assert_eq!(data["only"], Value::Null);
    let end = &follow(&data, &data["best"])[3];
    let end = &data["endTable"][end.as_u64().unwrap() as usize];
    assert_eq!(end["fails"], true);
    assert_eq!(end["message"], failure.message);
    assert_eq!(data["fewest"], failure.trace.preemptions());
    assert!(page.contains("let seen = count.load(SeqCst);"), "the code is there");
    assert_eq!(page.matches("</script>").count(), page.matches("<script>").count());
}

#[test]
fn a_large_model_is_there_with_the_execution_that_fails() {
    let failure = failure(racing(7));
    let page = Explorer::new().page("counts", &failure, "cargo test counts", racing(7));
    let data = data(&page);
    assert!(data["only"].as_str().is_some_and(|why| !why.is_empty()), "{}", data["only"]);
    let states = data["states"].as_array().unwrap();
    assert_eq!(states.len(), failure.trace.steps.len() + 1);
    assert_eq!(data["preempted"].as_array().unwrap().len(), failure.trace.preemptions());
    let told = |state: &Value| {
        let told = state[2][0][4][0].as_u64().unwrap() as usize;
        let text = data["tolds"][told][1].as_u64().unwrap() as usize;
        data["texts"][text].as_str().unwrap().to_owned()
    };
    let told: Vec<_> = states[..states.len() - 1].iter().map(told).collect();
    let steps = failure.trace.steps.iter();
    let steps: Vec<_> = steps.map(|step| step.action(&failure.trace.threads)).collect();
    assert_eq!(told, steps);
}
