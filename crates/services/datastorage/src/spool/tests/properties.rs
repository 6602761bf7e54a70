//! Properties of the spool under any sequence of steps.

use proptest::prelude::*;

use super::*;

/// A step, applied to a spool and to its model in memory.
#[derive(Clone, Debug)]
enum Step {
    /// Appends requests together, with these numbers of events.
    Append(Vec<usize>),
    Remove(u32),
    /// The process ends and another one opens the spool.
    Restart,
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(1..4_usize, 1..4).prop_map(Step::Append),
        3 => (1..4_u32).prop_map(Step::Remove),
        1 => Just(Step::Restart),
    ]
}

/// The spool behaves like a queue in memory, over restarts too.
async fn check(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let folder = tempfile::tempdir().expect("a folder");
    let mut spool = Spool::open(folder.path(), 20).await.expect("a spool");
    // What waits, with the time of acceptance.
    let mut waiting = Vec::<(OffsetDateTime, NewEvent)>::new();
    for step in steps {
        match step {
            Step::Append(sizes) => {
                let requests: Vec<_> = sizes.into_iter().map(events).collect();
                let accepted_at = now();
                let answers = spool.append(accepted_at, &requests).await.expect("written");
                prop_assert_eq!(answers.len(), requests.len());
                for (request, answer) in requests.into_iter().zip(answers) {
                    prop_assert_eq!(answer.is_ok(), waiting.len() + request.len() <= 20);
                    if answer.is_ok() {
                        waiting.extend(request.into_iter().map(|event| (accepted_at, event)));
                    }
                }
            }
            Step::Remove(count) if !waiting.is_empty() => {
                remove(&mut spool, count).await;
                waiting.drain(..waiting.len().min(count as usize));
            }
            Step::Remove(_) => {}
            Step::Restart => {
                drop(spool);
                spool = Spool::open(folder.path(), 20).await.expect("a spool");
            }
        }
        let found = spool.oldest(ALL, usize::MAX).await.expect("readable").into_iter();
        let found = found.map(|spooled| (spooled.accepted_at, spooled.event.expect("an event")));
        prop_assert!(found.eq(waiting.iter().cloned()));
        prop_assert_eq!(spool.depth(), waiting.len() as u64);
        prop_assert_eq!(
            spool.waiting_since(),
            waiting.first().map(|(accepted_at, _)| *accepted_at)
        );
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn a_spool_is_a_queue_that_survives(steps in prop::collection::vec(any_step(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(check(steps))?;
    }
}
