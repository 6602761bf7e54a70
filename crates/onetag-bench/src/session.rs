//! The laps of one bench, in turns.

use anyhow::{Context as _, ensure};
use cargo_metadata::Metadata;
use xshell::{Shell, cmd};

use crate::edit;
use crate::figures::{Case, Figures};
use crate::processes::Processes;
use crate::{Bench, Host};

/// What all laps work with.
pub(crate) struct Session<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) processes: Processes<'a>,
    /// Tests that fail by hand.
    left_out: Vec<String>,
}

/// Measures all cases: nothing changed, a line of a service, a line of a library
/// that services share.
///
/// # Errors
///
/// When a lap fails, or a changed line changes no byte of what is built.
pub fn measure(bench: &Bench, host: &dyn Host) -> anyhow::Result<Figures> {
    let processes = Processes::start(host)?;
    let mut session = Session { bench, processes, left_out: vec![] };
    let metadata = session.metadata()?;
    let service = edit::service(bench, &metadata)?;
    let library = edit::library(bench, &metadata)?;

    host.show("building the copy, and looking which tests can run by hand");
    session.left_out = session.failing_by_hand()?;
    session.by_hand()?;
    let first = session.harness()?;

    let mut cases = vec![session.case("nothing changed", || Ok(()))?];
    let mut before = session.harness()?.digests;
    for mut edit in [service].into_iter().chain(library) {
        let name = format!("a line of {} changed", edit.package);
        cases.push(session.case(&name, || edit.change())?);
        let after = session.harness()?.digests;
        ensure!(before != after, "changing a line of `{}` changed no byte", edit.package);
        before = after;
    }
    let (suite, left_out) = (bench.suite.clone(), session.left_out);
    Ok(Figures { suite, tests: first.tests, left_out, cases })
}

impl Session<'_> {
    /// A shell in which cargo builds the copy.
    pub(crate) fn shell(&self) -> anyhow::Result<Shell> {
        let shell = Shell::new().context("cannot start a shell")?;
        shell.change_dir(&self.bench.folder);
        for key in ["CARGO_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"] {
            shell.set_var(key, &self.bench.target);
        }
        Ok(shell)
    }

    fn metadata(&self) -> anyhow::Result<Metadata> {
        let (shell, cargo) = (self.shell()?, &self.bench.cargo);
        let json = self.processes.run(cmd!(shell, "{cargo} metadata --format-version 1 --no-deps"));
        serde_json::from_slice(&json?).context("cannot read the output of `cargo metadata`")
    }

    /// Takes turns, and lets each way begin as often as the other.
    fn case(
        &self,
        name: &str,
        mut change: impl FnMut() -> anyhow::Result<()>,
    ) -> anyhow::Result<Case> {
        let mut case = Case { name: name.to_owned(), by_hand: vec![], onetag: vec![] };
        for pair in 0..self.bench.pairs {
            for turn in 0..2 {
                change()?;
                let (way, laps, lap) = match (pair + turn) % 2 {
                    0 => ("by hand", &mut case.by_hand, self.by_hand()?),
                    _ => ("onetag", &mut case.onetag, self.harness()?.lap),
                };
                let line = format!("{name}, pair {}, {way}: {:.3} s", pair + 1, lap.seconds);
                self.processes.host.show(&line);
                laps.push(lap);
            }
        }
        Ok(case)
    }

    /// The option that names the cargo profile.
    pub(crate) fn profile(&self) -> Vec<&str> {
        self.bench.profile.iter().flat_map(|profile| ["--profile", profile]).collect()
    }

    /// What narrows the suite down to what both ways can run.
    pub(crate) fn narrowed(&self) -> Option<String> {
        let without = self.left_out.iter().map(|name| format!("not test(={name})"));
        let narrowed = self.bench.narrowed.iter().map(|filterset| format!("({filterset})"));
        let all: Vec<_> = narrowed.chain(without).collect();
        (!all.is_empty()).then(|| all.join(" & "))
    }

    /// The whole filterset.
    pub(crate) fn filterset(&self) -> String {
        let suite = format!("({})", self.bench.filterset);
        [suite].into_iter().chain(self.narrowed()).collect::<Vec<_>>().join(" & ")
    }
}
