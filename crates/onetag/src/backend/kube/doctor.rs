//! What this machine has for clusters.

use serde::Deserialize;

use super::cluster::{KUBECONFIG, kubeconfig, kubectl};
use crate::backend::Check;
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

use std::process::Command;
use std::time::Duration;

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
    let ask = |arguments: &[&str]| {
        let mut command = Command::new(&kubectl);
        command.args(arguments).env(KUBECONFIG, kubeconfig()?);
        let tool = Tool::new(command, ANSWER).output(Output::Capture, Output::Capture);
        let finished = tool.finish(&Interrupt::default())?.success()?;
        anyhow::Ok(String::from_utf8_lossy(&finished.stdout).into_owned())
    };
    let version = ask(&["version", "--client", "--output", "json"])
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
    let contexts = match ask(&["config", "get-contexts", "--output", "name"]) {
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
    vec![version.wanted(format!("1.{OLDEST} or newer")), contexts, images]
}
