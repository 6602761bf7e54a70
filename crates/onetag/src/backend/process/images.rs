//! The executable cache as an image store, and what a process runs of it.

use std::fs::File;
use std::io::Read as _;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use onetag_image::Files;
use serde::{Deserialize, Serialize};
use signal_hook::consts::{SIGINT, SIGTERM};

use super::super::{ExternalImage, ImageStore, Replica, Seen, StoredImage};
use super::child::Child;
use crate::build::image::digest::hash_file;
use crate::build::image::{Digest, FileIdentity};
use crate::build::{CachedExecutable, Compiled};
use crate::database::Access;
use crate::error::Attach as _;
use crate::run::ledger::Ledger;
use crate::run::{Reference, RunFolder, make_folder};
use crate::system::signals::Interrupt;
use crate::system::tail::printable;
use crate::system::tool::{Output, Tool};
use crate::system::{User, find_program, is_hidden};
use crate::workspace::External;

/// How long a program may take to tell its version, and how much of that is read.
const VERSION_LIMIT: Duration = Duration::from_secs(2);
const VERSION_BYTES: u64 = 4 << 10;

/// How much of its first line is kept.
const VERSION_LENGTH: usize = 160;

/// The executable cache has what was built, and this machine has programs of others.
#[derive(Debug)]
pub(super) struct ProcessImages(RunFolder);

impl ProcessImages {
    pub(super) fn new(folder: &RunFolder) -> ProcessImages {
        ProcessImages(folder.clone())
    }
}

impl ImageStore for ProcessImages {
    fn load(&self, reference: &Reference, compiled: &Compiled) -> anyhow::Result<StoredImage> {
        let compiled = compiled.program()?;
        let executable = compiled.executable();
        let identity = FileIdentity::of_path(&executable.path)
            .with_context(|| format!("the executable cache lost {}", executable.path))?;
        ensure!(
            executable.identity == identity,
            "{} was changed after it was built for {reference}",
            executable.path
        );
        let image = ProcessImage {
            executable: executable.clone(),
            folder: compiled.files().folder().to_owned(),
            files: Some(compiled.files().digest),
            library_path: compiled.library_path().map(Utf8Path::to_owned),
            user: None,
            stop_signal: SIGTERM,
        };
        Ok(StoredImage { digest: executable.digest, details: serde_json::to_value(image)? })
    }

    fn external(&self, service: &str, external: &External) -> anyhow::Result<ExternalImage> {
        let name = external.program.as_deref().unwrap_or_default();
        let path = find_program(name).context("there is no such program on this machine")?;
        let identity = FileIdentity::of_path(&path)?;
        let mut beginning = Vec::new();
        let file = File::open(&path).with_context(|| format!("cannot open {path}"))?;
        file.take(2).read_to_end(&mut beginning)?;
        if beginning == b"#!" {
            return Err(anyhow!("{path} is a script: what would run is its interpreter")
                .hint("name the program that it starts; the witness compares programs"));
        }
        let digest = hash_file(&path)?;
        let version = version(&path, &self.0);
        // Asked by SIGTERM, PostgreSQL would wait for all its clients.
        let (user, stop_signal) = match external.is_database {
            true => (User::unprivileged()?, SIGINT),
            false => (None, SIGTERM),
        };
        let access = Access::read(&self.0)?.filter(|_| external.is_database);
        let folder = access.as_ref().and_then(Access::server_folder).cloned();
        let image = ProcessImage {
            executable: CachedExecutable { digest, path: path.clone(), identity },
            folder: folder.unwrap_or_else(|| self.0.scratch(service)),
            files: None,
            library_path: None,
            user,
            stop_signal,
        };
        let image = StoredImage { digest, details: serde_json::to_value(image)? };
        Ok(ExternalImage { name: path.into_string(), version, image })
    }
}

