//! How the databases of a run are reached: server, users, passwords.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use camino::Utf8PathBuf;
use serde::{Deserialize, Serialize};

use super::url::ServerUrl;
use super::{data, names};
use crate::backend::ExternalForm;
use crate::run::{MintedRun, RunFolder, RunId, read_json, write_json};
use crate::workspace::{DatabaseKind, Plan, PlannedService};

/// `database.json` of a run, for this user alone: it has the passwords, which are written
/// nowhere else.
#[derive(Clone, Deserialize, Serialize)]
pub(crate) struct Access {
    pub(super) server: Server,
    run_id: RunId,
    /// Of each service's user.
    passwords: BTreeMap<String, String>,
    /// Where services find the run's own server; known once it was prepared.
    #[serde(skip)]
    internal: Option<String>,
}

/// Where the databases are.
#[derive(Clone, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(super) enum Server {
    /// The run starts it.
    Own {
        /// Of its owner.
        password: String,
        /// Its folder, where it is a process of this machine.
        folder: Option<Utf8PathBuf>,
    },
    /// Somebody named it.
    Named { url: ServerUrl },
}

impl Access {
    /// That of a run, if it has one.
    pub(crate) fn read(folder: &RunFolder) -> anyhow::Result<Option<Access>> {
        let path = folder.database_access();
        path.exists().then(|| read_json(&path)).transpose()
    }

    /// The access of a run that is only shown, which has no passwords; none if no service
    /// needs any.
    pub(crate) fn preview(run_id: RunId, plan: &Plan, url: Option<&ServerUrl>) -> Option<Access> {
        let hidden = || "<secret>".to_owned();
        let server = match url {
            Some(url) => Server::Named { url: url.clone() },
            None => Server::Own { password: hidden(), folder: None },
        };
        let password = |planned: &PlannedService| (planned.service.name.clone(), hidden());
        let passwords = plan.services().map(password).collect();
        plan.uses(DatabaseKind::Postgres).then_some(Access {
            server,
            run_id,
            passwords,
            internal: None,
        })
    }

    /// Says where services find the run's own server.
    pub(crate) fn found_at(&mut self, internal: &str) {
        self.internal = Some(internal.to_owned());
    }

    pub(super) fn authority(&self) -> anyhow::Result<String> {
        match (&self.server, &self.internal) {
            (Server::Named { url }, _) => Ok(url.authority()),
            (_, Some(internal)) => Ok(internal.clone()),
            _ => anyhow::bail!("nobody said where the database server is"),
        }
    }

    pub(super) fn password(&self, service: &str) -> anyhow::Result<&str> {
        let password = self.passwords.get(service);
        password.map(String::as_str).with_context(|| format!("`{service}` has no password"))
    }

    /// The address of a service's database, with the password.
    pub(crate) fn url(&self, service: &str) -> anyhow::Result<String> {
        let (name, password) = (names::of(self.run_id, service), self.password(service)?);
        let options = match &self.server {
            Server::Named { url } => url.options(),
            Server::Own { .. } => "",
        };
        Ok(format!("postgres://{name}:{password}@{}/{name}{options}", self.authority()?))
    }

    /// The password of the owner of the run's own server.
    pub(crate) fn server_password(&self) -> Option<&str> {
        match &self.server {
            Server::Own { password, .. } => Some(password),
            Server::Named { .. } => None,
        }
    }

    /// The folder of the run's own server, where that is a process.
    pub(crate) fn server_folder(&self) -> Option<&Utf8PathBuf> {
        match &self.server {
            Server::Own { folder, .. } => folder.as_ref(),
            Server::Named { .. } => None,
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Access").field("run_id", &self.run_id).finish_non_exhaustive()
    }
}

/// Has all that the services of a plan need of PostgreSQL before it starts: passwords,
/// and the data of the run's own server. None if no service needs any.
///
/// What is there of a kept run stays.
pub(crate) fn prepare(
    minted: &MintedRun,
    plan: &Plan,
    url: Option<&ServerUrl>,
) -> anyhow::Result<Option<Access>> {
    if !plan.uses(DatabaseKind::Postgres) {
        return Ok(None);
    }
    let folder = minted.folder();
    let before = Access::read(folder)?;
    let is_new = before.is_none();
    let mut access = before.unwrap_or_else(|| {
        let server = match url {
            Some(url) => Server::Named { url: url.clone() },
            None => Server::Own { password: password(), folder: None },
        };
        let (run_id, passwords) = (folder.run_id(), BTreeMap::new());
        Access { server, run_id, passwords, internal: None }
    });
    let mut is_changed = is_new;
    for planned in plan.services().filter(|it| it.database == Some(DatabaseKind::Postgres)) {
        access.passwords.entry(planned.service.name.clone()).or_insert_with(|| {
            is_changed = true;
            password()
        });
    }
    match &mut access.server {
        Server::Own { folder: Some(made), .. } => data::release(made)?,
        Server::Own { password, folder: made @ None }
            if minted.backend().backend().externals == ExternalForm::Program =>
        {
            *made = Some(data::make(folder, minted.ledger(), password)?);
            is_changed = true;
        }
        _ => {}
    }
    if is_changed {
        write_json(&folder.database_access(), &access)?;
    }
    Ok(Some(access))
}

/// A new password: 122 random bits.
fn password() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}
