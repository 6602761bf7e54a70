//! Registries to which images are pushed.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::pinned_image::{is_component, is_host};

/// Where a registry takes images, `<host>[:<port>]/<path>`: their names begin with it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Registry(String);

impl Registry {
    /// The registry that this text names.
    ///
    /// # Errors
    ///
    /// No image could be named so.
    pub(crate) fn named(text: &str) -> anyhow::Result<Registry> {
        let mut parts = text.split('/');
        let host = parts.next().unwrap_or_default();
        let has_host = host == "localhost" || host.contains(['.', ':']);
        if has_host && is_host(host) && parts.all(is_component) {
            return Ok(Registry(text.to_owned()));
        }
        anyhow::bail!("`{text}` is no registry, which is `<host>[:<port>]/<path>`")
    }
}

impl fmt::Display for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Registry;

    #[test]
    fn registry_is_a_host_and_a_path() {
        for (text, expected) in [
            ("localhost:5000", true),
            ("localhost/team", true),
            ("registry.example.com/team/tests", true),
            ("registry", false),
            ("team/tests", false),
            ("https://registry.example.com", false),
            ("registry.example.com/", false),
            ("registry.example.com/Team", false),
            ("registry.example.com/team:1", false),
            ("localhost:port", false),
            ("", false),
        ] {
            assert_eq!(Registry::named(text).is_ok(), expected, "{text:?}");
        }
    }
}
