//! Clearing up after runs that others left, and letting go of what is old: by `gc`, and
//! once a command has said its verdict, when nobody waits for it.

pub(crate) mod dead;
pub(crate) mod executables;
pub(crate) mod finished;
pub(crate) mod sweep;

use camino::Utf8Path;

use self::executables::remove_unused;
use self::finished::trim;
use crate::error::describe;
use crate::report::Ui;
use crate::run::Layout;
use crate::workspace::Workspace;

/// Lets go of old finished runs and of executables that nothing uses any more.
///
/// No run fails for what cannot be removed; it is said.
pub(crate) fn tidy(layout: &Layout, workspace: Option<&Workspace>, ui: &Ui) {
    for done in [trim(layout), remove_unused(layout, workspace)] {
        if let Err(error) = done {
            ui.line(format!("cannot let go of what is old: {}", describe(&error)));
        }
    }
}

/// How many bytes a file has, or the files of a folder; what vanishes meanwhile has none.
pub(crate) fn size(path: &Utf8Path) -> u64 {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => {
            let entries = path.read_dir_utf8().into_iter().flatten().flatten();
            entries.map(|entry| size(entry.path())).sum()
        }
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    }
}
