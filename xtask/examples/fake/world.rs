//! What the tests want of the fake backend, and what it has made.

use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use onetag::backend::{Sweep, SweptObject, Verdict, with_hint};

/// How a step goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It says that it failed, and why.
    Fail,
    /// It never returns.
    Hang,
    /// It says that all is well.
    Lie,
}

/// The folder that `FAKE_BACKEND` names.
#[derive(Clone, Debug)]
pub(crate) struct World(Utf8PathBuf);

impl World {
    pub(crate) fn open() -> World {
        let folder = std::env::var("FAKE_BACKEND").expect("FAKE_BACKEND is set");
        let world = World(folder.into());
        fs::create_dir_all(world.objects()).expect("the folder can be written to");
        world
    }

    fn objects(&self) -> Utf8PathBuf {
        self.0.join("objects")
    }

    pub(crate) fn object(&self, name: &str) -> Utf8PathBuf {
        self.objects().join(name)
    }

    /// Whether something is wanted of it: a line of `faults`.
    pub(crate) fn wants(&self, line: &str) -> bool {
        let faults = fs::read_to_string(self.0.join("faults")).unwrap_or_default();
        faults.lines().any(|wanted| wanted == line)
    }

    /// Begins a step: fails and hangs as wanted, and says whether to lie.
    pub(crate) fn step(&self, step: &str) -> anyhow::Result<bool> {
        let fault = [Fault::Fail, Fault::Hang, Fault::Lie]
            .into_iter()
            .find(|fault| self.wants(&format!("{step} {}", format!("{fault:?}").to_lowercase())));
        match fault {
            Some(Fault::Fail) => Err(with_hint(
                anyhow::anyhow!("the fake backend fails at the step `{step}`"),
                &format!("take `{step} fail` out of its faults"),
            )),
            Some(Fault::Hang) => loop {
                std::thread::park();
            },
            lie => Ok(lie.is_some()),
        }
    }

    /// Makes something of a run, after it looked that it stands in the ledger.
    pub(crate) fn make(&self, run: &Utf8Path, name: &str, contents: &str) -> anyhow::Result<()> {
        let ledger = fs::read_to_string(run.join("ledger.jsonl"))?;
        if !ledger.contains(&format!("\"id\":\"{name}\"")) {
            fs::write(self.0.join("outside-of-the-ledger"), name)?;
        }
        Ok(fs::write(self.object(name), contents)?)
    }

    /// Takes note of what happened, for the tests.
    pub(crate) fn note(&self, what: &str) -> anyhow::Result<()> {
        Ok(fs::write(self.0.join(what), "")?)
    }

    /// Removes what is of no run; what says that it is foreign is of another target folder.
    pub(crate) fn sweep(&self, sweep: &Sweep) -> anyhow::Result<Vec<SweptObject>> {
        self.step("sweep")?;
        let runs: Vec<String> = sweep.runs.iter().map(ToString::to_string).collect();
        let objects = self.of_run("").into_iter();
        let unused = objects.filter(|name| !runs.iter().any(|run| name.starts_with(run)));
        let swept = unused.map(|name| {
            let path = self.object(&name);
            let contents = fs::read_to_string(&path)?;
            let verdict = match contents.as_str() {
                "foreign" => Verdict::Left("it is of another target folder".to_owned()),
                "stuck" => Verdict::Failed("it is in use".to_owned()),
                _ if sweep.dry_run => Verdict::Removed,
                _ => fs::remove_file(path).map(|()| Verdict::Removed)?,
            };
            let bytes = contents.len() as u64;
            Ok(SweptObject { kind: "object", name, bytes, verdict })
        });
        swept.collect()
    }

    /// What was made for a run and is there.
    pub(crate) fn of_run(&self, run: &str) -> Vec<String> {
        let names = self.objects().read_dir_utf8().into_iter().flatten().flatten();
        let names = names.map(|entry| entry.file_name().to_owned());
        names.filter(|name| name.starts_with(run)).collect()
    }
}
