//! What this machine has for clusters.

use std::process::Command;
use std::time::Duration;

use camino::Utf8Path;
use serde::Deserialize;

use super::cluster::{KUBECONFIG, kubeconfig, kubectl};
use super::kind::{program, provider};
use crate::backend::Check;
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

/// How long kubectl may take to tell about itself.
const ANSWER: Duration = Duration::from_secs(20);

/// The oldest version that it is tried with.
const OLDEST: u32 = 28;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Versions {
    client_version: Version,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Version {
    git_version: String,
    minor: String,
}

/// Looks whether there is a kubectl that is new enough, a context, and a way for images.
/// Which cluster is meant only a run says.
pub(super) fn doctor() -> Vec<Check> {
    let kubectl = match kubectl() {
        Ok(kubectl) => kubectl,
        Err(error) => return vec![Check::of_error("kubectl", &error)],
    };
    let contexts = match kubeconfig().and_then(|files| {
        ask(&kubectl, &["config", "get-contexts", "--output", "name"], &[(KUBECONFIG, &files)])
    }) {
        Err(error) => Check::of_error("contexts", &error),
        Ok(names) if names.trim().is_empty() => Check::failed("contexts", "none")
            .mend("set KUBECONFIG to the file that has the context of your cluster"),
        Ok(names) => Check::ok("contexts", names.split_whitespace().collect::<Vec<_>>().join(", ")),
    };
    let found: Vec<&str> =
        ["skopeo", "ctr"].into_iter().filter(|program| find_program(program).is_some()).collect();
    let images = match found.is_empty() {
        false => Check::ok("images", found.join(", ")),
        true => Check::failed("images", "neither skopeo nor ctr is on PATH")
            .mend("apt-get install skopeo for --registry, containerd for --containerd"),
    };
    vec![version(&kubectl), contexts, images]
}

/// Looks whether there is what makes a cluster, and what talks to it.
pub(super) fn doctor_of_kind() -> Vec<Check> {
    let kubectl = match kubectl() {
        Ok(kubectl) => version(&kubectl),
        Err(error) => Check::of_error("kubectl", &error),
    };
    let kind = match program() {
        Err(error) => Check::of_error("kind", &error),
        Ok(kind) => match ask(&kind, &["version", "--quiet"], &[]) {
            Err(error) => Check::of_error("kind", &error),
            Ok(version) => Check::ok("kind", version.trim()),
        },
    };
    let nodes = match provider() {
        Err(error) => Check::of_error("nodes", &error),
        Ok(provider) => Check::ok("nodes", format!("containers of {provider}'s")),
    };
    vec![kubectl, kind, nodes]
}

fn ask(
    program: &Utf8Path,
    arguments: &[&str],
    variables: &[(&str, &str)],
) -> anyhow::Result<String> {
    let mut command = Command::new(program);
    command.args(arguments).envs(variables.iter().copied());
    let tool = Tool::new(command, ANSWER).output(Output::Capture, Output::Capture);
    let finished = tool.finish(&Interrupt::default())?.success()?;
    Ok(String::from_utf8_lossy(&finished.stdout).into_owned())
}

fn version(kubectl: &Utf8Path) -> Check {
    let version = ask(kubectl, &["version", "--client", "--output", "json"], &[])
        .and_then(|answer| Ok(serde_json::from_str::<Versions>(&answer)?.client_version));
    let version = match version {
        Err(error) => Check::of_error("kubectl", &error),
        Ok(Version { git_version, minor }) => {
            let minor: String = minor.chars().take_while(char::is_ascii_digit).collect();
            match minor.parse().is_ok_and(|minor: u32| minor >= OLDEST) {
                true => Check::ok("kubectl", git_version),
                false => Check::failed("kubectl", git_version),
            }
        }
    };
    version.wanted(format!("1.{OLDEST} or newer"))
}
