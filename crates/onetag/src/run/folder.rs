//! The folder of a run.

use std::collections::BTreeMap;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use super::{Layout, RunId, make_folder, remove, write_file};

/// The folder of one run. All names in it are derived here.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: Utf8PathBuf,
    run_id: RunId,
}

impl RunFolder {
    pub(super) fn new(runs: &Utf8Path, run_id: RunId) -> RunFolder {
        RunFolder { path: runs.join(run_id.to_string()), run_id }
    }

    /// The folder at this path, whose name has to be a run id.
    pub(crate) fn at(path: &Utf8Path) -> anyhow::Result<RunFolder> {
        let run_id = RunId::parse(path.file_name().unwrap_or_default())
            .with_context(|| format!("{path} is not the folder of a run"))?;
        Ok(RunFolder { path: path.to_owned(), run_id })
    }

    /// Where it is.
    pub fn path(&self) -> &Utf8Path {
        &self.path
    }

    /// The run whose folder it is.
    pub fn run_id(&self) -> RunId {
        self.run_id
    }

    /// The harness's folder that this run belongs to.
    pub(crate) fn layout(&self) -> Layout {
        let base = self.path.parent().and_then(Utf8Path::parent).unwrap_or(&self.path);
        Layout { base: base.to_owned() }
    }

    pub(crate) fn lock(&self) -> Utf8PathBuf {
        self.path.join("lock")
    }

    pub(crate) fn environment(&self) -> Utf8PathBuf {
        self.path.join("run.env")
    }

    pub(crate) fn plan(&self) -> Utf8PathBuf {
        self.path.join("plan.json")
    }

    /// What the backend prepared, for a keeper that is started anew.
    pub(crate) fn prepared(&self) -> Utf8PathBuf {
        self.path.join("prepared.json")
    }

    /// Which engine the run uses, and where, see `backend::engine`.
    pub(crate) fn engine(&self) -> Utf8PathBuf {
        self.path.join("engine.json")
    }

    /// Which cluster the run uses, see `backend::kube`.
    pub(crate) fn cluster(&self) -> Utf8PathBuf {
        self.path.join("cluster.json")
    }

    /// Archives of images on their way to an engine.
    pub(crate) fn archive(&self, service: &str) -> Utf8PathBuf {
        self.path.join("archives").join(format!("{service}.tar"))
    }

    /// Where an engine writes the digest of an image that it built.
    pub(crate) fn image_id(&self, service: &str) -> Utf8PathBuf {
        self.path.join("archives").join(format!("{service}.id"))
    }

    pub(crate) fn witness(&self) -> Utf8PathBuf {
        self.path.join("witness.json")
    }

    pub(crate) fn report(&self) -> Utf8PathBuf {
        self.path.join("report.json")
    }

    pub(crate) fn junit(&self) -> Utf8PathBuf {
        self.path.join("junit.xml")
    }

    pub(crate) fn diagnostics(&self) -> Utf8PathBuf {
        self.path.join("diagnostics")
    }

    /// Programs that nextest finds first on its path.
    pub(crate) fn programs(&self) -> Utf8PathBuf {
        self.path.join("programs")
    }

    /// The log of a service.
    pub fn log(&self, name: &str) -> Utf8PathBuf {
        self.path.join("logs").join(format!("{name}.log"))
    }

    /// The folder of a service that outlives a restart.
    pub fn volume(&self, service: &str) -> Utf8PathBuf {
        self.path.join("volumes").join(service)
    }

    /// The folder with the files of a service's configuration.
    pub fn config(&self, service: &str) -> Utf8PathBuf {
        self.path.join("config").join(service)
    }

    /// Writes the files of a service's configuration; others are removed.
    ///
    /// # Errors
    ///
    /// When they cannot be written.
    pub fn write_config(
        &self,
        service: &str,
        files: &BTreeMap<String, String>,
    ) -> anyhow::Result<()> {
        let folder = self.config(service);
        remove(&folder)?;
        if files.is_empty() {
            return Ok(());
        }
        make_folder(&folder)?;
        files.iter().try_for_each(|(name, text)| write_file(&folder.join(name), text.as_bytes()))
    }

    /// The folder in which an external program starts.
    pub(crate) fn scratch(&self, service: &str) -> Utf8PathBuf {
        self.path.join("scratch").join(service)
    }

    /// Server, users and passwords of the run's PostgreSQL databases.
    pub(crate) fn database_access(&self) -> Utf8PathBuf {
        self.path.join("database.json")
    }

    /// The file of a service's SQLite database.
    pub fn database(&self, service: &str) -> Utf8PathBuf {
        self.database_folder(service).join(format!("{service}.db"))
    }

    /// The folder of that file, which holds what belongs to the database alone.
    pub(crate) fn database_folder(&self, service: &str) -> Utf8PathBuf {
        self.path.join("databases").join(service)
    }
}
