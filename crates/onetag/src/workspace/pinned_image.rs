//! Images that others published, by the digest of their bytes.

use std::fmt;

use onetag_image::Digest;

use super::source::Source;
use crate::error::Attach as _;

/// An image that others published: `<registry>/<path>@sha256:<64 digits>`.
///
/// Nothing makes one from a text without a digest: what a tag names can change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinnedImage {
    repository: String,
    digest: Digest,
}

impl PinnedImage {
    /// Where it is published: `docker.io/library/redis`.
    pub fn repository(&self) -> &str {
        &self.repository
    }

    /// The digest of its manifest, or of the index that lists those of all platforms.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The image that a variable of the caller names.
    ///
    /// # Errors
    ///
    /// As for a key of metadata; they name the variable.
    pub(crate) fn of_variable(variable: &str, text: &str) -> anyhow::Result<PinnedImage> {
        PinnedImage::parse(&Source::new("".into(), "environment".into(), variable), text)
    }

    /// The image that the key at `source` names. A tag before the digest is for people:
    /// it is left out.
    ///
    /// # Errors
    ///
    /// It has no digest, or names no registry, or has characters that no name has.
    pub(super) fn parse(source: &Source, text: &str) -> anyhow::Result<PinnedImage> {
        let Some((name, digest)) = text.split_once('@') else {
            let hint = format!("`skopeo inspect docker://{text}` shows it: write {text}@sha256:…");
            return Err(source.error(format!("`{text}` has no digest")).hint(hint));
        };
        let digest: Digest = digest.parse().map_err(|error| source.error(error))?;
        let (repository, tag) = match name.rsplit_once(':') {
            Some((repository, tag)) if !tag.contains('/') => (repository, Some(tag)),
            _ => (name, None),
        };
        let mut parts = repository.split('/');
        let registry = parts.next().unwrap_or_default();
        let is_registry = registry == "localhost" || registry.contains(['.', ':']);
        let path: Vec<&str> = parts.collect();
        if !is_registry || path.is_empty() {
            let fault = format!("`{name}` names no registry");
            let likely = if repository.contains('/') { "docker.io/" } else { "docker.io/library/" };
            return Err(source.error(fault).hint(format!("did you mean `{likely}{name}`?")));
        }
        if !is_host(registry) || !path.into_iter().all(is_component) || !tag.is_none_or(is_tag) {
            return Err(source.error(format!("`{name}` is not the name of an image")));
        }
        Ok(PinnedImage { repository: repository.to_owned(), digest })
    }
}

impl fmt::Display for PinnedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.repository, self.digest)
    }
}

/// `<name>` or `<name>:<port>`.
pub(super) fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').unwrap_or((text, "0"));
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b".-".contains(&byte);
    name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(is_name)
        && port.parse::<u16>().is_ok()
}

/// A component of a path, as registries allow it.
pub(super) fn is_component(text: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    text.bytes().next().is_some_and(is_word)
        && text.bytes().last().is_some_and(is_word)
        && text.bytes().all(|byte| is_word(byte) || b"._-".contains(&byte))
}

/// A tag, as registries allow it.
fn is_tag(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && !text.starts_with(['.', '-'])
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}
