//! The integration tests that cargo can build, and their nextest names.

use camino::{Utf8Path, Utf8PathBuf};
use cargo_metadata::{Package, Target};
use nextest_metadata::{RustBinaryId, RustTestBinaryKind};

/// An integration test of the workspace: suites consist of these alone, since
/// unit tests need no run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestTarget {
    /// What nextest calls it.
    pub binary_id: String,
    /// The name of the package that it belongs to.
    pub package: String,
    /// What cargo calls that package, for `--package`.
    pub package_id: String,
    /// The name of the target, for `--test`.
    pub target: String,
    /// The folder in which its code begins.
    pub folder: Utf8PathBuf,
}

impl TestTarget {
    /// The integration test that `target` is, if it is one.
    pub(super) fn new(package: &Package, target: &Target) -> Option<Self> {
        let id = RustBinaryId::from_parts(&package.name, &RustTestBinaryKind::TEST, &target.name);
        (target.is_test() && target.test).then(|| Self {
            binary_id: id.to_string(),
            package: package.name.to_string(),
            package_id: package.id.repr.clone(),
            target: target.name.clone(),
            folder: target.src_path.parent().map(Utf8Path::to_owned).unwrap_or_default(),
        })
    }
}
