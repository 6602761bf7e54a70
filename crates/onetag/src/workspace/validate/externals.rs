//! The keys that external services alone have.

use crate::error::Attach as _;
use crate::workspace::external::External;
use crate::workspace::placeholder::{Placeholder, Template, Values, resolve};
use crate::workspace::topology::{Service, Workspace};

pub(super) fn check(workspace: &Workspace) -> anyhow::Result<()> {
    for service in workspace.services.values() {
        let Some(external) = service.external() else { continue };
        check_program(service, external)?;
        external.config.keys().try_for_each(|name| check_config(service, name))?;
        if let Some(url) = &external.url {
            check_url(service, url)?;
        }
    }
    Ok(())
}

fn check_program(service: &Service, external: &External) -> anyhow::Result<()> {
    let Some(program) = &external.program else { return Ok(()) };
    let is_name = !program.is_empty() && !program.contains(['/', '\0']);
    if is_name || (program.starts_with('/') && !program.contains('\0')) {
        return Ok(());
    }
    let error = service.source.key("program").error(format!("`{program}` is not a program"));
    Err(error.hint("write a name that is found on the path, or an absolute path"))
}

/// The files lie in one folder.
fn check_config(service: &Service, name: &str) -> anyhow::Result<()> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if !name.is_empty() && !name.starts_with('.') && name.bytes().all(is_plain) {
        return Ok(());
    }
    let error =
        service.source.key("config").error(format!("`{name}` cannot be the name of a file"));
    Err(error.hint(
        "names consist of letters, digits and `._-`, without `/`, and do not start with a dot; \
         the folder is `{self.config}`",
    ))
}

/// It becomes a value of the environment file.
fn check_url(service: &Service, url: &Template) -> anyhow::Result<()> {
    let key = service.source.key("url");
    let is_address = |placeholder: &&Placeholder| {
        matches!(placeholder, Placeholder::Host | Placeholder::Port { port: None })
    };
    let other = url.placeholders().find(|placeholder| !is_address(placeholder));
    if let Some(other) = other {
        let error = key.error(format!("`{other}` has no source in an address"));
        return Err(error.hint("an address consists of text, `{self.host}` and `{self.port}`"));
    }
    if service.port.is_none() {
        let error = key.error("an external service without a port has no address");
        return Err(error.hint(service.source.add("port = 6379")));
    }
    let text = resolve(url, &Example)?;
    if text.is_empty() || !onetag_env::is_value(&text) || text.ends_with('/') {
        let error = key.error(format!("`{url}` cannot be the value of a variable"));
        return Err(error.hint(
            "an address consists of letters, digits and `_./:@,%+=-`, without `/` at its end",
        ));
    }
    Ok(())
}

/// An address that is well-formed.
struct Example;

impl Values for Example {
    fn value(&self, placeholder: &Placeholder) -> anyhow::Result<String> {
        Ok(if *placeholder == Placeholder::Host { "127.0.0.1" } else { "1" }.to_owned())
    }
}

#[cfg(test)]
#[path = "externals_tests.rs"]
mod tests;
