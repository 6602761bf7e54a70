//! How a service is known to be ready.

use super::source::Source;
use super::topology::Ready;
use crate::error::Attach as _;

/// What the key `ready` says, for the service at `source`, which may have a port.
///
/// # Errors
///
/// It is missing where there is a port, it asks for a port where there is none,
/// or it is none of the kinds.
pub(super) fn ready(source: &Source, ready: Option<&str>, has_port: bool) -> anyhow::Result<Ready> {
    const KINDS: &str = "a path that answers 2xx once the service can work, for example \
                         `ready = \"/health/ready\"`; or `\"tcp\"`; or `\"started\"`";
    let key = source.key("ready");
    let ready = match ready {
        None if !has_port => return Ok(Ready::Started),
        None => {
            return Err(key.file_error(format!("missing key `{}`", key.table())).hint(KINDS));
        }
        Some("started") => return Ok(Ready::Started),
        Some("tcp") => Ready::Tcp,
        // It goes into a request line as it is.
        Some(path) if path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ready::Http(path.to_owned())
        }
        Some(path) if path.starts_with('/') => {
            return Err(key
                .error(format!("`{path}` is no path of a URL"))
                .hint("it has no space, and ASCII characters only"));
        }
        Some(other) => {
            let fault = format!("`{other}` is neither a path nor `tcp` nor `started`");
            return Err(key.error(fault).hint(KINDS));
        }
    };
    if !has_port {
        return Err(key
            .error("a service without a port cannot be asked")
            .hint("add `port = 8080`, or write `ready = \"started\"`"));
    }
    Ok(ready)
}
