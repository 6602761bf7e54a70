//! What every verb works with.

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use xshell::Shell;

use crate::build::image::Digest;
use crate::report::Ui;
use crate::run::Layout;
use crate::suite::NextestVersion;
use crate::system::signals::Interrupt;
use crate::workspace::{Workspace, load_with_digest};

/// The workspace, the way to cargo, the signals and the terminal.
#[derive(Clone)]
pub(crate) struct Context {
    pub(crate) workspace: Workspace,
    /// Another one as soon as cargo says something else of the workspace's own
    /// manifests.
    pub(crate) manifests: Digest,
    /// The cargo that started this program; else the first on the path.
    pub(crate) cargo: String,
    pub(crate) nextest: NextestVersion,
    pub(crate) interrupt: Interrupt,
    pub(crate) ui: Ui,
}

impl Context {
    /// Loads the workspace around the current folder.
    pub(crate) fn load(interrupt: Interrupt, ui: Ui) -> anyhow::Result<Context> {
        let here = here()?;
        let cargo = cargo();
        // Each takes as long as the other, most of it in cargo.
        let (loaded, nextest) = std::thread::scope(|scope| {
            let nextest = scope.spawn(|| NextestVersion::query(&cargo, &here, &interrupt));
            (load_with_digest(&here, &interrupt), nextest.join())
        });
        let (workspace, manifests) = loaded?;
        let nextest = nextest.map_err(|_| anyhow!("the thread that asks nextest ended"))??;
        Ok(Context { workspace, manifests, cargo, nextest, interrupt, ui })
    }

    /// Works with the workspace around `folder` from now on.
    pub(crate) fn go_to(&mut self, folder: &Utf8Path) -> anyhow::Result<()> {
        (self.workspace, self.manifests) = load_with_digest(folder, &self.interrupt)?;
        Ok(())
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::below(&self.workspace.target_directory)
    }

    /// A shell in the folder in which the user called: relative settings and the
    /// configuration of a member mean there what they mean to plain cargo.
    pub(crate) fn shell(&self) -> anyhow::Result<Shell> {
        let shell = Shell::new().context("cannot start a shell")?;
        shell.change_dir(here()?);
        Ok(shell)
    }
}

/// The cargo that started this program; else the first on the path.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// The current folder.
pub(crate) fn here() -> anyhow::Result<Utf8PathBuf> {
    let here = std::env::current_dir().context("the current folder is gone")?;
    Utf8PathBuf::try_from(here).context("the path of the current folder is not UTF-8")
}

/// A path as people read it: from the current folder, where it lies below.
pub(crate) fn shown(path: &Utf8Path) -> Utf8PathBuf {
    let here = here().ok();
    here.and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path).to_owned()
}
