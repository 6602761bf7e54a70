//! The laps of one bench, in turns.

use anyhow::Context as _;
use cargo_metadata::Metadata;
use xshell::{Shell, cmd};

use crate::edit::{self, Edit};
use crate::engine::EngineCalls;
use crate::figures::{Case, Figures, Other};
use crate::harness::Digests;
use crate::kept;
use crate::processes::Processes;
use crate::{Bench, Cluster, Engine, Host};

/// The variables that tell cargo where to build.
pub(crate) const BUILD_KEYS: [&str; 2] = ["CARGO_TARGET_DIR", "CARGO_BUILD_BUILD_DIR"];

/// What all laps work with.
pub(crate) struct Session<'a> {
    pub(crate) bench: &'a Bench,
    pub(crate) processes: Processes<'a>,
    /// None where services are plain processes.
    pub(crate) engine: Option<EngineCalls<'a>>,
    /// Tests that fail by hand.
    left_out: Vec<String>,
}

/// Measures all cases: nothing changed, a line of a service, a line of a library
/// that services share.
///
/// # Errors
///
/// When a lap fails, a changed line changes no byte of what is built, or something is
/// left in an engine.
pub fn measure(bench: &Bench, host: &dyn Host) -> anyhow::Result<Figures> {
    let processes = Processes::start(host)?;
    let of_cluster = |cluster: &Cluster| kept::removal(bench) + &cluster.removal();
    let others = bench.cluster.as_ref().map(of_cluster).unwrap_or_default();
    let engine = bench.engine.as_ref().map(|engine| EngineCalls::start(engine, &others, host));
    let mut session = Session { bench, processes, engine: engine.transpose()?, left_out: vec![] };
    let figures = session.measure();
    let Session { processes, engine, .. } = session;
    drop(processes);
    let ended = engine.map_or(Ok(()), EngineCalls::end);
    figures.and_then(|figures| ended.map(|()| figures))
}

impl Session<'_> {
    fn measure(&mut self) -> anyhow::Result<Figures> {
        let (bench, host) = (self.bench, self.processes.host);
        let metadata = self.metadata()?;
        let service = edit::service(bench, &metadata)?;
        let library = edit::library(bench, &metadata)?;
        let mut edits: Vec<_> = [service].into_iter().chain(library).collect();

        if let Some(Engine { program, id, .. }) = &bench.engine {
            host.show(&format!("what is made by hand in `{program}` has the id {id} in its name"));
        }
        host.show("building the copy, and looking which tests can run by hand");
        self.left_out = self.failing_by_hand()?;
        self.by_hand()?;
        let first = self.harness(&[])?;
        let mut digests = first.digests;
        for edit in &mut edits {
            digests = self.find_file(edit, &digests)?;
        }
        let options = &bench.options;
        if bench.cluster.is_some() {
            self.up(options)?;
        }
        if bench.engine.is_some() {
            self.harness(options)?;
        }

        let mut cases = vec![self.case("nothing changed", || Ok(()))?];
        for edit in &mut edits {
            let name = format!("a line of {} changed", edit.package);
            cases.push(self.case(&name, || edit.change())?);
        }
        let (suite, backend) = (bench.suite.clone(), bench.backend.clone());
        let (other, left_out) = (self.other(), self.left_out.clone());
        Ok(Figures { suite, backend, other, tests: first.tests, left_out, cases })
    }

    /// Finds a file in which a change gives services other bytes than `before`; returns
    /// the digests that they have then.
    fn find_file(&self, edit: &mut Edit, before: &Digests) -> anyhow::Result<Digests> {
        loop {
            edit.change()?;
            let after = self.harness(&[])?.digests;
            if after != *before {
                return Ok(after);
            }
            edit.next()?;
        }
    }

    /// The way of the harness that is measured as well.
    fn other(&self) -> Option<Other> {
        let other = if self.bench.cluster.is_some() { Other::Kept } else { Other::Process };
        self.bench.engine.is_some().then_some(other)
    }

    /// A shell in which cargo builds the copy.
    pub(crate) fn shell(&self) -> anyhow::Result<Shell> {
        let shell = Shell::new().context("cannot start a shell")?;
        shell.change_dir(&self.bench.folder);
        for key in BUILD_KEYS {
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
        let mut case =
            Case { name: name.to_owned(), by_hand: vec![], onetag: vec![], other: vec![] };
        let other = self.other();
        let ways = if other.is_some() { 3 } else { 2 };
        for pair in 0..self.bench.pairs {
            for turn in 0..ways {
                change()?;
                let (way, laps, lap) = match (pair + turn) % ways {
                    0 => ("by hand", &mut case.by_hand, self.by_hand()?),
                    1 => ("onetag", &mut case.onetag, self.harness(&self.bench.options)?.lap),
                    _ if other == Some(Other::Kept) => {
                        ("onetag on a kept run", &mut case.other, self.kept()?)
                    }
                    _ => ("onetag on process", &mut case.other, self.harness(&[])?.lap),
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
