use std::process::Stdio;

use super::*;

#[test]
fn a_process_has_a_start_time_while_it_lives() {
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let born = start_time(child.id());
    assert!(born.is_some());
    assert_eq!(born, start_time(child.id()));
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(start_time(child.id()), None);
}

#[test]
fn the_end_of_a_child_is_noticed_and_not_before() {
    let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
    let pid = child.id();
    let waiting = std::thread::spawn(move || wait_for_end(pid));
    // Each answer takes a process: long enough for a wait that is none to be over.
    for _ in 0..3 {
        assert!(!has_halted(pid).unwrap());
    }
    assert!(!waiting.is_finished());
    drop(child.stdin.take());
    waiting.join().unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_process_that_was_halted_is_seen() {
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    crate::system::signal_process(child.id(), signal_hook::consts::SIGSTOP).unwrap();
    let halted = crate::system::wait::until(
        "halting",
        Duration::from_secs(10),
        &crate::system::signals::Interrupt::default(),
        || {
            Ok(match has_halted(child.id())? {
                true => crate::system::wait::Poll::Ready(()),
                false => crate::system::wait::Poll::Pending("it moves".to_owned()),
            })
        },
    );
    child.kill().unwrap();
    child.wait().unwrap();
    halted.unwrap();
}

#[test]
fn a_boot_has_a_name() {
    assert!(!boot_id().unwrap().is_empty());
}

#[test]
fn ignored_signals_are_known() {
    use signal_hook::consts::{SIGHUP, SIGPIPE};
    // Rust's runtime ignores this one.
    assert!(is_ignored(SIGPIPE) && crate::system::is_ignored(SIGPIPE));
    assert_eq!(is_ignored(SIGHUP), crate::system::is_ignored(SIGHUP));
}

#[test]
fn the_parent_the_session_and_the_name_of_a_process_are_known() {
    let mut child = Command::new("sleep").arg("60").spawn().unwrap();
    let own = Some(std::process::id());
    let parents = (parent(child.id()), crate::system::parent(child.id()));
    let sessions = (session(child.id()), crate::system::session(child.id()));
    let names = [name(child.id()), crate::system::name(child.id())];
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(parents, (own, own));
    assert_eq!(sessions, (session(std::process::id()), session(std::process::id())));
    assert!(sessions.0.is_some());
    assert!(names.iter().all(|name| name.as_ref().unwrap().contains("sleep")), "{names:?}");
    assert_eq!((parent(child.id()), crate::system::parent(child.id())), (None, None));
}
