//! What the services of a run keep their state in, and the server that PostgreSQL takes.

use std::collections::BTreeMap;

use anyhow::anyhow;

use super::external::External;
use super::metadata::DatabaseKind;
use super::pinned_image::PinnedImage;
use super::placeholder::{Placeholder, Template};
use super::plan::{Plan, PlannedService, Ports};
use super::source::Source;
use super::topology::{Ready, Service, ServiceKind, Workspace};
use crate::error::{Attach as _, Kind};

/// What the run's own database server is called. No service can have this name, since
/// placeholders and control use it as well.
pub(crate) const DATABASE_SERVER: &str = "database";

/// Who owns that server.
pub(crate) const SUPERUSER: &str = "onetag";

/// What of the machine the server runs.
#[derive(Clone, Debug)]
pub(crate) enum ServerImage {
    /// This program, an absolute path.
    Program(String),
    /// This published image.
    Published(PinnedImage),
}

/// Settings of every server that a run starts: its data are thrown away, but nothing that
/// it has acknowledged is lost when it is killed.
const SETTINGS: [&str; 6] = [
    "dynamic_shared_memory_type=mmap",
    "fsync=off",
    "jit=off",
    "max_connections=200",
    "shared_buffers=32MB",
    "timezone=UTC",
];

impl PlannedService {
    /// All placeholders of its variables and other values.
    pub(crate) fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        let values = self.service.values().map(|(_, template)| template);
        self.env.values().chain(values).flat_map(Template::placeholders)
    }

    /// Whether it asks for a database.
    pub(super) fn wants_database(&self) -> bool {
        self.placeholders().any(|placeholder| matches!(placeholder, Placeholder::DatabaseUrl))
    }

    /// Whether it may keep its state in a database of this kind, and asks for one.
    pub(crate) fn can_use(&self, kind: DatabaseKind) -> bool {
        self.service.database.contains(&kind) && self.wants_database()
    }

    fn choose(
        &self,
        asked: Option<DatabaseKind>,
        offered: &[DatabaseKind],
    ) -> anyhow::Result<DatabaseKind> {
        let listed = &self.service.database;
        let asked = asked.filter(|asked| listed.contains(asked));
        let default = offered.first().filter(|default| listed.contains(default)).copied();
        let first = || listed.iter().find(|kind| offered.contains(kind)).copied();
        let chosen = asked.or(default).or_else(first).ok_or_else(|| {
            let kinds: Vec<String> = offered.iter().map(ToString::to_string).collect();
            let fault = format!("the backend offers none of them, only: {}", kinds.join(", "));
            self.service.source.key("database").error(fault)
        })?;
        let names_it = |template: &Template| {
            template.placeholders().any(|part| matches!(part, Placeholder::DatabaseUrl))
        };
        match self.service.values().find(|(_, template)| names_it(template)) {
            Some((key, _)) if chosen == DatabaseKind::Postgres => {
                let fault = "`{database.url}` of postgres has a password, and others see arguments";
                Err(self.service.source.key(key).error(fault).hint("hand it over in `env`"))
            }
            _ => Ok(chosen),
        }
    }
}

impl Plan {
    /// Chooses what each service keeps its state in: what is asked for where it can use
    /// that, else what the backend offers first, else what the service lists first.
    ///
    /// # Errors
    ///
    /// A service can use nothing of what the backend offers.
    pub(crate) fn choose_databases(
        &mut self,
        asked: Option<DatabaseKind>,
        offered: &[DatabaseKind],
    ) -> anyhow::Result<()> {
        for planned in self.levels.iter_mut().flatten() {
            planned.database = match planned.wants_database() {
                true => Some(planned.choose(asked, offered)?),
                false => None,
            };
        }
        Ok(())
    }

    /// Whether a service of it keeps its state in a database of this kind.
    pub(crate) fn uses(&self, kind: DatabaseKind) -> bool {
        self.services().any(|planned| planned.database == Some(kind))
    }