/// The first line of what a program answers to `--version`, if it does at once.
fn version(program: &Utf8Path, folder: &RunFolder) -> Option<String> {
    let ledger = Ledger::open(folder.path()).ok()?;
    let mut command = Command::new(program);
    command.arg("--version").current_dir(folder.path());
    let beginning = Output::Beginning(VERSION_BYTES);
    let tool = Tool::new(command, VERSION_LIMIT).output(beginning, beginning).recorded([&ledger]);
    let finished = tool.finish(&Interrupt::default()).ok()?;
    let said = finished.status.success().then_some([finished.stdout, finished.stderr].concat())?;
    let said = String::from_utf8_lossy(&said);
    let line = said.lines().map(str::trim).find(|line| !line.is_empty())?;
    Some(printable(line, VERSION_LENGTH))
}

/// What a process executes, and where.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct ProcessImage {
    pub(super) executable: CachedExecutable,
    /// The folder with the files of the image, in which it starts; of an external service
    /// an empty one.
    folder: Utf8PathBuf,
    /// Of those files; none of an external service.
    files: Option<Digest>,
    /// Shared libraries that the loader does not find by itself.
    pub(super) library_path: Option<Utf8PathBuf>,
    /// Who runs it, if that is not the caller.
    pub(super) user: Option<User>,
    /// What asks it to end.
    pub(super) stop_signal: i32,
}

impl ProcessImage {
    /// The folder in which it starts.
    pub(super) fn folder(&self) -> anyhow::Result<&Utf8Path> {
        if self.files.is_none() {
            make_folder(&self.folder)?;
        }
        Ok(&self.folder)
    }

    /// What a process really executes, and that the files around it are those of the
    /// image.
    ///
    /// Reads the file behind the process, not the file that was meant: unless it is,
    /// by its identity, the very file that was hashed when it was built.
    ///
    /// Where nobody may look, it is the file that the process was let go to execute, if
    /// that has not changed since. A process that executes another program can be looked
    /// into again, unless that forbids it as well.
    pub(super) fn see(&self, child: &Child) -> anyhow::Result<Seen> {
        let (mut replica, pid) = (child.replica(), child.pid());
        if let Some(files) = self.files {
            let there = FileIdentity::of_path(&self.folder).map(|it| (it.dev, it.ino));
            if there.ok() != Some(child.folder) {
                return Err(anyhow!(
                    "the folder in which `{}` was started, {}, is another one now",
                    replica.name,
                    self.folder
                )
                .hint("end the run by `cargo xtask down`, and begin a new one"));
            }
            Files::verify(&self.folder, files)
                .with_context(|| {
                    format!("the files of `{}` are not those that were built", replica.name)
                })
                .hint(
                    "what a service writes goes to `{self.volume}` or to a temporary folder, \
                     not to the folder in which it starts",
                )?;
        }
        let path = Utf8PathBuf::try_from(crate::system::executable(pid))
            .context("the executable has a path that is not UTF-8")?;
        let Replica { name, location } = &replica;
        let is_file = |path: &Utf8Path| {
            FileIdentity::of_path(path).is_ok_and(|it| it == self.executable.identity)
        };
        if is_hidden(pid) {
            let built = &self.executable;
            ensure!(
                child.executed == built.identity && is_file(&built.path),
                "what `{name}`, {location}, executes must not be looked at, and {} is not what \
                 it was started from",
                built.path
            );
            replica.location.push_str(", as it was started");
            return Ok(Seen { replica, digest: built.digest, program: None });
        }
        ensure!(path.exists(), "`{name}`, {location}, ended before it was looked at");
        if is_file(&path) {
            return Ok(Seen { replica, digest: self.executable.digest, program: None });
        }
        let digest =
            hash_file(&path).with_context(|| format!("cannot read what `{name}` executes"))?;
        let program = path.read_link_utf8().ok().filter(|link| *link != self.executable.path);
        Ok(Seen { replica, digest, program: program.map(Utf8PathBuf::into_string) })
    }
}
