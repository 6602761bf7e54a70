use super::*;

#[test]
fn another_process_under_the_same_number_is_not_this_one() {
    let me = ProcessId::of(std::process::id()).unwrap();
    assert!(me.is_alive());
    assert!(!ProcessId { start_time: "1".to_owned(), ..me.clone() }.is_alive());
    assert!(!ProcessId { boot_id: "other".to_owned(), ..me }.is_alive());
}

#[test]
fn a_signal_to_a_process_that_is_gone_is_no_error() {
    let mut child = std::process::Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    assert!(!signal_process(child.id(), signal_hook::consts::SIGTERM).unwrap());
    assert!(!signal_group(child.id(), signal_hook::consts::SIGTERM).unwrap());
}

#[test]
fn a_signal_to_process_zero_does_not_reach_the_own_group() {
    // A signal that this process would live through, were it sent.
    signal_process(0, signal_hook::consts::SIGCONT).unwrap_err();
    signal_group(0, signal_hook::consts::SIGCONT).unwrap_err();
    signal_process(u32::MAX, signal_hook::consts::SIGCONT).unwrap_err();
}
