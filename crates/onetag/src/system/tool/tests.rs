use std::process::Command;
use std::thread;
use std::time::Duration;

use signal_hook::consts::SIGTERM;

use super::*;
use crate::system::signals::Interrupt;
use crate::system::wait::{Poll, until};

fn sh(script: &str, deadline: Duration) -> Tool<'static> {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    Tool::new(command, deadline).output(Output::Capture, Output::Capture)
}

const LONG: Duration = Duration::from_secs(60);

#[test]
fn what_it_says_is_captured_and_its_code_is_kept() {
    let finished =
        sh("echo out; echo err >&2; exit 3", LONG).finish(&Interrupt::default()).unwrap();
    assert_eq!(finished.stdout, b"out\n");
    assert_eq!(finished.status.code(), Some(3));
    assert_eq!(
        finished.success().unwrap_err().to_string(),
        "`sh -c 'echo out; echo err >&2; exit 3'` ended with code 3: err"
    );
}

#[test]
fn much_output_does_not_block() {
    let finished = sh("head -c 1000000 /dev/zero", LONG).finish(&Interrupt::default()).unwrap();
    assert_eq!((finished.stdout.len(), finished.stderr.len()), (1_000_000, 0));
}

#[test]
fn a_deadline_ends_the_whole_group() {
    let error = sh("sleep 600 & echo $!; wait", Duration::from_millis(50))
        .finish(&Interrupt::default())
        .unwrap_err();
    assert!(format!("{error:#}").contains("took longer than 50ms"), "{error:#}");
}

#[test]
fn a_signal_is_passed_on_and_waited_for() {
    let interrupt = Interrupt::default();
    let raiser = interrupt.clone();
    let temp = tempfile::tempdir().unwrap();
    let ready = temp.path().join("ready");
    let script = format!(
        "trap 'echo asked > {0}.asked; exit 0' TERM; touch {0}; while :; do sleep 0.01; done",
        ready.display()
    );
    let watcher = thread::spawn(move || {
        while !ready.exists() {
            thread::yield_now();
        }
        raiser.raise(SIGTERM);
        ready
    });
    let error = sh(&script, LONG).finish(&interrupt).unwrap_err();
    assert_eq!(crate::error::Kind::of(&error).exit(), crate::exit::Exit::Signal(SIGTERM));
    let ready = watcher.join().unwrap();
    assert!(ready.with_extension("asked").exists());
}

#[test]
fn a_missing_program_is_named() {
    let error = Tool::new(Command::new("no-such-program-here"), LONG)
        .finish(&Interrupt::default())
        .unwrap_err();
    assert_eq!(error.to_string(), "cannot run `no-such-program-here`");
}

#[test]
fn what_a_command_starts_goes_on_where_that_is_wanted() {
    for leaves in [false, true] {
        let mut command = Command::new("sh");
        command.args(["-c", "sleep 600 >/dev/null 2>&1 & echo $!"]);
        let tool = Tool::new(command, Duration::from_secs(20));
        let tool = tool.output(Output::Capture, Output::Capture);
        let tool = if leaves { tool.leaving_others() } else { tool };
        let finished = tool.finish(&Interrupt::default()).unwrap();
        let pid = String::from_utf8(finished.stdout).unwrap().trim().parse().unwrap();
        let lives = || crate::system::start_time(pid).is_some();
        if leaves {
            assert!(lives());
            crate::system::signal_process(pid, signal_hook::consts::SIGKILL).unwrap();
        }
        let ends =
            || Ok(if lives() { Poll::Pending("it runs".to_owned()) } else { Poll::Ready(()) });
        until("its end", Duration::from_secs(20), &Interrupt::default(), ends).unwrap();
    }
}

#[test]
fn what_it_reads_is_written_even_if_it_is_much() {
    let input = vec![b'a'; 1_000_000];
    let finished = sh("cat", LONG).input(input.clone()).finish(&Interrupt::default()).unwrap();
    assert_eq!(finished.stdout, input);
}

#[test]
fn one_that_does_not_read_what_is_written_tells_how_it_ended() {
    let finished = sh("exit 3", LONG).input(vec![b'a'; 1_000_000]);
    assert_eq!(finished.finish(&Interrupt::default()).unwrap().status.code(), Some(3));
}
