//! What is done once a command has said its verdict: nobody waits for it then.

pub(crate) mod dead;
pub(crate) mod executables;
pub(crate) mod finished;

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
