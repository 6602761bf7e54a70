//! What every backend needs of a machine.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use camino::Utf8Path;
use xshell::{Shell, cmd};

use crate::backend::Check;
use crate::context::{cargo, here};
use crate::report::human_size;
use crate::suite::{NextestVersion, PROFILE};
use crate::system;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};
use crate::system::wait::{self, Poll};
use crate::workspace::{
    Location, Workspace, check_nextest_config, nextest_wanted, validate_target_directory,
};

/// How long cargo may take to say its version.
const LIMIT: Duration = Duration::from_secs(60);

/// How long the kernel may take to tell of a new process.
const LOOK: Duration = Duration::from_secs(2);

/// With less room than this a build of a few services may fill the disk.
const ROOM: u64 = 2 << 30;

/// What a process of ours is marked with.
const MARK: (&str, &str) = ("ONETAG_DOCTOR", "looks");

/// Looks at all of it.
///
/// # Errors
///
/// A signal came.
pub(super) fn checks(interrupt: &Interrupt) -> anyhow::Result<Vec<Check>> {
    let place = here().and_then(|here| crate::workspace::locate(&here, interrupt));
    let workspace = here().and_then(|here| crate::workspace::load(&here, interrupt));
    let root = place.as_ref().ok().map(|place| place.root.as_path());
    let mut checks = vec![
        cargo_version(interrupt),
        nextest(root, interrupt),
        workspace_check(workspace.as_ref()),
    ];
    checks.extend(workspace.as_ref().ok().map(nextest_config));
    checks.extend(place.as_ref().ok().into_iter().flat_map(target_folder));
    checks.extend([processes(), looking(interrupt)]);
    interrupt.check()?;
    Ok(checks)
}

fn cargo_version(interrupt: &Interrupt) -> Check {
    let version = || {
        let (shell, cargo) = (Shell::new()?, cargo());
        let asked = Tool::new(cmd!(shell, "{cargo} --version"), LIMIT)
            .output(Output::Capture, Output::Capture)
            .finish(interrupt)?;
        anyhow::Ok(String::from_utf8_lossy(&asked.success()?.stdout).trim().to_owned())
    };
    match version() {
        // `cargo 1.95.0 (f2d3ce0bd 2026-03-21)`
        Ok(version) => Check::ok("cargo", version.split(' ').nth(1).unwrap_or(&version)),
        Err(error) => Check::failed("cargo", format!("{error:#}")).mend("https://rustup.rs"),
    }
}

/// What the harness wants, and what the repository does.
fn nextest(root: Option<&Utf8Path>, interrupt: &Interrupt) -> Check {
    let name = "cargo-nextest";
    let found = here().and_then(|here| NextestVersion::query(&cargo(), &here, interrupt));
    let found = match found {
        Ok(found) => found,
        Err(error) => return Check::failed(name, format!("{error:#}")),
    };
    let (required, recommended) = root.map(nextest_wanted).unwrap_or_default();
    let required = required.into_iter().chain([NextestVersion::REQUIRED]).max();
    let required = required.unwrap_or(NextestVersion::REQUIRED);
    let wanted = match &recommended {
        Some(recommended) if *recommended > required => {
            format!("{required} or newer, best {recommended} or newer")
        }
        _ => format!("{required} or newer"),
    };
    let check = match found.version() {
        Err(reason) => Check::failed(name, reason),
        Ok(version) if *version < required => Check::failed(name, version.to_string()),
        Ok(version) if recommended.is_some_and(|recommended| *version < recommended) => {
            Check::warning(name, version.to_string())
        }
        Ok(version) => return Check::ok(name, version.to_string()).wanted(wanted),
    };
    check.wanted(wanted).mend(NextestVersion::INSTALL)
}

fn workspace_check(workspace: Result<&Workspace, &anyhow::Error>) -> Check {
    let name = "workspace";
    match workspace {
        Ok(workspace) => {
            let (services, suites) = (workspace.services.len(), workspace.suites.len());
            let root = &workspace.root;
            let found = format!("services: {services}, suites: {suites}, in {root}");
            match workspace.warnings() {
                warnings if warnings.is_empty() => Check::ok(name, found),
                warnings => Check::warning(name, format!("{found}; {}", warnings.join("; "))),
            }
        }
        Err(error) => Check::of_error(name, error),
    }
}

