//! Properties of the spool under any sequence of steps.

use proptest::prelude::*;

use super::*;

/// A step, applied to a spool and to its model in memory.
#[derive(Clone, Debug)]
enum Step {
    /// Appends entries together, with these numbers of events.
    Append(Vec<usize>),
    Remove(usize),
    /// The process ends and another one opens the spool.
    Restart,
    /// As `Restart`, with this many bytes of an unfinished append left in the
    /// file.
    Crash(usize),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => prop::collection::vec(1..4_usize, 1..4).prop_map(Step::Append),
        3 => (0..4_usize).prop_map(Step::Remove),
        1 => Just(Step::Restart),
        1 => (0..200_usize).prop_map(Step::Crash),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The queue behaves like one in memory, except that after a restart
    /// removed entries of the oldest segment may reappear.
    #[test]
    fn a_spool_is_a_queue_that_survives(
        steps in prop::collection::vec(any_step(), 1..30),
        segment_bytes in 1..3000_u64,
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let limits = Limits { events: 20, segment_bytes };
        let mut spool = Spool::open(folder.path(), limits).expect("a spool");
        // All accepted entries, and how many of them were removed.
        let (mut taken, mut removed) = (Vec::<Entry>::new(), 0);
        for step in steps {
            match step {
                Step::Append(sizes) => {
                    let entries: Vec<_> = sizes.into_iter().map(entry).collect();
                    let answers = spool.append(&entries).expect("written");
                    for (entry, answer) in entries.into_iter().zip(answers) {
                        let depth: usize = taken[removed..].iter().map(|entry| entry.events.len()).sum();
                        prop_assert_eq!(answer.is_ok(), depth + entry.events.len() <= 20);
                        if answer.is_ok() {
                            taken.push(entry);
                        }
                    }
                }
                Step::Remove(count) => {
                    spool.remove(count);
                    removed = (removed + count).min(taken.len());
                }
                Step::Restart | Step::Crash(_) => {
                    drop(spool);
                    if let (Step::Crash(left), Some(last)) = (&step, segments(folder.path()).last()) {
                        let line = entry(1).line().expect("a line");
                        let left = &line[..(*left).min(line.len() - 1)];
                        let mut bytes = std::fs::read(last).expect("readable");
                        bytes.extend_from_slice(left);
                        std::fs::write(last, bytes).expect("written");
                    }
                    spool = Spool::open(folder.path(), limits).expect("a spool");
                    let found = contents(&spool);
                    let again = found.len().checked_sub(taken.len() - removed);
                    prop_assert!(again.is_some_and(|count| count <= removed), "{} lost", taken.len());
                    removed -= again.unwrap_or_default();
                }
            }
            prop_assert_eq!(contents(&spool), whole(&taken[removed..]));
            let depth: usize = taken[removed..].iter().map(|entry| entry.events.len()).sum();
            prop_assert_eq!(spool.depth(), depth as u64);
            prop_assert_eq!(spool.waiting_since(), taken[removed..].first().map(|entry| entry.taken_at));
        }
    }

    /// A changed byte damages only its own line, or two lines if it was the
    /// line end between them.
    #[test]
    fn a_changed_byte_damages_only_its_own_lines(
        position in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let entries: Vec<_> = (0..5).map(|_| entry(1)).collect();
        fill(&mut open(folder.path()), &entries);
        let file = &segments(folder.path())[0];
        let mut bytes = std::fs::read(file).expect("readable");
        let position = position.index(bytes.len());
        let (before, changed) = (bytes[position], bytes[position] != byte);
        bytes[position] = byte;
        std::fs::write(file, bytes).expect("written");

        let found = contents(&open(folder.path()));
        let good = found.iter().filter(|record| matches!(record, SpoolRecord::Whole(_))).cloned();
        let good: Vec<_> = good.collect();
        let cost = match (changed, before) {
            (false, _) => 0,
            (true, b'\n') => 2,
            (true, _) => 1,
        };
        prop_assert!(good.len() + cost >= entries.len(), "{} left", good.len());
        let expected = whole(&entries);
        prop_assert!(good.iter().all(|record| expected.contains(record)));
        prop_assert!(!changed || good.len() < entries.len());
    }

    #[test]
    fn no_line_makes_it_panic(line in prop::collection::vec(any::<u8>(), 0..100)) {
        let _ = (crate::spool::entry::header(&line), crate::spool::entry::read(&line));
    }
}
