//! Tasks.

use shuttle::future::{JoinError, block_on, spawn, spawn_local, yield_now};
use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use super::fails;

#[test]
fn tasks_return_and_panic() {
    shuttle::check_dfs(
        || {
            let task = spawn(async {
                yield_now().await;
                5
            });
            assert_eq!(block_on(task).unwrap(), 5);
        },
        None,
    );
    let panics = || _ = block_on(spawn(async { panic!("in a task") }));
    assert!(fails(move || shuttle::check_dfs(panics, None)).contains("in a task"));
}

#[test]
fn a_task_is_aborted_or_over() {
    shuttle::check_dfs(
        || {
            let task = spawn(std::future::pending::<()>());
            task.abort();
            assert!(matches!(block_on(task), Err(JoinError::Cancelled)));
        },
        None,
    );
}

#[test]
fn a_local_task_need_not_be_sent() {
    let lost = || {
        let shared = std::rc::Rc::new(AtomicUsize::new(0));
        let theirs = shared.clone();
        let task = spawn_local(async move { theirs.store(theirs.load(SeqCst) + 1, SeqCst) });
        shared.store(shared.load(SeqCst) + 1, SeqCst);
        block_on(task).unwrap();
        assert_eq!(shared.load(SeqCst), 2, "lost update");
    };
    assert!(fails(move || shuttle::check_random(lost, 10)).contains("lost update"));
}

#[test]
fn a_detached_task_is_waited_for() {
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let theirs = Arc::clone(&count);
    shuttle::check_dfs(
        move || {
            let theirs = Arc::clone(&theirs);
            spawn(async move { theirs.fetch_add(1, SeqCst) }).detach();
        },
        None,
    );
    assert_eq!(count.load(SeqCst), 1);
    let never = || spawn(std::future::pending::<()>()).detach();
    assert!(fails(move || shuttle::check_dfs(never, None)).contains("deadlock"));
}
