//! Tests that no suite has.

use crate::workspace::topology::Workspace;

/// A warning for each test target of the tests package that belongs to no suite: it
/// was meant for one, and nobody would miss it.
pub(in crate::workspace) fn of_no_suite(workspace: &Workspace) -> Vec<String> {
    let package = &workspace.tests_package;
    let is_of_a_suite =
        |id: &String| workspace.suites.values().any(|suite| suite.test_ids.contains(id));
    let targets = workspace.test_targets.iter().filter(|target| target.package == *package);
    let unused = targets.filter(|target| !is_of_a_suite(&target.binary_id));
    let warnings = unused.map(|target| {
        let (target, id) = (&target.target, &target.binary_id);
        let suite = target.replace('_', "-").to_lowercase();
        let own = workspace.services.get(&suite).filter(|service| service.external().is_none());
        let (manifest, table) = match own {
            Some(service) => {
                let source = &service.source;
                (source.manifest().to_string(), format!("{}.suite", source.table()))
            }
            None => ("Cargo.toml".to_owned(), format!("workspace.metadata.onetag.suites.{suite}")),
        };
        let tests =
            if *target == suite { String::new() } else { format!("\n  tests = [\"{id}\"]") };
        format!(
            "the test target `{target}` of the package `{package}` belongs to no suite, so nothing \
             here runs it; for one, add to {manifest}:\n  [{table}]{tests}"
        )
    });
    warnings.collect()
}
