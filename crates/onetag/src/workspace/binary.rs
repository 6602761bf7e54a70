//! Which program of a package is the service.

use cargo_metadata::Package;

use super::error::Problem;
use super::source::Source;

/// The program of a service: the only one of its package, or the one that is
/// named like the package.
///
/// # Errors
///
/// [`Problem::Metadata`] if that leaves none, or more than one.
pub(super) fn binary(package: &Package, source: &Source) -> Result<String, Problem> {
    let name = package.name.to_string();
    let binaries: Vec<&str> = package
        .targets
        .iter()
        .filter(|target| target.is_bin())
        .map(|target| target.name.as_str())
        .collect();
    match binaries[..] {
        [only] => Ok(only.to_owned()),
        [] => Err(Problem::Metadata(format!(
            "{source}: the package `{name}` has no binary, but a service is a program\n\
             hint: add src/main.rs, or remove the table"
        ))),
        _ if binaries.contains(&name.as_str()) => Ok(name.clone()),
        _ => Err(Problem::Metadata(format!(
            "{source}: the package `{name}` has several binaries: {}\n\
             hint: name the one that is the service `{name}`, or move the others to a \
             package of their own",
            binaries.join(", ")
        ))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::workspace::testing::Fixture;

    #[test]
    fn the_binary_is_the_only_one_or_the_namesake() {
        let binary = |targets: &[(&str, &str)]| {
            Fixture::new()
                .package("a", json!({ "onetag": { "port": 1, "ready": "/" } }), targets)
                .load()
                .map(|workspace| workspace.services["a"].binary.clone())
        };
        assert_eq!(binary(&[("bin", "server"), ("lib", "a")]).unwrap(), "server");
        assert_eq!(binary(&[("bin", "admin"), ("bin", "a")]).unwrap(), "a");
        insta::assert_snapshot!(binary(&[("lib", "a")]).unwrap_err(), @r"
        crates/a/Cargo.toml: package.metadata.onetag: the package `a` has no binary, but a service is a program
        hint: add src/main.rs, or remove the table
        ");
        insta::assert_snapshot!(binary(&[("bin", "x"), ("bin", "y")]).unwrap_err(), @r"
        crates/a/Cargo.toml: package.metadata.onetag: the package `a` has several binaries: x, y
        hint: name the one that is the service `a`, or move the others to a package of their own
        ");
    }
}
