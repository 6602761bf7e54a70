//! Which program of a package is the service, and what it takes to build it.

use std::collections::BTreeSet;

use cargo_metadata::{Package, Target};

use super::metadata::ServiceMetadata;
use super::source::Source;
use crate::error::Attach as _;

/// The program of a service: the one of the key `bin`; else, of several services
/// of a package, the one that is named like the service `several`; else what
/// `cargo run` starts; else the one that is named like the package.
///
/// # Errors
///
/// There is no such program, or that leaves more than one, or the features of the
/// table do not switch on what the program requires.
pub(super) fn binary(
    package: &Package,
    source: &Source,
    table: &ServiceMetadata,
    several: Option<&str>,
) -> anyhow::Result<String> {
    let binaries: Vec<&Target> = package.targets.iter().filter(|target| target.is_bin()).collect();
    let named = |name: &str| binaries.iter().find(|target| target.name == name).copied();
    let list = || Vec::from_iter(binaries.iter().map(|target| target.name.as_str())).join(", ");
    let chosen = match (&table.bin, &binaries[..]) {
        (_, []) => {
            let fault =
                format!("the package `{}` has no binary, but a service is a program", package.name);
            return Err(source.error(fault).hint("add src/main.rs, or remove the table"));
        }
        (Some(bin), _) => named(bin).ok_or_else(|| {
            let fault = format!("the package `{}` has no binary `{bin}`", package.name);
            source.key("bin").error(fault).hint(format!("binaries: {}", list()))
        })?,
        (None, [only]) => only,
        (None, _) => {
            let default = several.and_then(named);
            let default = default.or_else(|| package.default_run.as_deref().and_then(named));
            default.or_else(|| named(&package.name)).ok_or_else(|| {
                source
                    .error(format!("the package `{}` has several binaries", package.name))
                    .hint(format!("add `bin = \"…\"` with one of these: {}", list()))
            })?
        }
    };
    check_features(package, source, table, chosen)?;
    Ok(chosen.name.clone())
}

/// Cargo leaves a program out without a word if a feature that it requires is
/// not on, unless it is asked for by name; then it speaks of options that nobody
/// typed.
fn check_features(
    package: &Package,
    source: &Source,
    table: &ServiceMetadata,
    binary: &Target,
) -> anyhow::Result<()> {
    if let Some(unknown) = table.features.iter().find(|name| !package.features.contains_key(*name))
    {
        let fault = format!("the package `{}` has no feature `{unknown}`", package.name);
        let hint = super::suggest::among(unknown, "features", package.features.keys());
        return Err(source.key("features").error(fault).hint(hint));
    }
    let enabled = enabled(package, table);
    let required = binary.required_features.iter();
    let missing: Vec<&String> =
        required.filter(|feature| !enabled.contains(feature.as_str())).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let quoted = |features: &[&String]| {
        Vec::from_iter(features.iter().map(|feature| format!("\"{feature}\""))).join(", ")
    };
    let missing_names = quoted(&missing);
    let fault =
        format!("the binary `{}` requires features that are not on: {missing_names}", binary.name);
    let all = quoted(&Vec::from_iter(table.features.iter().chain(missing)));
    Err(source.error(fault).hint(source.add(format_args!("features = [{all}]"))))
}

/// The features of the package that are on, with all that they switch on.
fn enabled<'a>(package: &'a Package, table: &'a ServiceMetadata) -> BTreeSet<&'a str> {
    let default = table.default_features.unwrap_or(true).then_some("default");
    let mut open: Vec<&str> = table.features.iter().map(String::as_str).chain(default).collect();
    let mut enabled = BTreeSet::new();
    while let Some(feature) = open.pop() {
        if enabled.insert(feature) {
            open.extend(package.features.get(feature).into_iter().flatten().map(String::as_str));
        }
    }
    enabled
}

#[cfg(test)]
#[path = "binary_tests.rs"]
mod tests;
