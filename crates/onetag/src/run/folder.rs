//! Where everything lies: one folder below the target folder for the harness,
//! one folder in it for each run.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder};
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::time::Duration;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use super::{FileLock, RunId, partial};
use crate::build::image::Digest;
use crate::error::Attach as _;
use crate::system::signals::Interrupt;

/// The harness's folder of a workspace: `<target>/onetag`.
///
/// ```text
/// runs/<run id>/      runs that live, are kept, or died and are not yet torn down
/// finished/<run id>/  report, logs and diagnostics of runs that are over
/// finished.index      their sizes, in the order in which they ended
/// trash/<run id>/     finished runs that are being removed
/// executables/<hash>/ executables by the hash of their bytes
/// sources.json        of which sources cargo made what it made
/// files/<hash>/       the files that services start with, by the hash of all of them
/// cache/<workspace>/  what can be worked out again
/// clusters/<name>/    how clusters of kind are reached
/// ```
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    base: Utf8PathBuf,
}

impl Layout {
    pub(crate) fn below(target_directory: &Utf8Path) -> Layout {
        Layout { base: target_directory.join("onetag") }
    }

    /// All that the harness keeps in a target folder.
    pub(crate) fn base(&self) -> &Utf8Path {
        &self.base
    }

    /// A path in it, from it on.
    pub(crate) fn shown<'p>(&self, path: &'p Utf8Path) -> &'p Utf8Path {
        path.strip_prefix(&self.base).unwrap_or(path)
    }

    pub(crate) fn runs(&self) -> Utf8PathBuf {
        self.base.join("runs")
    }

    pub(crate) fn finished(&self) -> Utf8PathBuf {
        self.base.join("finished")
    }

    /// The folder of a run that is over, whether it exists or not.
    pub(crate) fn finished_run(&self, run_id: RunId) -> RunFolder {
        RunFolder { path: self.finished().join(run_id.to_string()), run_id }
    }

    pub(crate) fn finished_index(&self) -> Utf8PathBuf {
        self.base.join("finished.index")
    }

    /// Held while finished runs come and go; their index is read and written
    /// under it.
    pub(crate) fn finished_lock(&self) -> Utf8PathBuf {
        self.base.join("finished.lock")
    }

    pub(crate) fn trash(&self) -> Utf8PathBuf {
        self.base.join("trash")
    }

    /// The executable cache.
    pub(crate) fn executables(&self) -> Utf8PathBuf {
        self.base.join("executables")
    }

    /// Folders in which services start.
    pub(crate) fn files(&self) -> Utf8PathBuf {
        self.base.join("files")
    }

    /// What can be worked out again for the workspace at `root`. Several of them
    /// may share a target folder, and their answers differ.
    pub(crate) fn cache(&self, root: &Utf8Path) -> Utf8PathBuf {
        self.caches().join(&Digest::of(root.as_str().as_bytes()).hex()[..16])
    }

    /// The folder of all of those.
    pub(crate) fn caches(&self) -> Utf8PathBuf {
        self.base.join("cache")
    }

    /// Where `bench` has its copy of the workspace.
    pub(crate) fn bench(&self) -> Utf8PathBuf {
        self.base.join("bench")
    }

    /// The file that names the root of the workspace that a cache is of.
    pub(crate) fn cached_workspace(&self, cache: &Utf8Path) -> Utf8PathBuf {
        cache.join("workspace")
    }

    /// In a cache: which cached executable a file of cargo's is.
    pub(crate) fn executable_notes(&self, cache: &Utf8Path) -> Utf8PathBuf {
        cache.join("executables")
    }

    /// Held from cargo's start until what it built is in the executable cache.
    pub(crate) fn build_lock(&self) -> Utf8PathBuf {
        self.base.join("build.lock")
    }

    /// Of which sources cargo made what is in the target folder; read and written
    /// under the lock of the build.
    pub(crate) fn sources(&self) -> Utf8PathBuf {
        self.base.join("sources.json")
    }

    /// Held for the moments in which run folders come and go.
    pub(crate) fn lock_runs(&self, interrupt: &Interrupt) -> anyhow::Result<FileLock> {
        make_folder(&self.base)?;
        let path = self.base.join("runs.lock");
        FileLock::take(&path, Duration::from_secs(60), interrupt, || {})
    }

    /// What is known of clusters that the harness made, each in a folder by its name.
    pub(crate) fn clusters(&self) -> Utf8PathBuf {
        self.base.join("clusters")
    }

    /// The names of clusters that the harness made and that are reached.
    pub(crate) fn list_clusters(&self) -> Vec<String> {
        let folders = self.clusters().read_dir_utf8().into_iter().flatten().flatten();
        let made = folders.filter(|folder| folder.path().join("kubeconfig").exists());
        let mut names: Vec<String> = made.map(|folder| folder.file_name().to_owned()).collect();
        names.sort();
        names
    }

    /// The folder of a run, whether it exists or not.
    pub(crate) fn run(&self, run_id: RunId) -> RunFolder {
        RunFolder { path: self.runs().join(run_id.to_string()), run_id }
    }

    /// The runs that have a folder, the oldest first.
    pub(crate) fn list(&self) -> anyhow::Result<Vec<RunFolder>> {
        let runs = self.runs();
        let mut found: Vec<RunFolder> = match fs::read_dir(&runs) {
            Err(error) if has_no_folder(&error) => Vec::new(),
            listed => listed
                .with_context(|| format!("cannot list {runs}"))?
                .filter_map(|entry| {
                    let name = entry.ok()?.file_name().into_string().ok()?;
                    RunId::parse(&name).ok().map(|run_id| self.run(run_id))
                })
                .collect(),
        };
        found.sort_by_key(|folder| folder.run_id);
        Ok(found)
    }
}

/// The folder of one run. All names in it are derived here.
#[derive(Clone, Debug)]
pub struct RunFolder {
    path: Utf8PathBuf,
    run_id: RunId,
}

impl RunFolder {
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

/// Whether nothing can be listed because there is no folder, or no room for one:
/// the latter is told by whoever wants to make it.
fn has_no_folder(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}

/// Makes a folder and those above it, for this user alone.
pub(crate) fn make_folder(path: &Utf8Path) -> anyhow::Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(path);
    made.with_context(|| format!("cannot make the folder {path}"))
        .hint("set CARGO_TARGET_DIR to a folder that you can write to")
}

/// Removes a file, or a folder with all in it; one that is gone is no error.
pub(crate) fn remove(path: &Utf8Path) -> anyhow::Result<()> {
    let removed = match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        removed => removed.with_context(|| format!("cannot remove {path}")),
    }
}

/// Writes a file as a whole: a reader sees the old one, or all of the new one.
///
/// Only this user may read it.
pub(crate) fn write_file(path: &Utf8Path, bytes: &[u8]) -> anyhow::Result<()> {
    let partial = partial(path);
    let write = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&partial)?;
        file.write_all(bytes)?;
        fs::rename(&partial, path)
    };
    write().with_context(|| {
        let _ = fs::remove_file(&partial);
        format!("cannot write {path}")
    })
}

/// Writes a value as one JSON document, for people as well.
pub(crate) fn write_json(path: &Utf8Path, value: &impl serde::Serialize) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(value)? + "\n";
    write_file(path, text.as_bytes())
}

/// Reads a JSON document that the harness wrote before.
pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Utf8Path) -> anyhow::Result<T> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {path}"))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{path} is damaged"))
}
