//! One round: a command, a moment, a victim, a signal, and perhaps another.

use std::collections::BTreeMap;
use std::time::Duration;

use rustix::process::Signal;

use super::check::{self, Before};
use super::hang::{HANGS, Hang};
use super::strike::{Moment, STEPS, Strike, Victim};
use crate::exit;
use crate::project::{Command, Project};
use crate::wait::{Look, until};

/// What is killed while it is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Verb {
    E2e,
    E2eKeep,
    Up,
    /// `up` on a kept run.
    UpAgain,
    Test,
    Down,
    Status,
    /// Nextest alone, on a kept run: it calls the hook.
    Hook,
}

/// A round, as its seed tells it.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    seed: u64,
    pub(super) verb: Verb,
    /// Something is edited before, so that there is something to build.
    edited: bool,
    /// There is a run that died, which the command clears up.
    dead: bool,
    hang: Option<Hang>,
    pub(super) first: Strike,
    pub(super) second: Option<Strike>,
}

impl Verb {
    pub(super) fn command(self, project: &Project) -> Command {
        match self {
            Verb::E2e => project.xtask(["e2e", "alpha"]),
            Verb::E2eKeep => project.xtask(["e2e", "alpha", "--keep"]),
            Verb::Up | Verb::UpAgain => project.xtask(["up", "alpha"]),
            Verb::Test => project.xtask(["test", "alpha"]),
            Verb::Down => project.xtask(["down", "alpha"]),
            Verb::Status => project.xtask(["status"]),
            Verb::Hook => project.nextest(),
        }
    }

    /// Whether it is for a run that is kept.
    pub(super) fn wants_a_kept_run(self) -> bool {
        !matches!(self, Verb::E2e | Verb::E2eKeep | Verb::Up)
    }

    fn hang(self, random: &mut fastrand::Rng) -> Option<Hang> {
        let hangs: &[Hang] = match self {
            Verb::E2e | Verb::E2eKeep | Verb::Test => &[Hang::Build, Hang::Test],
            Verb::Up | Verb::UpAgain => &[Hang::Build],
            Verb::Down | Verb::Status | Verb::Hook => &[],
        };
        random.choice(hangs).copied().filter(|_| random.u8(0..3) == 0)
    }

    fn victims(self) -> &'static [Victim] {
        use Victim::{Cargo, Harness, Hook, Keeper, Nextest};
        match self {
            Verb::E2e | Verb::E2eKeep => &[Harness, Harness, Keeper, Cargo, Nextest, Hook],
            Verb::Test => &[Harness, Harness, Keeper, Cargo, Nextest, Hook],
            Verb::Up | Verb::UpAgain => &[Harness, Harness, Keeper, Cargo],
            Verb::Down | Verb::Status => &[Harness, Harness, Keeper],
            Verb::Hook => &[Keeper, Nextest, Hook],
        }
    }
}

impl Plan {
    pub(super) fn of(seed: u64, took: &BTreeMap<Verb, Duration>) -> Plan {
        use Verb::{Down, E2e, E2eKeep, Hook, Status, Test, Up, UpAgain};
        let mut random = fastrand::Rng::with_seed(seed);
        let verbs = [E2e, E2e, E2e, E2eKeep, Up, UpAgain, UpAgain, Test, Test, Down, Status, Hook];
        let verb = random.choice(verbs).unwrap();
        // With `--keep` it takes as long as without.
        let took = *took.get(&verb).or(took.get(&E2e)).unwrap();
        let signals = [Signal::INT, Signal::TERM, Signal::HUP, Signal::KILL, Signal::KILL];
        let mut strike = |victims: &[Victim]| Strike {
            moment: Moment { seen: "", then: Duration::from_micros(random.u64(0..100_000)) },
            victim: *random.choice(victims).unwrap(),
            signal: random.choice(signals).unwrap(),
        };
        let (mut first, second) = (strike(verb.victims()), strike(verb.victims()));
        let to_harness = strike(&[Victim::Harness]);
        let mut second = (random.u8(0..4) == 0).then_some(second);
        let hang = verb.hang(&mut random);
        match hang {
            Some(hang) => {
                first.moment.seen = HANGS;
                if !hang.victims().contains(&first.victim) {
                    first.victim = *random.choice(hang.victims()).unwrap();
                }
                // What hangs may hang on without it.
                second = Some(to_harness);
            }
            None if random.bool() => first.moment.then = took.mul_f64(random.f64()),
            None => {
                first.moment.seen = random.choice(STEPS).unwrap();
                first.moment.then /= 5;
            }
        }
        let (edited, dead) = (random.bool(), random.u8(0..5) == 0);
        Plan { seed, verb, edited, dead, hang, first, second }
    }

    /// Does it, and checks what came of it; none if the command was over before
    /// anything was killed, else what was done, in a few words.
    pub(super) fn go(&self, project: &Project) -> Option<String> {
        self.prepare(project);
        let before = Before::of(project);
        let mut running = self.verb.command(project).start();
        let first = self.first.strike(project, &mut running);
        let second = self.second.as_ref().filter(|_| first);
        let second = second.filter(|second| second.strike(project, &mut running));
        let output = running.finish();
        if self.hang.is_some() {
            Hang::end(project);
        }
        let done = Plan { second: second.cloned(), ..self.clone() };
        check::check(project, &done, first, &before, &output);
        first.then(|| done.told())
    }

    fn prepare(&self, project: &Project) {
        let kept = project.runs().iter().any(|run| run.is_kept());
        if kept && !self.verb.wants_a_kept_run() {
            project.xtask(["down", "alpha"]).run().exits(exit::SUCCESS);
        }
        if !kept && self.verb.wants_a_kept_run() {
            project.up();
        }
        if self.dead {
            leave_a_dead_run(project);
        }
        if let Some(hang) = self.hang {
            hang.begin(project);
        }
        if self.edited {
            // `test` refuses services that are not as they were built.
            let file = match self.verb {
                Verb::Test | Verb::Hook => "tests/src/lib.rs",
                _ => "beta/src/main.rs",
            };
            let text = project.read(file);
            let text = text.split("\n// Seed").next().unwrap();
            let edit = format!("pub const SEED: u64 = {};", self.seed);
            project.write(file, &format!("{text}\n// Seed of a round.\n{edit}\n"));
        }
    }

    /// Who was killed, and how.
    fn told(&self) -> String {
        let strikes = [Some(&self.first), self.second.as_ref()].into_iter().flatten();
        let told = strikes.map(|strike| format!("{:?} {}", strike.victim, strike.name()));
        told.collect::<Vec<_>>().join(", then ")
    }
}

/// A run with services, of which harness and keeper are killed.
fn leave_a_dead_run(project: &Project) {
    let harness = project.xtask(["e2e", "alpha"]).start();
    let keeper = until("a run has services", || {
        let runs = project.runs();
        let keepers = project.processes().into_iter().filter(|process| process.is("keeper"));
        match runs.iter().find(|run| {
            let has = |what: &str| run.ledger().contains(&format!("\"{what}\",\"name\""));
            (has("process") || has("container")) && !run.is_kept()
        }) {
            Some(run) => {
                let mut of_run = keepers.filter(|keeper| keeper.shown().contains(run.id()));
                of_run.next().map_or(Look::NotYet("no keeper".to_owned()), Look::Done)
            }
            None => Look::NotYet(harness.said()),
        }
    });
    keeper.kill_with(&harness);
    harness.finish().is_killed();
}
