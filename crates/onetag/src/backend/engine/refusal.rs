//! What engines say when they do not do what they are asked to.

use anyhow::anyhow;

use super::dialect::Dialect;
use crate::error::Attach as _;
use crate::system::tail::printable;
use crate::system::tool::Finished;

/// What an engine said when it did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("`{line}` {ended}: {said}")]
pub(super) struct Refusal {
    line: String,
    ended: String,
    pub(super) said: String,
}

impl Refusal {
    pub(super) fn of(dialect: &'static Dialect, finished: &Finished) -> anyhow::Error {
        let said = String::from_utf8_lossy(&finished.stderr);
        let lines = said.lines().map(str::trim).filter(|line| {
            // podman's warnings, which it writes at each call.
            !line.is_empty() && !line.starts_with("time=\"")
        });
        let said = lines.collect::<Vec<_>>().join("; ");
        let said = ["Error: ", "Error response from daemon: ", "docker: "]
            .iter()
            .fold(said.as_str(), |said, prefix| said.strip_prefix(prefix).unwrap_or(said));
        let said = printable(said, SAID);
        let hint = hint(dialect, &said);
        // The line of `run` is long, and says nothing that is not known.
        let line: String = finished.line.chars().take(LINE).collect();
        let error = anyhow!(Refusal { line, ended: finished.ended(), said });
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }
}

/// How many bytes of what an engine says are shown.
const SAID: usize = 2000;

/// How much of a command is shown.
const LINE: usize = 120;

fn hint(dialect: &Dialect, said: &str) -> Option<String> {
    let said = said.to_lowercase();
    let has = |words: &str| said.contains(words);
    if has("permission denied") && has("sock") {
        let program = dialect.program;
        return Some(format!("become a member of the group `{program}`, or run a rootless engine"));
    }
    if has("cannot connect")
        || has("connection refused")
        || has("no such file or directory") && has("sock")
    {
        return Some(dialect.start.to_owned());
    }
    if has("no space left") {
        return Some(format!(
            "make room where the engine keeps its images; `{} system df` shows it",
            dialect.program
        ));
    }
    None
}

/// Whether an engine said that what it was asked about is not there: not a file of its
/// own, and not its host.
pub(super) fn is_absent(error: &anyhow::Error) -> bool {
    // podman 4.3, podman 5, docker 20.10, docker 29.
    const ABSENT: [&str; 11] = [
        "no such container",
        "no such image",
        "no such network",
        "no such object",
        "no such volume",
        "image not known",
        "network not found",
        "no container with name",
        "no container with id",
        "unable to find network",
        // docker, of two names of an image that are removed at once.
        "unrecognized image id",
    ];
    let Some(Refusal { said, .. }) = error.downcast_ref() else { return false };
    let said = said.to_lowercase();
    let has_no_network = said.starts_with("network ") && said.ends_with(" not found");
    has_no_network || ABSENT.iter().any(|words| said.contains(words))
}

/// Whether podman met an image that somebody was just removing, or removed a container
/// that it still unmounts, since that has just ended. It keeps an image in several places
/// and reads them without a lock over all, and unmounts in a process of its own
/// (podman 4.3).
pub(super) fn is_race(error: &anyhow::Error) -> bool {
    const RACES: [&str; 5] = [
        ": device or resource busy",
        "layer not known",
        "is dangling: reading image",
        "consider removing the image to resolve",
        "you may need to remove the image to resolve",
    ];
    let Some(Refusal { said, .. }) = error.downcast_ref() else { return false };
    RACES.iter().any(|words| said.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(said: &str) -> anyhow::Error {
        let [line, ended] = ["docker ps", "ended with code 1"].map(str::to_owned);
        anyhow!(Refusal { line, ended, said: said.to_owned() })
    }

    #[test]
    fn an_image_that_goes_while_all_are_listed_is_a_race() {
        let said = "checking if image \"c8\" is dangling: reading image \"c8\": locating image \
                    with ID \"c8\": image not known";
        assert!(is_race(&refusal(said)));
        assert!(!is_race(&refusal("c8: image not known")));
    }

    #[test]
    fn a_container_that_is_still_unmounted_is_a_race() {
        let said = "removing container 0f5c root filesystem: 1 error occurred:; * unlinkat \
                    /var/lib/containers/storage/overlay-containers/0f5c/userdata/shm: device or \
                    resource busy";
        assert!(is_race(&refusal(said)));
    }

    #[test]
    fn what_is_not_there_is_told_from_an_engine_that_is_not_there() {
        for said in [
            "No such container: onetag-1",
            "no container with name or ID \"onetag-1\" found: no such container",
            "localhost/a:b: image not known",
            "No such image: localhost/a:b",
            "unrecognized image ID sha256:975b",
            "network onetag-1 not found",
            "unable to find network with name or ID onetag-1: network not found",
        ] {
            assert!(is_absent(&refusal(said)), "{said}");
        }
        for said in [
            "open /nonexistent/ca.pem: no such file or directory",
            "dial tcp: lookup nonexistent.invalid: no such host",
            "dial unix /var/run/docker.sock: connect: no such file or directory",
        ] {
            assert!(!is_absent(&refusal(said)), "{said}");
        }
    }
}
