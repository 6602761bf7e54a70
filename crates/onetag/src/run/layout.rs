//! The folder that the harness has in a target folder.

use std::fs;
use std::time::Duration;

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use super::{FileLock, RunFolder, RunId, make_folder};
use crate::build::image::Digest;
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
    pub(super) base: Utf8PathBuf,
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
        RunFolder::new(&self.finished(), run_id)
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
        RunFolder::new(&self.runs(), run_id)
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
        found.sort_by_key(RunFolder::run_id);
        Ok(found)
    }
}

/// Whether nothing can be listed because there is no folder, or no room for one:
/// the latter is told by whoever wants to make it.
fn has_no_folder(error: &std::io::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory)
}
