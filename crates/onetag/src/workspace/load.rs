//! Asks cargo for the workspace.

use anyhow::{Context as _, bail};
use camino::Utf8Path;
use xshell::{Shell, cmd};

use super::assemble::assemble;
use super::cargo::CargoMetadata;
use super::topology::Workspace;
use crate::image::Digest;

/// The validated topology of the workspace that `cwd` lies in.
///
/// # Errors
///
/// A [`Problem`](super::Problem) if a manifest says something that is not
/// allowed; another error if cargo cannot be run or cannot read the workspace.
pub fn load(cwd: &Utf8Path) -> anyhow::Result<Workspace> {
    let json = metadata_json(cwd)?;
    let metadata: CargoMetadata =
        serde_json::from_slice(&json).context("cannot read the output of `cargo metadata`")?;
    Ok(assemble(metadata, Digest::of(&json))?)
}

/// What `cargo metadata` prints.
///
/// `--no-deps` leaves the dependency graph unresolved: that takes 20 instead of
/// 140 ms and touches neither the network nor the lock file.
fn metadata_json(cwd: &Utf8Path) -> anyhow::Result<Vec<u8>> {
    // Cargo names itself to what it runs, so `cargo xtask` asks the very cargo
    // that started it, whatever is first on the path.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let sh = Shell::new()?;
    sh.change_dir(cwd);
    let output = cmd!(sh, "{cargo} metadata --format-version 1 --no-deps")
        .quiet()
        .ignore_status()
        .output()?;
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr);
        bail!(
            "`cargo metadata` failed in {cwd}: {}\n{}",
            output.status,
            stderr.trim_end()
        );
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::TargetKind;

    #[test]
    fn this_repository_loads() {
        let here = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
        let workspace = load(here).unwrap();
        assert!(
            here.starts_with(&workspace.root),
            "{here} is not below {}",
            workspace.root
        );
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

    #[test]
    fn outside_of_a_workspace_cargo_says_so() {
        let empty = tempfile::tempdir().unwrap();
        let cwd = Utf8Path::from_path(empty.path()).unwrap();
        let error = load(cwd).unwrap_err().to_string();
        assert!(error.contains("could not find `Cargo.toml`"), "{error}");
        assert!(error.starts_with("`cargo metadata` failed in "), "{error}");
    }
}
