//! From what cargo says to a topology.

use std::collections::BTreeMap;

use anyhow::anyhow;
use camino::Utf8Path;
use cargo_metadata::{Metadata, Package};
use serde_json::Value;

use super::external::external;
use super::metadata::{ServiceMetadata, SuiteMetadata, Variable, WorkspaceMetadata, parse};
use super::pinned_image::PinnedImage;
use super::placeholder::Template;
use super::registry::Registry;
use super::source::Source;
use super::suggest::closest;
use super::test_target::TestTarget;
use super::topology::{Member, Program, Service, ServiceKind, Suite, Workspace};
use super::validate::validate;
use super::{binary, containerfile, memory, ready};
use crate::error::{Attach as _, Kind};

/// The table of metadata that is the harness's.
const TABLE: &str = "onetag";

/// The package that holds the suites, unless the root manifest names another.
const TESTS: &str = "e2e";

/// The validated topology.
///
/// # Errors
///
/// The first thing that is not allowed.
pub(super) fn assemble(cargo: Metadata) -> anyhow::Result<Workspace> {
    let mut test_targets: Vec<TestTarget> = cargo
        .packages
        .iter()
        .flat_map(|package| {
            package.targets.iter().filter_map(|target| TestTarget::new(package, target))
        })
        .collect();
    test_targets.sort();

    let manifest = cargo.workspace_root.join("Cargo.toml");
    let source = Source::new(&cargo.workspace_root, &manifest, "workspace.metadata.onetag");
    let root: WorkspaceMetadata = match cargo.workspace_metadata.get(TABLE) {
        Some(table) => parse(&source, table)?,
        None => WorkspaceMetadata::default(),
    };
    let postgres_image = root
        .postgres_image
        .map(|text| PinnedImage::parse(&source.key("postgres-image"), &text))
        .transpose()?;
    let registry = root
        .registry
        .as_deref()
        .map(|text| Registry::named(text).map_err(|error| source.key("registry").error(error)));
    let tests_package = root.tests.as_deref().unwrap_or(TESTS);
    let mut services: BTreeMap<String, Service> = BTreeMap::new();
    let mut suites = BTreeMap::new();
    for package in &cargo.packages {
        let Some(table) = package.metadata.get(TABLE) else {
            continue;
        };
        let source =
            Source::new(&cargo.workspace_root, &package.manifest_path, "package.metadata.onetag");
        for mut table in tables(package, &source, table)? {
            if let Some(metadata) = table.metadata.suite.take() {
                let (name, source) = (table.name.clone(), table.source.key("suite"));
                let suite =
                    suite(&name, Some(&name), source, metadata, tests_package, &test_targets)?;
                suites.insert(name, suite);
            }
            let service = service(&cargo.workspace_root, package, table)?;
            if let Some(other) = services.get(&service.name) {
                return Err(same_name(other, &service));
            }
            services.insert(service.name.clone(), service);
        }
    }
    for (name, metadata) in root.externals {
        let source = source.key("externals").key(&name);
        if let Some(service) = services.get(&name) {
            let fault = format!("`{name}` is a service as well, of {}", service.source);
            return Err(source.error(fault).hint("give one of the two another name"));
        }
        services.insert(name.clone(), external(&manifest, &name, source, metadata)?);
    }
    for (name, metadata) in root.suites {
        let source = source.key("suites").key(&name);
        if let Some(service) = services.get(&name).filter(|service| service.external().is_none()) {
            let fault = format!("`{name}` is a service, and only its own suite can have its name");
            return Err(source.error(fault).hint(format!(
                "rename this suite, or write it as [{}.suite] in {}",
                service.source.table(),
                service.source.manifest(),
            )));
        }
        let suite = suite(&name, None, source, metadata, tests_package, &test_targets)?;
        suites.insert(name, suite);
    }

    let workspace = Workspace {
        misspelt: misspelt(&cargo),
        members: cargo.packages.iter().map(member).collect(),
        root: cargo.workspace_root,
        target_directory: cargo.target_directory,
        services,
        suites,
        tests_package: tests_package.to_owned(),
        postgres_image,
        kube: root.kube,
        registry: registry.transpose()?,
        allowed_images: root.allow_images,
        test_targets,
    };
    validate(&workspace)?;
    Ok(workspace)
}

/// Tables of metadata that are hardly meant for another tool.
fn misspelt(cargo: &Metadata) -> Vec<String> {
    let root = cargo.workspace_root.join("Cargo.toml");
    let of_root = (&root, "workspace", &cargo.workspace_metadata);
    let packages = cargo.packages.iter();
    let of_packages =
        packages.map(|package| (&package.manifest_path, "package", &package.metadata));
    let tables =
        [of_root].into_iter().chain(of_packages).flat_map(|(manifest, place, metadata)| {
            let keys = metadata.as_object().into_iter().flatten().map(|(key, _)| key);
            let near = keys.filter(|key| *key != TABLE && closest(key, [TABLE]).is_some());
            near.map(move |key| {
                let table = format!("{place}.metadata.{key}");
                let table = Source::new(&cargo.workspace_root, manifest, table);
                format!("{table}: nobody reads it; did you mean `{TABLE}`?")
            })
        });
    tables.collect()
}

/// A service as a manifest describes it.
struct Table {
    name: String,
    source: Source,
    metadata: ServiceMetadata,
    /// Whether it is one of the package's `services`.
    is_one_of_several: bool,
}

