//! One container: how it is started, and what the engine tells of it.

use std::collections::BTreeMap;

use anyhow::bail;
use rustix::process::{Resource, getgid, getrlimit, getuid};
use serde::Deserialize;

use super::client::Client;
use super::images::EngineImage;
use super::network::{self, Hosts};
use super::{LABEL_RUN, LABEL_SERVICE, LABEL_TARGET, network_name};
use crate::backend::container::{CONFIG, DATABASE, port_inside};
use crate::backend::{LOCALHOST, Replica, ServiceSpec, State};
use crate::run::RunFolder;
use crate::system::may_raise_limits;

/// How much a service may write to `/tmp`.
const TMP: &str = "/tmp:rw,nosuid,nodev,size=64m,mode=1777";

/// What a container prints at most, before the engine begins to drop it.
const LOG: &str = "max-size=256m";

/// How a service is started as a container.
pub(super) struct Arguments {
    pub(super) arguments: Vec<String>,
    /// Those that are written nowhere else; the engine takes them from its own
    /// environment.
    pub(super) secrets: BTreeMap<String, String>,
}

/// The arguments of `run`.
///
/// The container of a service has its own user, a root that cannot be written to, one
/// volume, `/tmp`, and no capabilities; an external service runs as its image says.
pub(super) fn arguments(
    client: &Client,
    folder: &RunFolder,
    name: &str,
    spec: &ServiceSpec,
    image: &EngineImage,
    hosts: &Hosts,
    host_port: impl Fn(Option<&str>) -> anyhow::Result<u16>,
) -> anyhow::Result<Arguments> {
    let service = spec.service();
    let network = network_name(spec.run_id);
    let mut all: Vec<String> = Vec::new();
    let mut add = |option: &str, value: String| all.extend([option.to_owned(), value]);
    add("--name", name.to_owned());
    add("--hostname", service.to_owned());
    add("--network", network);
    add("--network-alias", service.to_owned());
    add("--label", format!("{LABEL_RUN}={}", spec.run_id));
    add("--label", format!("{LABEL_TARGET}={}", folder.layout().base()));
    add("--label", format!("{LABEL_SERVICE}={service}"));
    for port in spec.ports.names() {
        let (inside, outside) = (port_inside(&spec.ports, port)?, host_port(port)?);
        add("--publish", format!("{LOCALHOST}:{outside}:{inside}"));
    }
    if !image.is_external {
        add("--tmpfs", TMP.to_owned());
        add("--cap-drop", "ALL".to_owned());
        add("--security-opt", "no-new-privileges".to_owned());
    }
    if let Some(bytes) = spec.memory {
        add("--memory", bytes.to_string());
        add("--memory-swap", bytes.to_string());
    }
    add("--log-opt", LOG.to_owned());
    add("--pull", "never".to_owned());
    if let Some(volume) = &spec.ports.volume {
        add(
            "--volume",
            match image.has_own_volume {
                true => format!("{name}:{volume}"),
                false => format!("{}:{volume}:Z", folder.volume(service)),
            },
        );
    }
    if spec.database {
        add("--volume", format!("{}:{DATABASE}:Z", folder.database_folder(service)));
    }
    if !spec.config.is_empty() {
        add("--volume", format!("{}:{CONFIG}:ro,Z", folder.config(service)));
    }
    let user = getuid();
    if !user.is_root() && !image.is_external {
        // What a service writes is the caller's, who has to be able to remove it.
        let group = getgid();
        add("--user", format!("{}:{}", user.as_raw(), group.as_raw()));
    } else if let Some(user) = &image.user {
        add("--user", user.clone());
    }
    let mut secrets = BTreeMap::new();
    for (key, value) in &spec.environment {
        if !spec.secrets.contains(key) {
            add("--env", format!("{key}={value}"));
            continue;
        }
        if client.dialect.variables.contains(&key.as_str()) || key == "PATH" {
            bail!("`env.{key}` of `{service}` is a variable of `{}` as well", client.name());
        }
        add("--env", key.clone());
        secrets.insert(key.clone(), value.clone());
    }
    let read_only: &[&str] = if image.is_external { &[] } else { client.dialect.read_only };
    let rootless = client.pinned.info.rootless && !image.is_external;
    let rootless = if rootless { client.dialect.rootless } else { &[] };
    let options = ["run", "--detach"].iter().chain(client.dialect.run).chain(read_only);
    let mut arguments: Vec<String> =
        options.chain(rootless).map(|option| (*option).to_owned()).collect();
    arguments.extend(limit_options());
    arguments.extend(network::options(hosts, service));
    arguments.append(&mut all);
    arguments.push(spec.reference.clone());
    arguments.extend(spec.args.iter().cloned());
    Ok(Arguments { arguments, secrets })
}

/// What keeps an engine from asking for more than there is.
pub(super) fn limit_options() -> impl Iterator<Item = String> {
    let option = |(limit, value)| ["--ulimit".to_owned(), format!("{limit}={value}")];
    capped_limits().into_iter().flat_map(option)
}

/// The limits of resources for a root that may not raise any, as in a container or a
/// sandbox: podman asks for a million open files, and cannot start anything then.
pub(super) fn capped_limits() -> Vec<(&'static str, u64)> {
    if !getuid().is_root() || may_raise_limits() {
        return Vec::new();
    }
    let hard = |resource| getrlimit(resource).maximum;
    let files = hard(Resource::Nofile);
    // runc itself lowers what may be had of these.
    let processes = hard(Resource::Nproc).map(|limit| limit / 4);
    let limits = [("nofile", files), ("nproc", processes)];
    limits.into_iter().filter_map(|(name, limit)| Some((name, limit?))).collect()
}

/// What an engine tells of a container.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerInfo {
    /// The digest of its image, as the image store tells it.
    pub(super) image: String,
    pub(super) state: ContainerState,
}

/// How it is.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerState {
    pub(super) status: String,
    pub(super) exit_code: i32,
    #[serde(default, rename = "OOMKilled")]
    pub(super) out_of_memory: bool,
    #[serde(default)]
    pub(super) error: String,
    /// Of its first process; 0 if it does not run.
    #[serde(default)]
    pub(super) pid: u32,
}

impl ContainerState {
    /// The same in the words of the seam.
    pub(super) fn of_seam(&self, replica: Replica, memory: Option<u64>) -> State {
        match self.status.as_str() {
            "running" | "paused" => State::Running(vec![replica]),
            "created" | "initialized" | "configured" | "restarting" => {
                State::Starting(format!("its container is {}", self.status))
            }
            _ => State::Ended(self.end(memory)),
        }
    }

    /// How it ended, as a sentence says it of a service.
    fn end(&self, memory: Option<u64>) -> String {
        let mut end = match self.exit_code {
            _ if self.out_of_memory => "was killed for using more memory than it may".to_owned(),
            // A shell's way of telling a signal, and an engine's.
            code @ 129..=159 => {
                format!("was ended by {}", crate::system::signals::name(code - 128))
            }
            code => format!("ended with code {code}"),
        };
        if let (137, false, Some(bytes)) = (self.exit_code, self.out_of_memory, memory) {
            // podman 4.3 does not tell on cgroups v1.
            end.push_str(&format!(", maybe for using more than its {} MiB of memory", bytes >> 20));
        }
        if !self.error.is_empty() {
            end.push_str(": ");
            end.push_str(&crate::system::tail::printable(&self.error, 500));
        }
        end
    }
}
