//! Killing at random moments: whatever is killed, and whenever, the next command
//! leaves nothing of it.
//!
//! `ONETAG_CHAOS_SEED` gives the seed of the first round, and each round has the
//! one after it: with the seed of a round and one kill, that round is done again.
//! `ONETAG_CHAOS_KILLS` says how many kills there are.

mod check;
mod codes;
mod hang;
mod round;
mod strike;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::exit;
use crate::project::Project;
use round::{Plan, Verb};

/// How many kills there are unless the environment says otherwise.
const KILLS: u64 = 30;

/// How many rounds there are for a kill: in some the command was over before.
const ROUNDS_FOR_A_KILL: u64 = 3;

#[test]
fn whatever_is_killed_the_next_command_leaves_nothing() {
    kill(&Project::new(), KILLS);
}

/// Kills things of this copy, so often unless the environment says otherwise.
pub(crate) fn kill(project: &Project, kills: u64) {
    let seed = variable("ONETAG_CHAOS_SEED").unwrap_or_else(fresh_seed);
    let kills = variable("ONETAG_CHAOS_KILLS").unwrap_or(kills);
    eprintln!("ONETAG_CHAOS_SEED={seed} ONETAG_CHAOS_KILLS={kills}");

    hang::able_to_hang(project);
    let took = measured(project);
    let mut done = BTreeMap::<String, u32>::new();
    let mut killed = 0;
    for round in 0.. {
        if killed == kills {
            break;
        }
        assert!(round < kills * ROUNDS_FOR_A_KILL, "only {killed} kills in {round} rounds");
        let plan = Plan::of(seed + round, &took);
        match plan.go(project) {
            None => *done.entry("(over before)".to_owned()).or_default() += 1,
            Some(what) => {
                eprintln!("{}: {:?}, {what}", seed + round, plan.verb);
                killed += 1;
                *done.entry(what).or_default() += 1;
            }
        }
    }
    for (what, times) in done {
        eprintln!("{times:>4}  {what}");
    }
}

/// A number that the environment gives.
pub(crate) fn variable(name: &str) -> Option<u64> {
    Some(std::env::var(name).ok()?.parse().expect("a number"))
}

/// Another seed each second, with room for a thousand rounds behind it.
pub(crate) fn fresh_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs() % 1_000_000 * 1_000
}

/// How long each verb takes when nobody disturbs it.
fn measured(project: &Project) -> BTreeMap<Verb, Duration> {
    // What is built for the first time takes longer.
    project.xtask(["e2e", "alpha"]).run().exits(exit::SUCCESS);
    let order = [Verb::E2e, Verb::Up, Verb::UpAgain, Verb::Test, Verb::Hook, Verb::Status];
    let measured = order.into_iter().chain([Verb::Down]).map(|verb| {
        let started = Instant::now();
        verb.command(project).run().exits(exit::SUCCESS);
        (verb, started.elapsed())
    });
    measured.collect()
}
