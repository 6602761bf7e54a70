//! The list of test binaries as nextest reads it with `--binaries-metadata`:
//! what `cargo nextest list --list-type binaries-only --message-format json`
//! prints.
//!
//! Own types instead of the crate `nextest-metadata`, which is part of the tests
//! alone: it and what nothing else needs took 4 of 52 s of processor time in a
//! cold build, and serde's derive macro, which it needs as well, another 9.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8PathBuf;
use onetag_json::{Serialize, Serializer, record, serde_core::ser::SerializeMap as _};

/// The document: `nextest_metadata::BinaryListSummary`.
#[derive(Clone, Debug)]
pub(crate) struct BinaryList {
    pub(crate) build: BuildMeta,
    /// By the id of the binary.
    pub(crate) binaries: BTreeMap<String, TestBinary>,
}
record!(write BinaryList { build as "rust-build-meta", binaries as "rust-binaries" });

/// A test binary.
#[derive(Clone, Debug)]
pub(crate) struct TestBinary {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) package_id: String,
    pub(crate) kind: &'static str,
    pub(crate) path: Utf8PathBuf,
    pub(crate) platform: &'static str,
}
record!(write TestBinary {
    id as "binary-id",
    name as "binary-name",
    package_id as "package-id",
    kind,
    path as "binary-path",
    platform as "build-platform",
});

/// What the build says beside its test binaries. Folders are relative to the
/// target folder, but for itself.
#[derive(Clone, Debug)]
pub(crate) struct BuildMeta {
    pub(crate) target_directory: Utf8PathBuf,
    pub(crate) base_output_directories: BTreeSet<Utf8PathBuf>,
    /// Programs, by the id of their package.
    pub(crate) programs: BTreeMap<String, BTreeSet<Program>>,
    /// By the id of the package.
    pub(crate) build_script_out_dirs: BTreeMap<String, Utf8PathBuf>,
    pub(crate) linked_paths: BTreeSet<Utf8PathBuf>,
    /// The machine that builds is the one that tests.
    pub(crate) host: Host,
}

impl Serialize for BuildMeta {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut meta = serializer.serialize_map(None)?;
        meta.serialize_entry("target-directory", &self.target_directory)?;
        meta.serialize_entry("build-directory", &self.target_directory)?;
        meta.serialize_entry("base-output-directories", &self.base_output_directories)?;
        meta.serialize_entry("non-test-binaries", &self.programs)?;
        meta.serialize_entry("build-script-out-dirs", &self.build_script_out_dirs)?;
        meta.serialize_entry("linked-paths", &self.linked_paths)?;
        let platforms = Platforms { host: self.host.clone(), targets: [] };
        meta.serialize_entry("platforms", &platforms)?;
        // As older versions of nextest were told the platforms.
        meta.serialize_entry("target-platforms", &[&self.host.platform])?;
        meta.serialize_entry("target-platform", &None::<String>)?;
        meta.end()
    }
}

/// A program that tests may find beside themselves.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) kind: &'static str,
    pub(crate) path: Utf8PathBuf,
    pub(crate) platform: &'static str,
}
record!(write Program { name, kind, path, platform as "build-platform" });

struct Platforms {
    host: Host,
    targets: [Platform; 0],
}
record!(write Platforms { host, targets });

/// The platform that builds.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    platform: Platform,
    library: Library,
}
record!(write Host { platform, library as "libdir" });

#[derive(Clone, Debug)]
struct Platform {
    triple: String,
    features: &'static str,
}
record!(write Platform { triple, features as "target-features" });

#[derive(Clone, Debug)]
struct Library {
    status: &'static str,
    path: Utf8PathBuf,
}
record!(write Library { status, path });

impl Host {
    /// The platform `triple`, with its standard library in this folder.
    pub(crate) fn new(triple: String, library: Utf8PathBuf) -> Host {
        let platform = Platform { triple, features: "unknown" };
        Host { platform, library: Library { status: "available", path: library } }
    }
}

#[cfg(test)]
mod tests {
    use nextest_metadata::{
        BinaryListSummary, BuildPlatform, RustBinaryId, RustNonTestBinaryKind, RustTestBinaryKind,
    };

    use super::*;

    /// A list with everything that there can be in it.
    fn list() -> BinaryList {
        let (path, platform) = (Utf8PathBuf::from("debug/alpha"), "target");
        let program = Program { name: "alpha".to_owned(), kind: "bin-exe", path, platform };
        let binary = TestBinary {
            id: "e2e::alpha".to_owned(),
            name: "alpha".to_owned(),
            package_id: "path+file:///w/tests#e2e@0.1.0".to_owned(),
            kind: "test",
            path: "/w/target/onetag/store/0/alpha-1".into(),
            platform,
        };
        let build = BuildMeta {
            target_directory: "/w/target".into(),
            base_output_directories: ["debug".into()].into(),
            programs: [("path+file:///w/alpha#0.1.0".to_owned(), [program].into())].into(),
            build_script_out_dirs: [(
                "registry+x#ring@0.17".to_owned(),
                "debug/build/ring/out".into(),
            )]
            .into(),
            linked_paths: ["debug/build/ring/out".into()].into(),
            host: Host::new("x86_64-unknown-linux-gnu".to_owned(), "/rust/lib".into()),
        };
        BinaryList { build, binaries: [(binary.id.clone(), binary)].into() }
    }

    #[test]
    fn nextest_reads_what_is_written() {
        let text = onetag_json::to_string(&list());
        let theirs: BinaryListSummary = serde_json::from_str(&text).unwrap();
        let binary = &theirs.rust_binaries[&RustBinaryId::new("e2e::alpha")];
        assert_eq!(binary.binary_id.as_str(), "e2e::alpha");
        assert_eq!(binary.kind, RustTestBinaryKind::TEST);
        assert_eq!(binary.build_platform, BuildPlatform::Target);
        let meta = &theirs.rust_build_meta;
        let program = meta.non_test_binaries.values().flatten().next().unwrap();
        assert_eq!(program.kind, RustNonTestBinaryKind::BIN_EXE);
        assert_eq!(program.build_platform, Some(BuildPlatform::Target));
        let host = &meta.platforms.as_ref().unwrap().host.platform;
        assert_eq!(host.triple, "x86_64-unknown-linux-gnu");
    }

    /// Whatever nextest does not know would be lost on the way through its types,
    /// and what it expects and did not find would be there now.
    #[test]
    fn nextest_knows_every_key_and_misses_none() {
        let text = onetag_json::to_string(&list());
        let ours: serde_json::Value = serde_json::from_str(&text).unwrap();
        let summary: BinaryListSummary = serde_json::from_str(&text).unwrap();
        let mut theirs = serde_json::to_value(summary).unwrap();
        // Environments of build scripts, which tests of a suite do without.
        let info = theirs["rust-build-meta"].as_object_mut().unwrap().remove("build-script-info");
        assert_eq!(info, Some(serde_json::Value::Null));
        assert_eq!(ours, theirs);
    }
}
