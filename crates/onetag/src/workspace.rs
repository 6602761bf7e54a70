//! The topology of the workspace, which cargo is asked for.
//!
//! What it consists of, and how it is read, is in the crate `onetag_workspace`.
//!
//! ```no_run
//! # fn main() -> anyhow::Result<()> {
//! let workspace = onetag::workspace::load(".".into(), &Default::default())?;
//! let plan = workspace.plan(workspace.suite("messenger")?)?;
//! # Ok(())
//! # }
//! ```

use std::time::Duration;

use anyhow::bail;
use camino::Utf8Path;
use xshell::{Shell, cmd};

use onetag_workspace::read;
pub use onetag_workspace::{
    Filterset, FiltersetError, Location, Placeholder, Plan, PlannedService, Problem, Selection,
    Service, ServiceField, StoreKind, Suite, TargetKind, Template, TemplateError, TestTarget,
    Values, Workspace, resolve, validate_target_directory,
};

use crate::image::Digest;
use crate::signals::Interrupt;
use crate::tool::{Said, Tool};

/// How long cargo may take to read manifests.
const LIMIT: Duration = Duration::from_secs(60);

/// The validated topology of the workspace that `cwd` lies in.
///
/// # Errors
///
/// A [`Problem`] if a manifest says something that is not allowed; another error
/// if cargo cannot be run or cannot read the workspace.
pub fn load(cwd: &Utf8Path, interrupt: &Interrupt) -> anyhow::Result<Workspace> {
    read(&metadata_json(cwd, interrupt)?)
}

/// The topology as [`load`] gives it, and the digest of what cargo says of the
/// workspace's own manifests: another one as soon as a member, a target or a
/// dependency changes.
pub(crate) fn load_with_digest(
    cwd: &Utf8Path,
    interrupt: &Interrupt,
) -> anyhow::Result<(Workspace, Digest)> {
    let json = metadata_json(cwd, interrupt)?;
    Ok((read(&json)?, Digest::of(&json)))
}

/// Where the workspace is that `cwd` lies in.
///
/// It validates nothing: a mistake in a manifest is no reason to leave runs
/// behind.
///
/// # Errors
///
/// When cargo cannot be run or cannot read the workspace.
pub fn locate(cwd: &Utf8Path, interrupt: &Interrupt) -> anyhow::Result<Location> {
    onetag_workspace::locate(&metadata_json(cwd, interrupt)?)
}

/// What `cargo metadata` prints.
///
/// `--no-deps` leaves the dependency graph unresolved: that takes 20 instead of
/// 140 ms and touches neither the network nor the lock file.
pub(crate) fn metadata_json(cwd: &Utf8Path, interrupt: &Interrupt) -> anyhow::Result<Vec<u8>> {
    // Cargo names itself to what it runs, so `cargo xtask` asks the very cargo
    // that started it, whatever is first on the path.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let sh = Shell::new()?;
    sh.change_dir(cwd);
    let command = cmd!(sh, "{cargo} metadata --format-version 1 --no-deps");
    let finished =
        Tool::new(command, LIMIT).said(Said::Captured, Said::Captured).finish(interrupt)?;
    if !finished.status.success() {
        let stderr = String::from_utf8_lossy(&finished.stderr);
        let how = finished.ended();
        bail!("`cargo metadata` {how} in {cwd}: {}", stderr.trim_end());
    }
    Ok(finished.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::TargetKind;

    #[test]
    fn this_repository_loads() {
        let here = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = load(here, &Interrupt::default()).unwrap();
        assert!(here.starts_with(&workspace.root), "{here} is not below {}", workspace.root);
        let own_unit_tests = workspace
            .test_targets
            .iter()
            .find(|target| target.binary_id == env!("CARGO_PKG_NAME"))
            .unwrap();
        assert_eq!(own_unit_tests.kind, TargetKind::Lib);
        for suite in workspace.suites.values() {
            let plan = workspace.plan(suite).unwrap();
            for service in plan.services() {
                for need in &service.service.needs {
                    assert!(plan.service(need).is_some(), "`{need}` is not planned");
                }
            }
        }
    }

    /// As people write it: inline tables, dotted keys, all keys of a service.
    #[test]
    fn metadata_in_toml_becomes_a_plan() {
        const PACKAGES: [(&str, &str); 4] = [
            (
                "database",
                r#"
                [package.metadata.onetag]
                port = 8080
                ready = "/health/ready"
                store = ["sqlite", "postgres"]
                volume = "/data"
                env = { LISTEN_ADDR = "{self.listen}", DATABASE_URL = "{store.url}" }
                "#,
            ),
            (
                "messenger",
                r#"
                [package.metadata.onetag]
                needs = ["database"]
                port = 8080
                ready = "/health/ready"
                env = { DATASTORAGE_URL = "{database.url}", RETRY_INITIAL = "30s" }

                [package.metadata.onetag.suite]
                filter = "package(messenger)"
                needs = ["sink"]
                env.messenger = { RETRY_INITIAL = "50ms", SLACK_URL = "{sink.url}/hook/slack" }
                "#,
            ),
            ("sink", "[package.metadata.onetag]\nport = 8080\nready = '/health/ready'\n"),
            ("bystander", ""),
        ];
        let folder = tempfile::tempdir().unwrap();
        let root = Utf8Path::from_path(folder.path()).unwrap();
        let manifest = "[workspace]\nresolver = '3'\nmembers = ['*']\n\
                        [workspace.metadata.onetag.suites.pipeline]\n\
                        filter = 'all()'\nneeds = ['messenger']\n";
        std::fs::write(root.join("Cargo.toml"), manifest).unwrap();
        for (name, metadata) in PACKAGES {
            let package = root.join(name);
            std::fs::create_dir_all(package.join("src")).unwrap();
            std::fs::create_dir_all(package.join("tests")).unwrap();
            std::fs::write(package.join("src/main.rs"), "fn main() {}\n").unwrap();
            std::fs::write(package.join("tests/it.rs"), "").unwrap();
            let manifest = format!("[package]\nname = '{name}'\nedition = '2024'\n{metadata}");
            std::fs::write(package.join("Cargo.toml"), manifest).unwrap();
        }

        let workspace = load(&root.join("sink"), &Interrupt::default()).unwrap();
        let names: Vec<&String> = workspace.services.keys().collect();
        assert_eq!(names, ["database", "messenger", "sink"]);
        let plan = |suite: &str| workspace.plan(workspace.suite(suite).unwrap()).unwrap();
        let order = |suite: &str| -> Vec<String> {
            plan(suite).services().map(|planned| planned.service.name.clone()).collect()
        };
        assert_eq!(order("messenger"), ["database", "sink", "messenger"]);
        assert_eq!(order("pipeline"), ["database", "messenger"]);
        let planned = plan("messenger");
        let env = &planned.service("messenger").unwrap().env;
        assert_eq!(env["RETRY_INITIAL"].to_string(), "50ms");
        assert_eq!(env["SLACK_URL"].to_string(), "{sink.url}/hook/slack");
    }

    #[test]
    fn outside_of_a_workspace_cargo_says_so() {
        let empty = tempfile::tempdir().unwrap();
        let cwd = Utf8Path::from_path(empty.path()).unwrap();
        let error = load(cwd, &Interrupt::default()).unwrap_err().to_string();
        assert!(error.contains("could not find `Cargo.toml`"), "{error}");
        assert!(error.starts_with("`cargo metadata` ended with code 101 in "), "{error}");
    }
}
