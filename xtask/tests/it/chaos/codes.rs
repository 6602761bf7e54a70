//! Which exit codes are right for a command of which something was killed.

use rustix::process::Signal;

use super::round::{Plan, Verb};
use super::strike::{Strike, Victim};
use crate::exit;
use crate::project::Output;

/// Why the exit of the command is wrong; none if it is right.
pub(super) fn wrong(plan: &Plan, struck: bool, output: &Output) -> Option<String> {
    let strikes = [Some(&plan.first).filter(|_| struck), plan.second.as_ref()];
    let strikes: Vec<&Strike> = strikes.into_iter().flatten().collect();
    let mut right: Vec<i32> = vec![];
    for strike in &strikes {
        right.extend(codes(plan, strike));
    }
    // What was signalled too late, or was nobody's any more, changes nothing.
    let to_harness = strikes.iter().any(|it| it.victim == Victim::Harness);
    if !to_harness || is_over(output) {
        right.push(exit::SUCCESS);
    }
    let of_command = |it: &&&Strike| match plan.verb {
        // Nextest is the command, and none of ours.
        Verb::Hook => it.victim == Victim::Nextest,
        _ => it.victim == Victim::Harness,
    };
    let killed = strikes.iter().filter(of_command).any(|strike| {
        // Before it listens, a signal ends it, as any other program.
        output.signal() == Some(strike.signal.as_raw())
            && (strike.signal == Signal::KILL || !output.stderr.contains("alpha-"))
    });
    if killed || output.code().is_some_and(|code| right.contains(&code)) {
        return None;
    }
    Some(format!("its exit is wrong; right are {right:?}"))
}

/// The codes for one signal.
fn codes(plan: &Plan, strike: &Strike) -> Vec<i32> {
    match strike.victim {
        Victim::Harness if strike.signal == Signal::KILL => vec![],
        Victim::Harness => vec![128 + strike.signal.as_raw()],
        Victim::Cargo => vec![exit::BUILD_FAILED],
        // Nextest ends by itself when asked, with red tests; a hook that it ends
        // has failed.
        Victim::Nextest if plan.verb != Verb::Hook => {
            vec![exit::FAILURE, exit::TESTS_FAILED, exit::HOOK_FAILED]
        }
        Victim::Nextest => vec![exit::TESTS_FAILED, exit::HOOK_FAILED],
        Victim::Hook => vec![exit::HOOK_FAILED],
        // It ends its run, the services and the tools, wherever the run is.
        Victim::Keeper => {
            vec![exit::FAILURE, exit::TESTS_FAILED, exit::HOOK_FAILED, exit::BUILD_FAILED]
        }
    }
}

/// Whether the command had said its last words.
fn is_over(output: &Output) -> bool {
    let last_words = ["report and logs: ", "there are no runs"];
    last_words.iter().any(|words| output.stderr.contains(words)) || !output.stdout.is_empty()
}