    /// Has the run start a PostgreSQL server before the services that use it.
    pub(crate) fn add_server(&mut self, workspace: &Workspace, image: ServerImage) {
        let uses = |planned: &PlannedService| planned.database == Some(DatabaseKind::Postgres);
        for planned in self.levels.iter_mut().flatten().filter(|planned| uses(planned)) {
            planned.service.needs.push(DATABASE_SERVER.to_owned());
        }
        // What is in no need of it starts beside it.
        let first = self.levels.first().into_iter().flatten();
        let (after, mut beside): (Vec<_>, Vec<_>) = first.cloned().partition(uses);
        beside.push(server(workspace, image));
        beside.sort_by(|one, other| one.service.name.cmp(&other.service.name));
        let levels = [beside, after].into_iter().filter(|level| !level.is_empty());
        self.levels.splice(..self.levels.len().min(1), levels);
    }
}

/// # Errors
///
/// No service of the plans can use what is asked for.
pub(crate) fn check_asked<'a>(
    asked: DatabaseKind,
    plans: impl Iterator<Item = &'a Plan> + Clone,
) -> anyhow::Result<()> {
    let services = || plans.clone().flat_map(Plan::services);
    if services().any(|planned| planned.can_use(asked)) {
        return Ok(());
    }
    let others = services().filter(|planned| planned.wants_database());
    let keys: Vec<String> = others.map(|planned| planned.service.key("database")).collect();
    let error = match &keys[..] {
        [] => anyhow!("no service of this run has a database"),
        keys => anyhow!("no service of this run can use {asked}\n  {}", keys.join("\n  ")),
    };
    let error = error.kind(Kind::Usage);
    Err(match keys.is_empty() {
        true => error,
        false => error.hint(format!("add \"{asked}\" to one that can")),
    })
}

/// The server, as an external service that the harness fills.
fn server(workspace: &Workspace, image: ServerImage) -> PlannedService {
    let manifest = workspace.root.join("Cargo.toml");
    let source = Source::new(&workspace.root, &manifest, "workspace.metadata.onetag.database");
    let text = |text: &str| Template::parse(text).expect("it is a template");
    let settings = SETTINGS.iter().flat_map(|setting| ["-c", setting]);
    let of_process = ["-D", "{self.volume}/data", "-p", "{self.port}"].into_iter();
    let of_process =
        of_process.chain(["-c", "listen_addresses={self.host}", "-c", "unix_socket_directories="]);
    let url = text("postgres://{self.host}:{self.port}");
    let process_args = of_process.chain(settings.clone()).map(text).collect();
    let (program, image, env) = match image {
        ServerImage::Program(program) => (Some(program), None, BTreeMap::new()),
        ServerImage::Published(image) => {
            let initdb = "--no-sync --encoding=UTF8 --locale=C";
            let env = [
                ("PGDATA", "{self.volume}/data"),
                ("POSTGRES_INITDB_ARGS", initdb),
                ("POSTGRES_USER", SUPERUSER),
            ];
            let env = env.map(|(key, value)| (key.to_owned(), text(value)));
            (None, Some(image), BTreeMap::from(env))
        }
    };
    // On `process` it is told when the data are made.
    let volume = image.is_some().then(|| "/database".into());
    let external = External {
        image,
        program,
        process_args: Some(process_args),
        url: Some(url.clone()),
        config: BTreeMap::new(),
        is_database: true,
    };
    let service = Service {
        name: DATABASE_SERVER.to_owned(),
        kind: ServiceKind::External(external),
        manifest_path: manifest,
        needs: Vec::new(),
        port: Some(5432),
        ports: BTreeMap::new(),
        ready: Ready::Postgres,
        args: settings.map(text).collect(),
        database: Vec::new(),
        volume,
        memory: None,
        replicas: 1,
        manifests: Vec::new(),
        env: env.clone(),
        source,
    };
    let urls = BTreeMap::from([(service.name.clone(), url)]);
    let ports = Ports { own: service.port, further: service.ports.clone() };
    let ports = BTreeMap::from([(service.name.clone(), ports)]);
    PlannedService { service, env, urls, ports, database: None, manifests: Vec::new() }
}

#[cfg(test)]
#[path = "database_tests.rs"]
mod tests;