/// Whether setup scripts are enabled, and the rest without which no suite runs.
fn nextest_config(workspace: &Workspace) -> Check {
    let name = ".config/nextest.toml";
    let suites: Vec<_> = workspace.suites.values().collect();
    match check_nextest_config(workspace, PROFILE, &suites) {
        Err(error) => Check::of_error(name, &error),
        Ok(warnings) if warnings.is_empty() => Check::ok(
            name,
            format!("setup scripts are enabled, and there is a profile `{PROFILE}`"),
        ),
        Ok(warnings) => Check::warning(name, warnings.join("\n")),
    }
}

/// Its path, whether it can be written to, and how much room there is.
fn target_folder(place: &Location) -> Vec<Check> {
    let (name, target) = ("target folder", &place.target_directory);
    if let Err(error) = validate_target_directory(target) {
        return vec![Check::of_error(name, &error)];
    }
    // It may be made yet.
    let Some(there) = target.ancestors().find(|folder| folder.exists()) else {
        return vec![Check::failed(name, format!("nothing above {target} exists"))];
    };
    let writable = match tempfile::tempfile_in(there) {
        Ok(_) => Check::ok(name, target.as_str()),
        Err(error) => Check::failed(name, format!("{there} cannot be written to: {error}"))
            .mend("set CARGO_TARGET_DIR to a folder that you can write to"),
    };
    let (name, free) = ("disk space", |bytes| format!("{} free", human_size(bytes)));
    let room = match system::free_space(there) {
        Ok(bytes) if bytes >= ROOM => Check::ok(name, free(bytes)),
        Ok(bytes) => {
            Check::warning(name, free(bytes)).mend("cargo xtask gc --older-than 0s\ncargo clean")
        }
        Err(error) => Check::warning(name, format!("{there} does not tell: {error}")),
    };
    let room = room.wanted(human_size(ROOM));
    vec![writable, room]
}

/// Whether a process can be named for good.
fn processes() -> Check {
    let (name, pid) = ("processes", std::process::id());
    let source = if cfg!(target_os = "linux") { "/proc" } else { "`ps`" };
    match system::ProcessId::of(pid) {
        Ok(_) => Check::ok(name, format!("{source} tells which there are")),
        Err(error) => Check::failed(name, format!("{source} does not tell of pid {pid}: {error}"))
            .mend(format!("make {source} available to this user")),
    }
}

/// Whether a process of this user can be looked into, as the witness and the search for
/// leftovers do.
fn looking(interrupt: &Interrupt) -> Check {
    let name = "ptrace access";
    let look = || {
        let (key, value) = MARK;
        // It waits for its input.
        let mut child = Command::new("cat")
            .env(key, value)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .context("cannot run `cat`")?;
        let pid = child.id();
        // The kernel tells a program's variables some moments after it has started it.
        let marked = wait::until("looking into a process", LOOK, interrupt, || {
            Ok(match system::variable(pid, key) {
                Some(found) if found == value => Poll::Ready(()),
                _ => Poll::Pending("its variables are not told".to_owned()),
            })
        });
        let seen = (!system::is_hidden(pid), marked.is_ok());
        child.kill().and_then(|()| child.wait()).context("cannot end `cat`")?;
        anyhow::Ok(seen)
    };
    let weaker =
        |what: &str| Check::warning(name, what).mend("see `hidepid` in proc(5), and ptrace(2)");
    match look() {
        Ok((true, true)) => Check::ok(name, "what services execute can be looked at"),
        Ok((false, _)) => {
            weaker("what a service executes is only known by what it was started from")
        }
        Ok((true, false)) => weaker("what a run leaves behind is not found by its environment"),
        Err(error) => Check::warning(name, format!("{error:#}")),
    }
}
