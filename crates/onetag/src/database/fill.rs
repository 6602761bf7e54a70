//! A database and a user for each service of a run.

use std::collections::BTreeMap;

use anyhow::Context as _;
use serde::{Deserialize, Serialize};

use super::access::{Access, Server};
use super::machine::{Installation, client};
use super::url::ServerUrl;
use super::{names, psql};
use crate::backend::{BackendKind, ExternalForm};
use crate::run::RunFolder;
use crate::run::ledger::{BackendResource, Ledger};
use crate::workspace::{DATABASE_SERVER, SUPERUSER};

/// What the ledger calls a database, with its user, on a server that the run did not
/// start.
pub(crate) const ON_SERVER: &str = "database";

/// It, in the ledger.
#[derive(Debug, Deserialize, Serialize)]
struct OnServer {
    url: ServerUrl,
    name: String,
}

/// Makes the databases of these services, as far as they are not there.
///
/// # Errors
///
/// The server cannot be reached or refuses something; says what it said.
pub(crate) fn fill(
    folder: &RunFolder,
    kind: BackendKind,
    access: &Access,
    services: &[&str],
) -> anyhow::Result<()> {
    let ledger = Ledger::open(folder.path())?;
    if let Server::Named { url } = &access.server {
        // Before anything is made there: what was never made need not be dropped.
        psql::execute(client()?.as_str(), &url.for_administration(), None, IS_NEW, Some(&ledger))
            .with_context(|| format!("cannot use the server {url}"))?;
    }
    let mut statements = String::new();
    for service in services {
        let name = names::of(folder.run_id(), service);
        if let Server::Named { url } = &access.server {
            let made = OnServer { url: url.clone(), name: name.clone() };
            let made = BackendResource::new(ON_SERVER, service, serde_json::to_value(made)?);
            let (outstanding, _) = ledger.record()?.of_backend();
            if !outstanding.contains(&made) {
                ledger.owns(&made)?;
            }
        }
        statements.push_str(&making(&name, access.password(service)?));
    }
    let made = match &access.server {
        Server::Named { url } => {
            let address = url.for_administration();
            psql::execute(client()?.as_str(), &address, None, &statements, Some(&ledger))
        }
        Server::Own { password, .. } => {
            let statements = format!("{UNLOGGED}{statements}");
            execute(folder, kind, access, password, &statements, &ledger)
        }
    };
    made.with_context(|| format!("cannot make the databases of {}", services.join(", ")))
}

/// On the server of the run: from this machine where that runs processes, else beside the
/// server in its container.
fn execute(
    folder: &RunFolder,
    kind: BackendKind,
    access: &Access,
    password: &str,
    statements: &str,
    ledger: &Ledger,
) -> anyhow::Result<()> {
    if kind.backend().externals == ExternalForm::Program {
        let psql = Installation::find()?.program("psql");
        let address = format!("postgres://{SUPERUSER}@{}/postgres", access.authority()?);
        return psql::execute(psql.as_str(), &address, Some(password), statements, Some(ledger));
    }
    let address = format!("postgres://{SUPERUSER}@127.0.0.1/postgres");
    let arguments = ["sh".to_owned()].into_iter().chain(psql::shell("psql", &address));
    let variables = BTreeMap::from([(psql::PASSWORD, password), (psql::STATEMENTS, statements)]);
    let runtime = (kind.backend().runtime)(folder);
    runtime.exec(DATABASE_SERVER, &arguments.collect::<Vec<_>>(), &variables, ledger)
}

/// Drops a database of the ledger's from a server that the run did not start.
pub(crate) fn drop_from_server(resource: &BackendResource) -> anyhow::Result<bool> {
    let OnServer { url, name } = serde_json::from_value(resource.id.clone())?;
    let statements = format!(
        "DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE);\nDROP ROLE IF EXISTS \"{name}\";\n"
    );
    let address = url.for_administration();
    psql::execute(client()?.as_str(), &address, None, &statements, None)
        .with_context(|| format!("cannot drop the database {name} at {url}"))?;
    Ok(true)
}

/// Fails where the server is too old to have its databases dropped by force.
const IS_NEW: &str = "DO $$ BEGIN IF current_setting('server_version_num')::int < 130000 THEN \
                      RAISE EXCEPTION 'it is PostgreSQL %, and 13 or newer is wanted', \
                      current_setting('server_version'); END IF; END $$;\n";

/// Statements with passwords are not for the log of the server.
const UNLOGGED: &str = "SET log_min_error_statement = panic;\nSET log_statement = none;\n";

/// Names and passwords consist of letters, digits, `_` and `-`.
///
/// Whoever makes a database for another user has to be a member of that user.
fn making(name: &str, password: &str) -> String {
    format!(
        "SELECT 'CREATE ROLE \"{name}\" LOGIN' WHERE NOT EXISTS \
           (SELECT FROM pg_roles WHERE rolname = '{name}') \\gexec\n\
         ALTER ROLE \"{name}\" PASSWORD '{password}';\n\
         SELECT 'GRANT \"{name}\" TO CURRENT_USER' WHERE NOT EXISTS \
           (SELECT FROM pg_database WHERE datname = '{name}') \\gexec\n\
         SELECT 'CREATE DATABASE \"{name}\" OWNER \"{name}\" TEMPLATE template0 ENCODING ''UTF8'' \
           LC_COLLATE ''C'' LC_CTYPE ''C''' WHERE NOT EXISTS \
           (SELECT FROM pg_database WHERE datname = '{name}') \\gexec\n\
         REVOKE ALL ON DATABASE \"{name}\" FROM PUBLIC;\n"
    )
}
