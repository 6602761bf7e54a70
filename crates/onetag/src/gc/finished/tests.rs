use std::sync::Barrier;

use camino::Utf8PathBuf;

use super::*;

const MIB: u64 = 1 << 20;

fn layout() -> (tempfile::TempDir, Layout) {
    let temp = tempfile::tempdir().unwrap();
    let target = Utf8PathBuf::from_path_buf(temp.path().to_owned()).unwrap();
    (temp, Layout::below(&target))
}

/// The id of the run that began as the `n`th.
fn id(n: usize) -> RunId {
    RunId::parse(&format!("{n:012x}7000800000000000000{n:05x}")[..32]).unwrap()
}

/// A run that has ended and is where runs live, with a report and a log.
fn ended(layout: &Layout, n: usize, log: u64) -> RunFolder {
    let folder = layout.run(id(n));
    fill(&folder, log);
    folder
}

/// A finished run as the harness left it before there was an index.
fn unknown(layout: &Layout, n: usize, log: u64) {
    fill(&layout.finished_run(id(n)), log);
}

fn fill(folder: &RunFolder, log: u64) {
    make_folder(&folder.path().join("logs")).unwrap();
    fs::write(folder.report(), "").unwrap();
    // Without contents on the disk.
    fs::File::create(folder.log("alpha")).unwrap().set_len(log).unwrap();
}

fn end_runs(layout: &Layout, runs: impl IntoIterator<Item = usize>) {
    for n in runs {
        archive(&ended(layout, n, 1)).unwrap();
        trim(layout).unwrap();
    }
}

/// Which runs are there, by when they began.
fn there(layout: &Layout) -> Vec<usize> {
    let number = |run: RunId| usize::from_str_radix(&run.to_string()[..12], 16).unwrap();
    let mut there: Vec<_> =
        list(&layout.finished(), NAMES).unwrap().into_iter().map(number).collect();
    there.sort();
    there
}

#[test]
fn a_run_moves_with_what_it_left_and_without_its_lock() {
    let (_temp, layout) = layout();
    let folder = ended(&layout, 1, 1);
    let _lock = FileLock::try_take(&folder.lock()).unwrap().unwrap();
    archive(&folder).unwrap();
    assert!(!folder.path().exists());
    let finished = layout.finished_run(id(1));
    assert!(finished.report().exists() && !finished.lock().exists());
    // Somebody else who was about to do the same.
    archive(&folder).unwrap();
}

#[test]
fn a_run_that_cannot_be_moved_keeps_its_lock() {
    let (_temp, layout) = layout();
    let folder = ended(&layout, 1, 1);
    let _lock = FileLock::try_take(&folder.lock()).unwrap().unwrap();
    unknown(&layout, 1, 1);
    let error = archive(&folder).unwrap_err().to_string();
    assert!(error.starts_with(&format!("cannot move {} to ", folder.path())), "{error}");
    assert!(FileLock::try_take(&folder.lock()).unwrap().is_none());
}

#[test]
fn the_runs_that_ended_last_stay() {
    let (_temp, layout) = layout();
    end_runs(&layout, 0..RUNS + 5);
    assert_eq!(there(&layout), Vec::from_iter(5..RUNS + 5));
    assert_eq!(list(&layout.trash(), NAMES).unwrap(), []);
}

#[test]
fn a_run_that_began_long_ago_stays_if_it_ended_just_now() {
    let (_temp, layout) = layout();
    end_runs(&layout, (1..=RUNS).chain([0]));
    assert_eq!(there(&layout), Vec::from_iter([0].into_iter().chain(2..=RUNS)));
    // And it has its place in the order of ends from then on.
    end_runs(&layout, RUNS + 1..2 * RUNS);
    assert!(there(&layout).contains(&0));
    end_runs(&layout, [2 * RUNS]);
    assert!(!there(&layout).contains(&0));
}

#[test]
fn runs_that_are_large_together_make_room() {
    let (_temp, layout) = layout();
    for n in 0..4 {
        archive(&ended(&layout, n, BYTES / 2 - MIB)).unwrap();
        trim(&layout).unwrap();
    }
    assert_eq!(there(&layout), [2, 3]);
    // The last one stays, however large it is, and whatever it displaces.
    archive(&ended(&layout, 4, 20 * BYTES)).unwrap();
    trim(&layout).unwrap();
    assert_eq!(there(&layout), [4]);
    end_runs(&layout, [5]);
    assert_eq!(there(&layout), [5]);
}

