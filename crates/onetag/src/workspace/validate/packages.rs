//! What services of one package, and of one call of cargo, have to agree on.

use anyhow::anyhow;

use crate::error::{Attach as _, Kind};
use crate::workspace::topology::{Service, Workspace};

pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for service in workspace.services.values() {
        check_path(workspace, service)?;
        let mut others = workspace.services.values();
        let other = others.find(|other| {
            other.package_id == service.package_id
                && (&other.features, other.default_features)
                    != (&service.features, service.default_features)
        });
        if let Some(other) = other {
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

/// One call of cargo builds all packages that have services, with the binaries
/// that are needed by name: of two with one name, the second to be linked is what
/// lies at the path of both.
fn check_path(workspace: &Workspace, service: &Service) -> anyhow::Result<()> {
    let mut others = workspace.services.values().filter(|other| {
        let binaries = workspace.members.get(&other.package_id).map(|member| &member.binaries);
        other.package_id != service.package_id
            && binaries.is_some_and(|binaries| binaries.contains(&service.binary))
    });
    let Some(other) = others.next() else { return Ok(()) };
    Err(anyhow!(
        "the packages `{}` and `{}` both have a binary `{}`, and cargo would put both at one path\n  \
         {}: the service `{}`\n  {}: the service `{}`",
        service.package,
        other.package,
        service.binary,
        service.source,
        service.name,
        other.source,
        other.name,
    ))
    .kind(Kind::Metadata)
    .hint("give one of the binaries another name: `[[bin]] name = \"…\"`")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::workspace::testing::{Fixture, error};

    fn package(fixture: Fixture, name: &str, binaries: &[&str]) -> Fixture {
        let targets: Vec<_> = binaries.iter().map(|binary| ("bin", *binary)).collect();
        fixture.package(name, json!({ "onetag": {} }), &targets)
    }

    #[test]
    fn two_binaries_at_one_path_are_refused() {
        let of = |name| package(Fixture::new(), name, &["server"]);
        insta::assert_snapshot!(error(package(of("a"), "b", &["server"])), @r#"
        the packages `a` and `b` both have a binary `server`, and cargo would put both at one path
          crates/a/Cargo.toml: package.metadata.onetag: the service `a`
          crates/b/Cargo.toml: package.metadata.onetag: the service `b`
        hint: give one of the binaries another name: `[[bin]] name = "…"`
        "#);
        // A binary that is no service is built by the same call.
        insta::assert_snapshot!(error(package(of("a"), "b", &["b", "server"])), @r#"
        the packages `a` and `b` both have a binary `server`, and cargo would put both at one path
          crates/a/Cargo.toml: package.metadata.onetag: the service `a`
          crates/b/Cargo.toml: package.metadata.onetag: the service `b`
        hint: give one of the binaries another name: `[[bin]] name = "…"`
        "#);
        // Nothing builds this one.
        assert!(of("a").package("c", Value::Null, &[("bin", "server")]).load().is_ok());
        let tools = |fixture, name: &str| package(fixture, name, &[name, "tool"]);
        assert!(tools(tools(Fixture::new(), "a"), "b").load().is_ok());
    }

    #[test]
    fn services_of_one_package_have_the_same_features() {
        let load = |one: Value, other: Value| {
            let metadata = json!({ "onetag": { "services": { "b": one, "c": other } } });
            let features = json!({ "features": { "loud": [] } });
            Fixture::new().package("a", metadata, &[("bin", "b"), ("bin", "c")]).with(features)
        };
        let loud = json!({ "features": ["loud"] });
        assert!(load(loud.clone(), loud.clone()).load().is_ok());
        insta::assert_snapshot!(error(load(json!({}), loud)), @r"
        services of one package have different features
          crates/a/Cargo.toml: package.metadata.onetag.services.b.features
          crates/a/Cargo.toml: package.metadata.onetag.services.c.features
        hint: cargo builds a package once: give both the same `features` and `default-features`, or move one of them to a package of its own
        ");
        assert!(load(json!({}), json!({ "default-features": false })).load().is_err());
    }
}
