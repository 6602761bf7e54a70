//! What kind says when it fails, as people read it.

use super::NODE_IMAGE;
use crate::system::tail::printable;

/// How many bytes of what kind says are shown.
const SAID: usize = 2000;

/// What kind says, without what it shows of its progress.
pub(super) fn message(said: &str) -> String {
    let error = said.lines().map(str::trim).find(|line| line.starts_with("ERROR: "));
    let last = || said.lines().map(str::trim).rfind(|line| !line.is_empty());
    let message = error.or_else(last).unwrap_or_default();
    printable(message.trim_start_matches("ERROR: "), SAID)
}

pub(super) fn hint(said: &str, provider: &str) -> Option<String> {
    let said = said.to_lowercase();
    let has = |words: &str| said.contains(words);
    if has("cannot connect to the docker daemon") || has("permission denied") && has("sock") {
        return Some(format!("`cargo xtask doctor` tells what `{provider}` lacks"));
    }
    if has("failed to pull image") || has("manifest unknown") || has("no such host") {
        return Some(format!(
            "`kind` needs the image of its nodes once; {NODE_IMAGE} names one that is there"
        ));
    }
    if has("cgroup") {
        return Some("see https://kind.sigs.k8s.io/docs/user/rootless".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_told_without_the_progress_before_it() {
        let said = "Creating cluster \"onetag-1\" ...\n \u{2717} Ensuring node image\n\
                    ERROR: failed to create cluster: failed to pull image \"kindest/node:v1\": \
                    command \"docker pull\" failed with error: exit status 1\n\n\
                    Command Output: no such host\n";
        assert!(message(said).starts_with("failed to create cluster: failed to pull image"));
        assert!(hint(said, "docker").unwrap().contains(NODE_IMAGE));
        assert_eq!(message("no clusters"), "no clusters");
    }
}