#[test]
fn sizes_are_known_without_looking_into_folders() {
    let (_temp, layout) = layout();
    end_runs(&layout, 0..3);
    fs::remove_dir_all(layout.finished_run(id(0)).path()).unwrap();
    fill(&layout.finished_run(id(0)), 2 * BYTES);
    end_runs(&layout, [3]);
    assert_eq!(there(&layout), [0, 1, 2, 3]);
}

#[test]
fn without_the_index_runs_stay_by_when_they_began() {
    let (_temp, layout) = layout();
    unknown(&layout, 1, 1);
    unknown(&layout, 2, BYTES);
    unknown(&layout, 3, 1);
    end_runs(&layout, [0]);
    assert_eq!(there(&layout), [0, 3]);
    fs::write(layout.finished_index(), "not an index\n").unwrap();
    end_runs(&layout, [4]);
    assert_eq!(there(&layout), [0, 3, 4]);
}

#[test]
fn one_command_does_not_pay_for_all_that_was_left() {
    let (_temp, layout) = layout();
    for n in 0..RUNS + 2 * AT_ONCE {
        unknown(&layout, n, 1);
    }
    trim(&layout).unwrap();
    assert_eq!(there(&layout).len(), RUNS + AT_ONCE);
    trim(&layout).unwrap();
    assert_eq!(there(&layout), Vec::from_iter(2 * AT_ONCE..RUNS + 2 * AT_ONCE));
}

#[test]
fn what_a_killed_command_began_to_remove_is_removed_by_the_next() {
    let (_temp, layout) = layout();
    end_runs(&layout, [1]);
    fill(&RunFolder::at(&layout.trash().join(id(0).to_string())).unwrap(), 1);
    // Entered, and killed before it was moved; then cleared up by another.
    let folder = ended(&layout, 2, 1);
    Index::append(&layout.finished_index(), id(2), 1).unwrap();
    end_runs(&layout, [3]);
    archive(&folder).unwrap();
    trim(&layout).unwrap();
    assert_eq!(list(&layout.trash(), NAMES).unwrap(), []);
    assert_eq!(there(&layout), [1, 2, 3]);
}

#[test]
fn eight_harnesses_may_end_runs_at_the_same_time() {
    let (_temp, layout) = layout();
    for n in 0..2 * RUNS {
        unknown(&layout, n, 1);
    }
    let begin = Barrier::new(8);
    std::thread::scope(|scope| {
        for harness in 1..=8 {
            let (layout, begin) = (&layout, &begin);
            scope.spawn(move || {
                begin.wait();
                end_runs(layout, 100 * harness..100 * harness + 5);
            });
        }
    });
    let there = there(&layout);
    assert_eq!(there.len(), RUNS);
    // Each harness ended its runs in order, so what stays of one are its last.
    for harness in 1..=8 {
        let of = |n: &&usize| **n / 100 == harness;
        let stayed: Vec<_> = there.iter().filter(of).copied().collect();
        let last = 100 * harness + 5;
        assert_eq!(stayed, Vec::from_iter(last - stayed.len()..last));
    }
    assert_eq!(list(&layout.trash(), NAMES).unwrap(), []);
}

#[test]
fn thousands_of_folders_are_not_all_read() {
    let (_temp, layout) = layout();
    end_runs(&layout, 5000..5000 + RUNS);
    for n in 0..NAMES + 100 {
        make_folder(layout.finished_run(id(n)).path()).unwrap();
    }
    assert_eq!(list(&layout.finished(), NAMES).unwrap().len(), NAMES);
    // Those of the index need no listing.
    end_runs(&layout, [6000]);
    let stays = Vec::from_iter((5001..5000 + RUNS).chain([6000]));
    let indexed = Index::read(&layout.finished_index()).0.into_iter();
    assert_eq!(
        Vec::from_iter(indexed.map(|(run, _)| run)),
        Vec::from_iter(stays.iter().map(|n| id(*n)))
    );
    assert!(stays.iter().all(|n| layout.finished_run(id(*n)).path().exists()));
}

#[test]
fn an_index_that_nobody_will_finish_goes() {
    let (_temp, layout) = layout();
    let mut gone = std::process::Command::new("true").spawn().unwrap();
    gone.wait().unwrap();
    end_runs(&layout, [1]);
    let abandoned = Utf8PathBuf::from(format!("{}.{}.partial", layout.finished_index(), gone.id()));
    fs::write(&abandoned, "").unwrap();
    end_runs(&layout, [2]);
    assert!(!abandoned.exists());
    assert!(layout.finished_index().exists());
}