/// The services of a package: that of the flat table, or those in `services`.
fn tables(package: &Package, source: &Source, table: &Value) -> anyhow::Result<Vec<Table>> {
    let mut metadata: ServiceMetadata = parse(source, table)?;
    if metadata.services.is_empty() {
        let name = metadata.name.clone().unwrap_or_else(|| package.name.replace('_', "-"));
        let source = source.clone();
        return Ok(vec![Table { name, source, metadata, is_one_of_several: false }]);
    }
    let keys = table.as_object().into_iter().flat_map(|table| table.keys());
    if let Some(key) = keys.into_iter().find(|key| *key != "services") {
        let fault = "a package has one service in this table, or several in `services`";
        return Err(source.key(key).error(fault).hint(format!(
            "move this key into one of the tables [{}.<name>]",
            source.key("services").table()
        )));
    }
    let tables = std::mem::take(&mut metadata.services).into_iter().map(|(name, metadata)| {
        let source = source.key("services").key(&name);
        if metadata.name.is_some() {
            return Err(source.key("name").error("the name of the table is the service's name"));
        }
        if !metadata.services.is_empty() {
            return Err(source.key("services").error("a service has no services"));
        }
        Ok(Table { name, source, metadata, is_one_of_several: true })
    });
    tables.collect()
}

fn same_name(one: &Service, other: &Service) -> anyhow::Error {
    anyhow!("two services are named `{}`\n  {}\n  {}", one.name, one.source, other.source)
        .kind(Kind::Metadata)
        .hint("give one of them another name by the key `name`")
}

fn member(package: &Package) -> (String, Member) {
    let binaries = package.targets.iter().filter(|target| target.is_bin());
    let member = Member {
        name: package.name.to_string(),
        manifest_path: package.manifest_path.clone(),
        binaries: binaries.map(|target| target.name.clone()).collect(),
        features: package.features.keys().cloned().collect(),
    };
    (package.id.repr.clone(), member)
}

fn service(root: &Utf8Path, package: &Package, table: Table) -> anyhow::Result<Service> {
    let Table { name, source, metadata: table, is_one_of_several } = table;
    if let Some(path) = &table.containerfile {
        let folder = package.manifest_path.parent().unwrap_or(root);
        let kind = containerfile::containerfile(root, folder, &source, path, &table)?;
        return with(ServiceKind::Containerfile(kind), package, name, source, table);
    }
    let several = is_one_of_several.then_some(name.as_str());
    let program = Program {
        package: package.name.to_string(),
        package_id: package.id.repr.clone(),
        binary: binary::binary(package, &source, &table, several)?,
        files: table.files.clone(),
        features: table.features.clone(),
        default_features: table.default_features.unwrap_or(true),
    };
    with(ServiceKind::Own(program), package, name, source, table)
}

/// The service of a table of this kind.
fn with(
    kind: ServiceKind,
    package: &Package,
    name: String,
    source: Source,
    table: ServiceMetadata,
) -> anyhow::Result<Service> {
    Ok(Service {
        kind,
        manifest_path: package.manifest_path.clone(),
        ready: ready::ready(&source, table.ready.as_deref(), table.port.is_some())?,
        args: list(&source.key("args"), &table.args)?,
        needs: table.needs,
        port: table.port.map(u16::from),
        ports: table.ports.into_iter().map(|(name, port)| (name, port.into())).collect(),
        database: table.database,
        volume: table.volume,
        memory: memory::memory(&source, table.memory.as_deref())?,
        replicas: table.replicas.map_or(1, u32::from),
        manifests: table.manifests,
        env: templates(&source.key("env"), table.env)?,
        name,
        source,
    })
}

fn suite(
    name: &str,
    service: Option<&str>,
    source: Source,
    table: SuiteMetadata,
    tests_package: &str,
    test_targets: &[TestTarget],
) -> anyhow::Result<Suite> {
    let test_ids = table.tests.unwrap_or_else(|| vec![format!("{tests_package}::{name}")]);
    let mut env = BTreeMap::new();
    for (service, variables) in table.env {
        let templates = templates(&source.key("env").key(&service), variables)?;
        env.insert(service, templates);
    }
    let tests = test_targets.iter().filter(|target| test_ids.contains(&target.binary_id));
    Ok(Suite {
        name: name.to_owned(),
        service: service.map(str::to_owned),
        tests: tests.cloned().collect(),
        test_ids,
        filter: table.filter,
        needs: table.needs,
        env,
        source,
    })
}

/// The arguments at `source`.
pub(super) fn list(source: &Source, texts: &[String]) -> anyhow::Result<Vec<Template>> {
    let texts = texts.iter().enumerate();
    texts.map(|(at, text)| template(&source.element(at), text)).collect()
}

pub(super) fn templates(
    source: &Source,
    variables: BTreeMap<String, Variable>,
) -> anyhow::Result<BTreeMap<String, Template>> {
    let template = |(variable, value): (String, Variable)| {
        Ok((variable.clone(), template(&source.key(variable), &value.to_string())?))
    };
    variables.into_iter().map(template).collect()
}

pub(super) fn template(source: &Source, text: &str) -> anyhow::Result<Template> {
    Template::parse(text).map_err(|error| source.error(&error).hint(error.hint()))
}

#[cfg(test)]
#[path = "assemble_tests.rs"]
mod tests;
