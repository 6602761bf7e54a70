//! Pushing images to a registry, with the credentials that the caller has for it.

use std::fs;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use camino::Utf8Path;

use crate::build::image::Digest;
use crate::error::Attach as _;
use crate::run::ledger::Ledger;
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::tail::printable;
use crate::system::tool::{Output, Tool};

/// How long a push may take.
const PUSH: Duration = Duration::from_secs(110);

/// How many bytes of what skopeo says are shown.
const SAID: usize = 2000;

/// Pushes an archive under a name, without changing a byte of it; tells the digest of its
/// manifest. What the registry has already is not sent again.
///
/// Engines would compress layers anew, which gives other digests than those that were
/// built.
pub(super) fn push(
    archive: &Utf8Path,
    name: &str,
    digest: &Utf8Path,
    ledger: &Ledger,
) -> anyhow::Result<Digest> {
    let skopeo = find_program("skopeo")
        .ok_or_else(|| anyhow!("there is no `skopeo` on PATH, with which images are pushed"))
        .hint("apt-get install skopeo, or your system's package")?;
    let mut command = Command::new(skopeo);
    command.args(["copy", "--quiet", "--preserve-digests", "--digestfile", digest.as_str()]);
    if is_local(name) {
        // As docker does.
        command.arg("--dest-tls-verify=false");
    }
    command.args([format!("oci-archive:{archive}"), format!("docker://{name}")]);
    let tool = Tool::new(command, PUSH).output(Output::Capture, Output::Capture);
    let finished = tool.recorded([ledger]).finish(&Interrupt::default())?;
    if !finished.status.success() {
        let said = String::from_utf8_lossy(&finished.stderr);
        let said = message(&said);
        let hint = hint(name, &said);
        let error = anyhow!("the registry does not take {name}: {said}");
        return Err(match hint {
            Some(hint) => error.hint(hint),
            None => error,
        });
    }
    let told = fs::read_to_string(digest).with_context(|| format!("cannot read {digest}"))?;
    let _ = fs::remove_file(digest);
    told.trim().parse()
}

/// What skopeo says, without what its library for logs puts around it.
fn message(said: &str) -> String {
    let last = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    let message = last.split_once("msg=\"").map_or(last, |(_, message)| message);
    printable(&message.trim_end_matches('"').replace("\\\"", "\""), SAID)
}

fn hint(name: &str, said: &str) -> Option<String> {
    let registry = name.split('/').next().unwrap_or(name);
    let said = said.to_lowercase();
    let has = |words: &str| said.contains(words);
    if has("unauthorized") || has("authentication required") || has("denied") {
        return Some(format!(
            "`skopeo login {registry}` (or `docker login`, `podman login`) with a user who may push"
        ));
    }
    if has("connection refused") || has("no such host") || has("timeout") {
        return Some(format!("`--registry` names {registry}: it has to be reached from here"));
    }
    if has("http response to https client") || has("x509") {
        return Some(format!(
            "say in /etc/containers/registries.conf how {registry} is to be talked to, and give \
             the nodes the same"
        ));
    }
    None
}

/// Whether a registry is on this machine.
fn is_local(name: &str) -> bool {
    let host = name.split('/').next().unwrap_or(name);
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    host == "localhost" || host == "[::1]" || host.starts_with("127.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_registry_of_this_machine_is_talked_to_without_tls() {
        for local in ["localhost:5000/a/b:c", "127.0.0.1:5000/b:c", "[::1]:5000/b:c", "localhost/b"]
        {
            assert!(is_local(local), "{local}");
        }
        for other in ["ghcr.io/a/b:c", "localhost.example/b:c", "10.0.0.1:5000/b:c"] {
            assert!(!is_local(other), "{other}");
        }
    }

    #[test]
    fn what_a_registry_says_is_told_with_what_mends_it() {
        let said = "time=\"2026-11-28T20:00:00Z\" level=fatal msg=\"trying to reuse blob sha256:1 at \
                    destination: checking whether a blob exists: authentication required\"\n";
        let said = message(said);
        assert!(said.starts_with("trying to reuse blob"), "{said}");
        assert!(hint("ghcr.io/a/b:c", &said).unwrap().starts_with("`skopeo login ghcr.io`"));
        assert_eq!(hint("ghcr.io/a/b:c", "something else"), None);
    }
}
