//! Options that several verbs have.

use std::collections::BTreeSet;
use std::time::Duration;

use anyhow::anyhow;
use camino::Utf8PathBuf;
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};

use crate::backend::{BackendKind, ClusterChoice, ImageRoute};
use crate::context::Context;
use crate::cycle::Job;
use crate::database::{DatabaseChoice, ServerUrl};
use crate::error::{Attach as _, Kind};
use crate::report::NotRun;
use crate::workspace::{DatabaseKind, Registry};

/// Which suites.
#[derive(Clone, Debug, Args)]
pub(crate) struct Suites {
    /// Suites; most are named like their service
    #[arg(value_name = "SERVICE", required_unless_present = "all", conflicts_with = "all")]
    names: Vec<String>,
    /// Run every suite of the workspace
    #[arg(long)]
    all: bool,
}

impl Suites {
    /// Plans a new run of each, but for those of all that the backend cannot run.
    ///
    /// # Errors
    ///
    /// A suite that there is not, that selects no test, or that is named twice.
    pub(super) fn jobs<'a>(
        &self,
        context: &'a Context,
        backend: BackendKind,
    ) -> anyhow::Result<(Vec<Job<'a>>, Vec<NotRun>)> {
        let suites: Vec<&String> = match self.all {
            true => context.workspace.suites.keys().collect(),
            false => self.names.iter().collect(),
        };
        if suites.is_empty() {
            return Err(anyhow!("this workspace has no suite")
                .kind(Kind::Usage)
                .hint("add `[package.metadata.onetag.suite]` to a service"));
        }
        let mut named = BTreeSet::new();
        if let Some(twice) = suites.iter().find(|suite| !named.insert(suite.as_str())) {
            return Err(anyhow!("`{twice}` is named twice").kind(Kind::Usage));
        }
        let (mut jobs, mut not_run) = (Vec::new(), Vec::new());
        for suite in suites {
            let job = Job::new(context, suite)?;
            match job.check_backend(backend) {
                // Who names it learns more, when everything is checked.
                Err(error) if self.all => {
                    not_run.push(NotRun { suite: suite.clone(), reason: error.to_string() });
                }
                _ => jobs.push(job),
            }
        }
        Ok((jobs, not_run))
    }
}

/// What goes to stdout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Human,
    Json,
}

/// Where images run.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct On {
    /// Run the images on this backend: `process`, the default, `podman`, `docker`, `kind` or `kube`
    #[arg(long = "on", value_name = "BACKEND", value_parser = BackendKind::named)]
    pub(super) backend: Option<BackendKind>,
}

/// What services keep their state in.
#[derive(Clone, Debug, Args)]
pub(crate) struct Databases {
    /// Keep the state of services in `sqlite` or `postgres`, where they can use it
    #[arg(long, value_name = "KIND", value_parser = DatabaseKind::named)]
    database: Option<DatabaseKind>,
    /// Use this PostgreSQL server instead of starting one: `postgres://user@host:port`
    #[arg(long, value_name = "URL")]
    database_url: Option<String>,
}

impl Databases {
    /// What is asked for.
    ///
    /// # Errors
    ///
    /// A server is named in a way that cannot be, or another kind of database is asked for
    /// as well.
    pub(super) fn choice(&self) -> anyhow::Result<DatabaseChoice> {
        let Databases { database, database_url } = self.clone();
        // What is wrong with it may be a password, so it is not repeated.
        let refused = |error| anyhow!("`--database-url`: {error}").kind(Kind::Usage);
        let url =
            database_url.map(|text| text.parse::<ServerUrl>().map_err(refused)).transpose()?;
        let kind = match (database, &url) {
            (Some(DatabaseKind::Sqlite), Some(_)) => {
                let error = anyhow!("`--database-url` names a server, and sqlite has none");
                return Err(error.kind(Kind::Usage));
            }
            (None, Some(_)) => Some(DatabaseKind::Postgres),
            (kind, _) => kind,
        };
        Ok(DatabaseChoice { kind, url })
    }
}

/// A cluster of the caller's, which may be this machine.
#[derive(Clone, Debug, Args)]
pub(crate) struct NodeOptions {
    /// Use the cluster of this context of kubectl's configuration, with `--on kube`
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    context: Option<String>,
    /// Import images into the containerd that listens here, of a cluster of one node
    #[arg(long, value_name = "SOCKET")]
    containerd: Option<Utf8PathBuf>,
}

/// Which cluster runs use, and how images get there.
#[derive(Clone, Debug, Args)]
pub(crate) struct ClusterOptions {
    #[command(flatten)]
    node: NodeOptions,
    /// Push images to this registry, from where the cluster pulls them
    #[arg(long, value_name = "HOST/PATH", value_parser = Registry::named, conflicts_with = "containerd")]
    registry: Option<Registry>,
    /// Give the run a cluster of its own, with `--on kind`
    #[arg(long)]
    fresh_cluster: bool,
}

impl NodeOptions {
    /// What is asked for.
    ///
    /// # Errors
    ///
    /// The socket cannot be one.
    pub(super) fn choice(&self) -> anyhow::Result<ClusterChoice> {
        let NodeOptions { context, containerd } = self.clone();
        if let Some(socket) = containerd.as_ref().filter(|socket| !socket.is_absolute()) {
            let error = anyhow!("`--containerd`: `{socket}` is not an absolute path");
            return Err(error.kind(Kind::Usage).hint("/run/containerd/containerd.sock"));
        }
        let images = containerd.map(ImageRoute::Containerd);
        Ok(ClusterChoice { context, images, is_fresh: false })
    }
}

impl ClusterOptions {
    /// What is asked for.
    ///
    /// # Errors
    ///
    /// See [`NodeOptions::choice`].
    pub(super) fn choice(&self) -> anyhow::Result<ClusterChoice> {
        let ClusterOptions { node, registry, fresh_cluster } = self.clone();
        let node = node.choice()?;
        let images = registry.map(ImageRoute::Registry).or(node.images);
        Ok(ClusterChoice { images, is_fresh: fresh_cluster, ..node })
    }
}

/// Options of the whole cycle.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunOptions {
    /// How long a service may take to become ready
    #[arg(long, value_name = "DURATION", default_value = "60s", value_parser = humantime::parse_duration)]
    pub(super) ready_timeout: Duration,
    #[command(flatten)]
    pub(super) on: On,
    #[command(flatten)]
    pub(super) databases: Databases,
    #[command(flatten)]
    pub(super) cluster: ClusterOptions,
    #[command(flatten)]
    pub(super) build: BuildOptions,
    /// What nextest gets as well, for example `-E 'test(name)'`
    #[arg(last = true, allow_hyphen_values = true, value_name = "NEXTEST ARGS")]
    pub(super) nextest: Vec<String>,
}

/// Options of the verbs that build.
#[derive(Clone, Debug, Args)]
pub(crate) struct BuildOptions {
    /// Build the services with cargo's profile `release`
    #[arg(long, conflicts_with = "profile")]
    release: bool,
    /// Build the services with this cargo profile; tests keep their own
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
}

impl BuildOptions {
    /// The cargo profile of the services; none for cargo's default.
    pub(super) fn profile(&self) -> Option<String> {
        if self.release { Some("release".to_owned()) } else { self.profile.clone() }
    }
}
