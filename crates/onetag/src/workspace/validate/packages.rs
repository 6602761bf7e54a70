//! What services of one package, and of one call of cargo, have to agree on.

use anyhow::anyhow;

use crate::error::{Attach as _, Kind};
use crate::workspace::topology::{Program, Service, Workspace};

pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for (service, program) in programs(workspace) {
        check_path(workspace, service, program)?;
        let mut others = programs(workspace);
        let other = others.find(|(_, other)| {
            other.package_id == program.package_id
                && (&other.features, other.default_features)
                    != (&program.features, program.default_features)
        });
        if let Some((other, _)) = other {
            return Err(anyhow!(
                "services of one package have different features\n  {}\n  {}",
                service.source.key("features"),
                other.source.key("features")
            ))
            .kind(Kind::Metadata)
            .hint(
                "cargo builds a package once: give both the same `features` and \
                 `default-features`, or move one of them to a package of its own",
            );
        }
    }
    Ok(())
}

fn programs(workspace: &Workspace) -> impl Iterator<Item = (&Service, &Program)> {
    workspace.services.values().filter_map(|service| Some((service, service.program()?)))
}

/// One call of cargo builds all packages that have services, with the binaries
/// that are needed by name: of two with one name, the second to be linked is what
/// lies at the path of both.
fn check_path(workspace: &Workspace, service: &Service, program: &Program) -> anyhow::Result<()> {
    let mut others = programs(workspace).filter(|(_, other)| {
        let binaries = workspace.members.get(&other.package_id).map(|member| &member.binaries);
        other.package_id != program.package_id
            && binaries.is_some_and(|binaries| binaries.contains(&program.binary))
    });
    let Some((other, of_other)) = others.next() else { return Ok(()) };
    Err(anyhow!(
        "the packages `{}` and `{}` both have a binary `{}`, and cargo would put both at one path\n  \
         {}: the service `{}`\n  {}: the service `{}`",
        program.package,
        of_other.package,
        program.binary,
        service.source,
        service.name,
        other.source,
        other.name,
    ))
    .kind(Kind::Metadata)
    .hint("give one of the binaries another name: `[[bin]] name = \"…\"`")
}

#[cfg(test)]
#[path = "packages_tests.rs"]
mod tests;
