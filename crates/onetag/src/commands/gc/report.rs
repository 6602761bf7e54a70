//! What `gc` prints.

use std::fmt::Write as _;

use serde::Serialize;

use crate::gc::dead::{RunEntry, RunState};
use crate::report::{counted, human_size};

/// Of this format; it changes when a key goes or changes its meaning.
const SCHEMA: u32 = 1;

/// What went, or would go, and what stays.
#[derive(Debug, Serialize)]
pub(super) struct GcReport {
    schema: u32,
    /// Whether nothing was done.
    dry_run: bool,
    /// Of all that is removed.
    bytes: u64,
    removed: Vec<Item>,
    left: Vec<Left>,
    /// What could not be removed, or is left behind of a dead run.
    pub(super) problems: Vec<String>,
}

/// Something that went, or would go.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    /// `run`, `copy`, `finished-run`, `executable`, `files`, `cache`, or what a backend
    /// calls it.
    kind: &'static str,
    name: String,
    bytes: u64,
    /// None for what lies in the target folder.
    backend: Option<&'static str>,
}

/// Something that stays, and why.
#[derive(Debug, Serialize)]
struct Left {
    kind: &'static str,
    name: String,
    why: String,
}

impl Item {
    pub(super) fn new(kind: &'static str, name: String, bytes: u64) -> Item {
        Item { kind, name, bytes, backend: None }
    }

    pub(super) fn on(backend: &'static str, kind: &'static str, name: String, bytes: u64) -> Item {
        Item { kind, name, bytes, backend: Some(backend) }
    }

    /// A dead run, or a copy of a run.
    pub(super) fn of_run(run: &RunEntry, bytes: u64) -> Item {
        let kind = if run.state == RunState::Copy { "copy" } else { "run" };
        Item::new(kind, run.folder.run_id().to_string(), bytes)
    }
}

impl GcReport {
    pub(super) fn new(dry_run: bool) -> GcReport {
        let (removed, left, problems) = (Vec::new(), Vec::new(), Vec::new());
        GcReport { schema: SCHEMA, dry_run, bytes: 0, removed, left, problems }
    }

    pub(super) fn removed(&mut self, item: Item) {
        self.bytes += item.bytes;
        self.removed.push(item);
    }

    pub(super) fn left(&mut self, kind: &'static str, name: String, why: String) {
        self.left.push(Left { kind, name, why });
    }

    pub(super) fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }

    /// The same for people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for Item { kind, name, bytes, backend } in &self.removed {
            let kind = match *kind {
                "run" => "dead run",
                "copy" => "copy of run",
                "finished-run" => "finished run",
                kind => kind,
            };
            let on = backend.map(|backend| format!(" on `{backend}`")).unwrap_or_default();
            let _ = writeln!(text, "{:>10}  {kind} {name}{on}", human_size(*bytes));
        }
        for Left { kind, name, why } in &self.left {
            let _ = writeln!(text, "     stays  {kind} {name}: {why}");
        }
        for problem in &self.problems {
            let _ = writeln!(text, "   problem  {problem}");
        }
        let verb = if self.dry_run { "would remove" } else { "removed" };
        let _ = match self.removed.len() {
            0 => writeln!(text, "nothing to remove"),
            count => {
                writeln!(text, "{verb} {}, {}", counted(count, "thing"), human_size(self.bytes))
            }
        };
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_is_shown_with_its_size_and_what_stays_with_the_reason() {
        let mut report = GcReport::new(false);
        assert_eq!(report.text(), "nothing to remove\n");
        let run = "0193a5c2e4b07c1e9f3a2b4c5d6e7f80".to_owned();
        report.removed(Item::new("run", run.clone(), 17));
        report.removed(Item::new("finished-run", run.clone(), 3 << 19));
        report.removed(Item::on("podman", "container", "beta".to_owned(), 0));
        report.left("run", run, "`alpha`, kept".to_owned());
        report.problem("cannot remove the volume x: it is in use".to_owned());
        insta::assert_snapshot!(report.text(), @r"
              17 B  dead run 0193a5c2e4b07c1e9f3a2b4c5d6e7f80
           1.5 MiB  finished run 0193a5c2e4b07c1e9f3a2b4c5d6e7f80
               0 B  container beta on `podman`
             stays  run 0193a5c2e4b07c1e9f3a2b4c5d6e7f80: `alpha`, kept
           problem  cannot remove the volume x: it is in use
        removed 3 things, 1.5 MiB
        ");
    }
}
