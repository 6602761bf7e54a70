//! What an engine says about itself.

use anyhow::{Context as _, anyhow};
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::client::Client;
use super::dialect::Dialect;
use crate::build::image::program;
use crate::error::Attach as _;

/// What matters of an engine, whichever it is.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct Info {
    /// Of the engine itself, which for docker is the daemon.
    pub(super) version: String,
    /// As images name it.
    pub(super) architecture: String,
    pub(super) rootless: bool,
    /// How it keeps images.
    pub(super) store: String,
    /// Where podman keeps them, and its containers; none where that is not on this machine.
    #[serde(default)]
    pub(super) folder: Option<Utf8PathBuf>,
    /// 1 or 2.
    pub(super) cgroups: u8,
    /// What podman makes networks with.
    #[serde(default)]
    pub(super) network: Option<String>,
    /// Whether it runs elsewhere, so that no folder and no process of it is here.
    pub(super) remote: bool,
}

impl Info {
    /// Asks the engine.
    ///
    /// # Errors
    ///
    /// When it does not answer.
    pub(super) fn ask(client: &Client) -> anyhow::Result<Info> {
        let program = client.name();
        let answer = client.ask(["info", "--format", "{{json .}}"]);
        let answer = answer.with_context(|| format!("`{program}` does not answer"))?;
        let answer: Value = serde_json::from_str(&answer)
            .with_context(|| format!("`{program} info` answers something unknown"))?;
        // docker's program succeeds without its daemon, and says so here.
        if let Some(error) = answer["ServerErrors"].get(0).and_then(Value::as_str) {
            return Err(anyhow!("`{program}` does not answer: {error}").hint(client.dialect.start));
        }
        let info = match answer.get("host") {
            Some(host) => Info::of_podman(&answer, host),
            None => Info::of_docker(&answer),
        };
        info.with_context(|| format!("`{program} info` does not tell all that is needed"))
    }

    fn of_podman(answer: &Value, host: &Value) -> Option<Info> {
        let remote = host["serviceIsRemote"].as_bool().unwrap_or(false);
        let folder = answer["store"]["graphRoot"].as_str().filter(|_| !remote);
        Some(Info {
            version: answer["version"]["Version"].as_str()?.to_owned(),
            architecture: host["arch"].as_str()?.to_owned(),
            rootless: host["security"]["rootless"].as_bool()?,
            store: answer["store"]["graphDriverName"].as_str()?.to_owned(),
            folder: folder.map(Utf8PathBuf::from),
            cgroups: if host["cgroupVersion"] == "v2" { 2 } else { 1 },
            network: host["networkBackend"].as_str().map(str::to_owned),
            remote,
        })
    }

    fn of_docker(answer: &Value) -> Option<Info> {
        let options = answer["SecurityOptions"].as_array().into_iter().flatten();
        let mut options = options.filter_map(Value::as_str);
        // `uname -m` has other names than images.
        let architecture = match answer["Architecture"].as_str()? {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            other => other,
        };
        // Docker Desktop runs its engine in a machine of its own.
        let remote = answer["OperatingSystem"].as_str() == Some("Docker Desktop");
        Some(Info {
            version: answer["ServerVersion"].as_str()?.to_owned(),
            architecture: architecture.to_owned(),
            rootless: options.any(|option| option.contains("rootless")),
            store: answer["Driver"].as_str()?.to_owned(),
            folder: None,
            cgroups: if answer["CgroupVersion"] == "2" { 2 } else { 1 },
            network: None,
            remote,
        })
    }

    /// Makes sure that what cargo builds here can run there.
    pub(super) fn check(&self, dialect: &Dialect) -> anyhow::Result<()> {
        let (there, here) = (&self.architecture, program::architecture());
        let system = program::operating_system();
        if there == here && system == "linux" {
            return Ok(());
        }
        let engine = dialect.program;
        Err(anyhow!(
            "`{engine}` runs programs for linux/{there}, and cargo builds them for {system}/{here}"
        )
        .hint(format!(
            "name a `containerfile` in the metadata of each service: then `{engine}` builds its \
             image for linux/{there}"
        )))
    }

    /// Whether processes and folders of containers are also this machine's.
    pub(super) fn is_here(&self) -> bool {
        !self.remote
    }
}

#[cfg(test)]
mod tests {
    use super::super::dialect::PODMAN;
    use super::*;
    use crate::error::describe;

    #[test]
    fn where_programs_of_this_machine_do_not_run_a_containerfile_helps() {
        let info =
            |architecture: &str| Info { architecture: architecture.to_owned(), ..Info::default() };
        info(program::architecture()).check(&PODMAN).unwrap();
        let told = describe(&info("s390x").check(&PODMAN).unwrap_err());
        assert!(told.starts_with("`podman` runs programs for linux/s390x, and cargo"), "{told}");
        assert!(told.contains("hint: name a `containerfile`"), "{told}");
    }
}
