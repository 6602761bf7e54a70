//! What kubectl says when it does not do what it is asked to.

use anyhow::anyhow;

use crate::error::{Attach as _, find};
use crate::system::tail::printable;
use crate::system::tool::Finished;

/// What kubectl said when it did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
#[error("`{line}` {ended}: {said}")]
pub(super) struct Refusal {
    line: String,
    ended: String,
    said: String,
    pub(super) reason: Reason,
}

/// Why it did not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    /// It is not there.
    Absent,
    /// The user may not do that.
    Forbidden,
    /// The namespace may not have more.
    Quota,
    /// The namespace does not let such pods in.
    PodSecurity,
    /// The namespace is being deleted.
    Terminating,
    /// The user is not known.
    Unauthorized,
    /// The kubeconfig has no such context.
    NoContext,
    /// The kubeconfig cannot be read.
    NoConfiguration,
    /// The API server does not answer.
    Unreachable,
    Other,
}

/// Words by which a reason is known, in small letters: the first that match (kubectl 1.28,
/// 1.32).
const WORDS: [(Reason, &[&str]); 24] = [
    (Reason::Quota, &["exceeded quota"]),
    (Reason::Quota, &["failed quota"]),
    (Reason::PodSecurity, &["violates podsecurity"]),
    (Reason::Terminating, &["because it is being terminated"]),
    (Reason::Forbidden, &["(forbidden)"]),
    (Reason::Forbidden, &[" is forbidden: user "]),
    (Reason::NoContext, &["context", "does not exist"]),
    (Reason::NoContext, &["context was not found"]),
    (Reason::NoContext, &["error: context ", " not found"]),
    (Reason::NoConfiguration, &["error loading config file"]),
    (Reason::NoConfiguration, &["invalid configuration"]),
    (Reason::Unauthorized, &["must be logged in to the server"]),
    (Reason::Unauthorized, &["provide credentials"]),
    (Reason::Unreachable, &["the connection to the server"]),
    (Reason::Unreachable, &["unable to connect to the server"]),
    (Reason::Unreachable, &["(serviceunavailable)"]),
    (Reason::Unreachable, &["(timeout)"]),
    (Reason::Unreachable, &["client.timeout exceeded"]),
    (Reason::Unreachable, &["context deadline exceeded"]),
    (Reason::Unreachable, &["couldn't get current server api group list"]),
    (Reason::Unreachable, &["connection refused"]),
    (Reason::Unreachable, &["i/o timeout"]),
    (Reason::Absent, &["(notfound)"]),
    (Reason::Absent, &["no matching resources found"]),
];

/// How many bytes of what kubectl says are shown, and of its command.
const SAID: usize = 2000;
const LINE: usize = 160;

impl Refusal {
    pub(super) fn of(finished: &Finished, context: &str) -> anyhow::Error {
        let all = String::from_utf8_lossy(&finished.stderr);
        let reason = Reason::of(&all);
        let said = all.lines().map(str::trim).filter(|line| !is_noise(line));
        let said = match said.collect::<Vec<_>>().join("; ") {
            // Noise is all that there is, the same line again and again.
            none if none.is_empty() => all.lines().last().unwrap_or_default().trim().to_owned(),
            said => said,
        };
        let said = ["Error from server ", "error: "]
            .iter()
            .fold(said.as_str(), |said, prefix| said.strip_prefix(prefix).unwrap_or(said));
        let said = printable(said, SAID);
        let hint = reason.hint(context, &said);
        let line: String = finished.line.chars().take(LINE).collect();
        let error = anyhow!(Refusal { line, ended: finished.ended(), said, reason });
        match hint {
            Some(hint) => error.hint(hint),
            None => error,
        }
    }

    /// Why kubectl refused, if that is what an error is about.
    pub(super) fn reason(error: &anyhow::Error) -> Option<Reason> {
        find::<Refusal>(error).map(|refusal| refusal.reason)
    }
}

impl Reason {
    pub(super) fn of(said: &str) -> Reason {
        let said = said.to_lowercase();
        let is_it = |words: &[&str]| words.iter().all(|words| said.contains(words));
        let found = WORDS.iter().find(|(_, words)| is_it(words));
        found.map_or(Reason::Other, |(reason, _)| *reason)
    }

    fn hint(self, context: &str, said: &str) -> Option<String> {
        Some(match self {
            Reason::Forbidden => match missing_right(said) {
                Some(right) => format!(
                    "let the user of the context `{context}` {right}; \
                     `kubectl auth can-i --list --context {context}` shows what it may"
                ),
                None => format!("`kubectl auth can-i --list --context {context}` shows what is allowed"),
            },
            Reason::Quota => "raise the quota, set `quota` or lower `memory` in the metadata, or run \
                              fewer suites at once with `--jobs`"
                .to_owned(),
            Reason::PodSecurity => {
                "external services run as their image says: name one that runs as a user of its own, \
                 or let the namespaces of runs have other pods"
                    .to_owned()
            }
            Reason::Terminating => "another command is tearing the run down".to_owned(),
            Reason::Unauthorized => format!(
                "log in to the cluster again; `kubectl --context {context} get namespaces` has to work"
            ),
            Reason::NoContext => {
                "`kubectl config get-contexts` lists those that there are; KUBECONFIG says in which \
                 files they are looked for"
                    .to_owned()
            }
            Reason::NoConfiguration => "mend the file, or set KUBECONFIG to another one".to_owned(),
            Reason::Unreachable => format!(
                "start the cluster, or name the context of one that runs; \
                 `kubectl --context {context} version` has to work"
            ),
            Reason::Absent | Reason::Other => return None,
        })
    }
}

/// The right that a user lacks, as `create deployments in the API group apps`.
fn missing_right(said: &str) -> Option<String> {
    let (_, rest) = said.split_once("cannot ")?;
    let (verb, rest) = rest.split_once(" resource \"")?;
    let (resource, rest) = rest.split_once('"')?;
    let place =
        match rest.split_once("in the namespace \"").and_then(|(_, rest)| rest.split_once('"')) {
            Some(_) => "in all namespaces, since each run has its own",
            None => "in the cluster",
        };
    let group = rest.split_once("API group \"").and_then(|(_, rest)| rest.split_once('"'));
    let group = group.map(|(group, _)| group).filter(|group| !group.is_empty());
    let group = group.map(|group| format!(" of the API group {group}")).unwrap_or_default();
    Some(format!("{verb} {resource}{group} {place}"))
}

/// Lines that are not about what was asked: warnings, and what its libraries log.
fn is_noise(line: &str) -> bool {
    let mut bytes = line.bytes();
    let is_log = matches!(bytes.next(), Some(b'E' | b'W' | b'I'))
        && bytes.by_ref().take(4).filter(u8::is_ascii_digit).count() == 4;
    line.is_empty() || is_log || line.starts_with("Warning: ")
}

#[cfg(test)]
#[path = "refusal_tests.rs"]
mod tests;
