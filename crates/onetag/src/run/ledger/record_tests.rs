use super::*;

fn lease(port: u16) -> Resource {
    Resource::Backend(BackendResource::new("port", "alpha", port.into()))
}

fn lines(entries: &[Entry]) -> Vec<u8> {
    entries
        .iter()
        .flat_map(|entry| (serde_json::to_string(entry).unwrap() + "\n").into_bytes())
        .collect()
}

#[test]
fn what_is_made_last_is_removed_first() {
    let record = Record::parse(&lines(&[
        Entry::Owned { resource: lease(1) },
        Entry::Owned { resource: lease(2) },
        Entry::Owned { resource: lease(3) },
        Entry::Gone { resource: lease(2) },
        Entry::Borrowed { resource: lease(4), by: ProcessId::of(std::process::id()).unwrap() },
    ]));
    assert_eq!(record.outstanding(), [&lease(3), &lease(1)]);
}

#[test]
fn a_line_that_was_cut_off_is_passed_over() {
    let mut bytes = lines(&[Entry::Owned { resource: lease(1) }, Entry::Kept]);
    bytes.truncate(bytes.len() - 4);
    let record = Record::parse(&bytes);
    assert_eq!(record.entries.len(), 1);
    assert!(record.damaged.is_empty());
}

#[test]
fn a_line_that_was_cut_off_takes_no_other_with_it() {
    let first = lines(&[Entry::Owned { resource: lease(1) }]);
    let whole = lines(&[Entry::Owned { resource: lease(2) }]);
    let end = lines(&[Entry::Kept]);
    for cut in 1..whole.len() {
        let record = Record::parse(&[&first, &whole[..cut], &end].concat());
        assert!(record.is_kept(), "{cut}");
        assert_eq!(record.damaged, [], "{cut}");
        let outstanding = if cut == whole.len() - 1 { 2 } else { 1 };
        assert_eq!(record.outstanding().len(), outstanding, "{cut}");
    }
}

#[test]
fn a_damaged_line_is_named_and_the_others_are_read() {
    let mut bytes = lines(&[Entry::Owned { resource: lease(1) }]);
    bytes.extend(b"{\"entry\":\"ow\n");
    bytes.extend(lines(&[Entry::Owned { resource: lease(2) }]));
    let record = Record::parse(&bytes);
    assert_eq!(record.outstanding(), [&lease(2), &lease(1)]);
    assert_eq!(record.damaged.len(), 1);
    assert_eq!(record.damaged[0].0, 2);
}

#[test]
fn a_run_is_kept_until_its_teardown_begins() {
    let kept = Record::parse(&lines(&[Entry::Kept]));
    assert!(kept.is_kept());
    let torn_down = Record::parse(&lines(&[Entry::Kept, Entry::TearingDown]));
    assert!(!torn_down.is_kept());
}

#[test]
fn what_is_written_is_read_back() {
    let temp = tempfile::tempdir().unwrap();
    let folder = Utf8Path::from_path(temp.path()).unwrap();
    let me = ProcessId::of(std::process::id()).unwrap();
    let ledger = Ledger::open(folder).unwrap();
    ledger
        .own(Resource::Process { role: Role::Keeper, name: "keeper".to_owned(), id: me.clone() })
        .unwrap();
    ledger.write(&Entry::Kept).unwrap();
    let record = Record::read(folder).unwrap();
    assert_eq!(record.living(), [(Role::Keeper, "keeper", &me)]);
    assert!(record.is_kept());
}

#[test]
fn what_one_command_returns_another_may_still_use() {
    let one = ProcessId::of(std::process::id()).unwrap();
    let other = ProcessId { start_time: "another".to_owned(), ..one.clone() };
    let borrowed = |by: &ProcessId| Entry::Borrowed { resource: lease(1), by: by.clone() };
    let returned = |by: &ProcessId| Entry::Returned { resource: lease(1), by: by.clone() };
    let record =
        Record::parse(&lines(&[borrowed(&one), borrowed(&other), borrowed(&one), returned(&one)]));
    assert_eq!(record.borrowed(), [(&lease(1), &other)]);
}
