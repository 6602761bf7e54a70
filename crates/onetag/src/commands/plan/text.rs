//! The same for people.

use std::fmt::Write as _;
use std::process::Command;
use std::time::Duration;

use super::document::{Preview, PreviewedRun, PreviewedService};
use crate::report::NotRun;
use crate::system::tail::printable;
use crate::system::tool::command_line;
use crate::workspace::Ready;

/// How many bytes of a value are shown; the document has all of them.
const MAX_VALUE: usize = 200;

/// What `plan` prints.
pub(super) fn text(preview: &Preview) -> String {
    let Preview { backend, profile, cargo, passed_on, runs, not_run, .. } = preview;
    let mut text = format!("on `{}`, services with cargo's profile `{profile}`\n", backend.name());
    for line in cargo {
        let _ = writeln!(text, "  {line}");
    }
    if !passed_on.is_empty() {
        let _ = writeln!(text, "every service gets of the caller: {}", passed_on.join(", "));
    }
    for NotRun { suite, reason } in not_run {
        let _ = writeln!(text, "{suite} is not run: {reason}");
    }
    for run in runs {
        text.push('\n');
        describe(run, preview, &mut text);
    }
    text
}

fn describe(run: &PreviewedRun, preview: &Preview, text: &mut String) {
    let _ = writeln!(text, "{}", run.tag);
    for (level, services) in run.levels.iter().enumerate() {
        for service in services {
            let _ = writeln!(text, "  {} {}, {}", level + 1, service.service, reasons(service));
            let _ = writeln!(text, "      {}", service.reference);
            for line in lines(service, preview) {
                let _ = writeln!(text, "      {line}");
            }
        }
    }
    let tests = &run.tests;
    let _ = writeln!(text, "  tests of {}", tests.binary_ids.join(", "));
    let mut nextest = Command::new("cargo");
    nextest.args(["nextest", "run", "--profile", tests.profile, "-E", &tests.filterset]);
    let _ = writeln!(text, "      {}", command_line(nextest.args(&tests.arguments)));
}

/// Why a service is there.
fn reasons(service: &PreviewedService) -> String {
    let under_test = service.under_test.then(|| "under test".to_owned());
    let external = service.external.then(|| "external".to_owned());
    let by_suite = service.needed_by_suite.then(|| "needed by the suite".to_owned());
    let by_services = service.needed_by.iter().map(|name| format!("needed by `{name}`"));
    let reasons: Vec<String> =
        under_test.into_iter().chain(external).chain(by_suite).chain(by_services).collect();
    reasons.join(", ")
}

fn lines(service: &PreviewedService, preview: &Preview) -> Vec<String> {
    let limit = Duration::from_secs_f64(preview.ready_timeout_seconds);
    let mut lines = vec![format!(
        "ready when {}, within {}",
        match &service.ready {
            Ready::Http(path) => format!("{path} answers 2xx"),
            Ready::Tcp => "its port accepts connections".to_owned(),
            Ready::Started => "its process runs".to_owned(),
            Ready::Postgres => "it lets clients in".to_owned(),
        },
        humantime::format_duration(limit)
    )];
    let own = service.port.map(|port| port.to_string());
    let further = service.ports.iter().map(|(name, port)| format!("{port} ({name})"));
    let ports: Vec<String> = own.into_iter().chain(further).collect();
    if !ports.is_empty() {
        lines.push(format!("ports in its own network: {}", ports.join(", ")));
    }
    lines.extend(service.volume.as_ref().map(|volume| format!("volume: {volume}")));
    lines.extend(service.database.as_ref().map(|database| format!("database: {database}")));
    if !service.files.is_empty() {
        let files: Vec<&str> = service.files.iter().map(|file| file.as_str()).collect();
        lines.push(format!("files: {}", files.join(", ")));
    }
    let containerfile = service.containerfile.as_ref();
    lines.extend(containerfile.map(|path| format!("image: built by the engine from {path}")));
    if !service.config.is_empty() {
        lines.push(format!("config: {}", service.config.join(", ")));
    }
    lines.extend(service.memory.map(|bytes| format!("memory: {} MiB at most", bytes >> 20)));
    if service.replicas > 1 {
        lines.push(format!("replicas: {}", service.replicas));
    }
    if !service.args.is_empty() {
        let args: Vec<String> = service.args.iter().map(|arg| format!("{arg:?}")).collect();
        lines.push(format!("args: {}", args.join(" ")));
    }
    let shown = |value: &str| printable(value, MAX_VALUE);
    lines.extend(service.env.iter().map(|(key, value)| format!("{key}={}", shown(value))));
    lines.extend(service.host_variables.iter().map(|(name, is_set)| match is_set {
        true => format!("{name} of the caller is set"),
        false => format!("{name} of the caller is not set: `e2e` would refuse it"),
    }));
    lines
}
