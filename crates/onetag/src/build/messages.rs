//! What cargo says that it made.

use camino::Utf8Path;
use cargo_metadata::{Artifact, BuildScript, Message};

/// What the packages of a call are made of, in the order in which cargo told.
#[derive(Debug, Default)]
pub(super) struct Artifacts {
    pub(super) units: Vec<Artifact>,
    pub(super) build_scripts: Vec<BuildScript>,
}

impl Artifacts {
    /// Reads the messages of cargo, one a line.
    ///
    /// What is no message is passed over: a macro that prints does so among them,
    /// bytes that are no UTF-8 included.
    pub(super) fn parse(stdout: &[u8]) -> Artifacts {
        let mut artifacts = Artifacts::default();
        stdout.split(|byte| *byte == b'\n').for_each(|line| artifacts.add(line));
        artifacts
    }

    /// Of one message.
    pub(super) fn of_line(line: &[u8]) -> Artifacts {
        let mut artifacts = Artifacts::default();
        artifacts.add(line);
        artifacts
    }

    fn add(&mut self, line: &[u8]) {
        match serde_json::from_slice(line) {
            Ok(Message::CompilerArtifact(artifact)) => self.units.push(artifact),
            Ok(Message::BuildScriptExecuted(script)) => self.build_scripts.push(script),
            _ => {}
        }
    }

    /// The program of this package and target.
    pub(super) fn program(&self, package_id: &str, target: &str) -> Option<&Utf8Path> {
        self.executable(package_id, target, |artifact| {
            !artifact.profile.test && artifact.target.is_bin()
        })
    }

    /// The integration test of this package and target.
    pub(super) fn test(&self, package_id: &str, target: &str) -> Option<&Utf8Path> {
        self.executable(package_id, target, |artifact| {
            artifact.profile.test && artifact.target.is_test()
        })
    }

    fn executable(
        &self,
        package_id: &str,
        target: &str,
        is_wanted: impl Fn(&Artifact) -> bool,
    ) -> Option<&Utf8Path> {
        let wanted = |artifact: &&Artifact| {
            artifact.package_id.repr == package_id
                && artifact.target.name == target
                && is_wanted(artifact)
        };
        self.units.iter().find(wanted)?.executable.as_deref()
    }

    /// Adds what another call made.
    pub(super) fn extend(&mut self, other: Artifacts) {
        self.units.extend(other.units);
        self.build_scripts.extend(other.build_scripts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGES: &str = r#"{"reason":"compiler-artifact","package_id":"path+file:///w/crates/alpha#0.1.0","manifest_path":"/w/crates/alpha/Cargo.toml","target":{"kind":["bin"],"crate_types":["bin"],"name":"alpha","src_path":"x","edition":"2024"},"profile":{"opt_level":"0","debug_assertions":true,"overflow_checks":true,"test":false},"features":[],"filenames":[],"executable":"/w/target/debug/alpha","fresh":true}
{ traced item }
[]
{"reason":7}
{"reason":"compiler-artifact","package_id":"path+file:///w/tests#e2e@0.1.0","manifest_path":"/w/tests/Cargo.toml","target":{"kind":["test"],"crate_types":["bin"],"name":"alpha","src_path":"x","edition":"2024"},"profile":{"opt_level":"0","debug_assertions":true,"overflow_checks":true,"test":true},"features":[],"filenames":[],"executable":"/w/target/debug/deps/alpha-1","fresh":false}
{"reason":"build-finished","success":true}
"#;

    #[test]
    fn executables_are_found_by_package_and_target_among_anything() {
        let mut bytes = b"no utf-8: \xff\xfe\n{\"\xff\": 1}\n".to_vec();
        bytes.extend(MESSAGES.as_bytes());
        let artifacts = Artifacts::parse(&bytes);
        assert_eq!(artifacts.units.len(), 2);
        let (alpha, e2e) = ("path+file:///w/crates/alpha#0.1.0", "path+file:///w/tests#e2e@0.1.0");
        assert_eq!(artifacts.program(alpha, "alpha").unwrap(), "/w/target/debug/alpha");
        assert_eq!(artifacts.test(e2e, "alpha").unwrap(), "/w/target/debug/deps/alpha-1");
        assert_eq!(artifacts.program(e2e, "alpha"), None);
        assert_eq!(artifacts.test(alpha, "alpha"), None);
    }
}
