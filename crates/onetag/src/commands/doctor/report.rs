//! What `doctor` prints.

use std::fmt::Write as _;

use serde::Serialize;

use crate::backend::{BackendKind, Check, CheckState};

/// Of this format; it changes when a key goes or changes its meaning.
const SCHEMA: u32 = 1;

/// What a machine has and lacks.
#[derive(Debug, Serialize)]
pub(super) struct Diagnosis {
    schema: u32,
    /// The one that was asked for.
    backend: BackendKind,
    /// Whether runs can work on it.
    pub(super) works: bool,
    /// What every backend needs.
    machine: Vec<Check>,
    backends: Vec<BackendDiagnosis>,
    databases: Vec<Check>,
}

/// What a machine offers a backend.
#[derive(Debug, Serialize)]
pub(super) struct BackendDiagnosis {
    backend: BackendKind,
    /// Whether it is the one that is used unless another is asked for.
    default: bool,
    /// Whether it has what it needs besides what every backend needs.
    works: bool,
    checks: Vec<Check>,
}

impl BackendDiagnosis {
    pub(super) fn new(backend: BackendKind, checks: Vec<Check>) -> BackendDiagnosis {
        let default = backend == BackendKind::default();
        BackendDiagnosis { backend, default, works: work(&checks), checks }
    }
}

fn work(checks: &[Check]) -> bool {
    checks.iter().all(|check| check.state != CheckState::Failed)
}

impl Diagnosis {
    pub(super) fn new(
        backend: BackendKind,
        machine: Vec<Check>,
        backends: Vec<BackendDiagnosis>,
        databases: Vec<Check>,
    ) -> Diagnosis {
        let works =
            backends.iter().any(|diagnosis| diagnosis.backend == backend && diagnosis.works);
        Diagnosis {
            schema: SCHEMA,
            backend,
            works: works && work(&machine),
            machine,
            backends,
            databases,
        }
    }

    /// The same for people.
    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        section("this machine", &self.machine, &mut text);
        for BackendDiagnosis { backend, default, checks, .. } in &self.backends {
            let default = if *default { ", the default" } else { "" };
            section(&format!("backend {}{default}", backend.name()), checks, &mut text);
        }
        section("databases", &self.databases, &mut text);
        let verdict = if self.works { "runs can work" } else { "runs cannot work" };
        let _ = writeln!(text, "{verdict} on the backend `{}`", self.backend.name());
        text
    }
}

fn section(title: &str, checks: &[Check], text: &mut String) {
    let _ = writeln!(text, "{title}");
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    for Check { name, state, found, wanted, mend } in checks {
        let state = match state {
            CheckState::Ok => "ok",
            CheckState::Warning => "warning",
            CheckState::Failed => "FAILED",
        };
        let wanted = wanted.iter().map(|wanted| format!(" (wanted: {wanted})"));
        let line = format!("{found}{}", wanted.collect::<String>());
        let mut lines = line.lines();
        let first = lines.next().unwrap_or_default();
        let _ = writeln!(text, "  {state:<7}  {name:<width$}  {first}");
        for line in lines {
            let _ = writeln!(text, "           {line}");
        }
        let mut hint = "hint: ";
        for line in mend.iter().flat_map(|mend| mend.lines()) {
            let _ = writeln!(text, "           {hint}{line}");
            hint = "      ";
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_shown_with_what_mends_it() {
        let machine = vec![
            Check::ok("cargo", "1.95.0"),
            Check::failed("cargo-nextest", "0.9.99")
                .wanted("0.9.131 or newer")
                .mend("cargo install --locked cargo-nextest"),
            Check::warning("nextest.toml", "one\ntwo").mend("add these lines:\n[x]"),
        ];
        let backend = BackendDiagnosis::new(BackendKind::Process, vec![]);
        assert!(backend.works && backend.default);
        let diagnosis = Diagnosis::new(BackendKind::Process, machine, vec![backend], vec![]);
        assert!(!diagnosis.works);
        insta::assert_snapshot!(diagnosis.text(), @r"
        this machine
          ok       cargo          1.95.0
          FAILED   cargo-nextest  0.9.99 (wanted: 0.9.131 or newer)
                   hint: cargo install --locked cargo-nextest
          warning  nextest.toml   one
                   two
                   hint: add these lines:
                         [x]
        backend process, the default
        databases
        runs cannot work on the backend `process`
        ");
    }
}
