//! Test binaries that cargo can build, and their nextest names.

use std::fmt;

use super::cargo::{Package, Target};

/// A target of the workspace that `cargo test` builds into a test binary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestTarget {
    /// The package that it belongs to, for `--package`.
    pub package: String,
    /// The name of the target, for `--test`, `--bin` and so on.
    pub target: String,
    /// Which of those options selects it.
    pub kind: TargetKind,
    /// What nextest calls it: `nextest_metadata::RustBinaryId`.
    pub binary_id: String,
}

/// What kind of target a test binary is built from; nextest's binary kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetKind {
    /// The unit tests of a library.
    Lib,
    /// The unit tests of a procedural macro.
    ProcMacro,
    /// The unit tests of a program.
    Bin,
    /// Integration tests.
    Test,
    /// An example with `test = true`.
    Example,
    /// A benchmark with `test = true`.
    Bench,
}

impl TestTarget {
    /// The test binary of `target`, if it has one.
    pub(super) fn new(package: &Package, target: &Target) -> Option<Self> {
        let kind = TargetKind::of(target).filter(|_| target.test)?;
        Some(Self {
            package: package.name.clone(),
            target: target.name.clone(),
            kind,
            binary_id: binary_id(&package.name, kind, &target.name),
        })
    }
}

impl TargetKind {
    /// The name that nextest's predicate `kind()` compares with.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Lib => "lib",
            Self::ProcMacro => "proc-macro",
            Self::Bin => "bin",
            Self::Test => "test",
            Self::Example => "example",
            Self::Bench => "bench",
        }
    }

    fn of(target: &Target) -> Option<Self> {
        // A library lists its crate types, of which there may be several.
        target.kind.iter().find_map(|kind| match kind.as_str() {
            "lib" | "rlib" | "dylib" | "cdylib" | "staticlib" => Some(Self::Lib),
            "proc-macro" => Some(Self::ProcMacro),
            "bin" => Some(Self::Bin),
            "test" => Some(Self::Test),
            "example" => Some(Self::Example),
            "bench" => Some(Self::Bench),
            _ => None,
        })
    }
}

impl fmt::Display for TargetKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The rule of `nextest_metadata::RustBinaryId::from_parts`, which is part of
/// nextest's stable interface.
fn binary_id(package: &str, kind: TargetKind, target: &str) -> String {
    match kind {
        TargetKind::Lib | TargetKind::ProcMacro => package.to_owned(),
        TargetKind::Test => format!("{package}::{target}"),
        TargetKind::Bin | TargetKind::Example | TargetKind::Bench => {
            format!("{package}::{kind}/{target}")
        }
    }
}

#[cfg(test)]
mod tests {
    use nextest_metadata::{RustBinaryId, RustTestBinaryKind};

    use super::*;

    #[test]
    fn binary_ids_are_those_of_nextest() {
        for kind in [
            TargetKind::Lib,
            TargetKind::ProcMacro,
            TargetKind::Bin,
            TargetKind::Test,
            TargetKind::Example,
            TargetKind::Bench,
        ] {
            let theirs =
                RustBinaryId::from_parts("a-b", &RustTestBinaryKind::new(kind.as_str()), "c_d");
            assert_eq!(binary_id("a-b", kind, "c_d"), theirs.as_str());
        }
    }
}
