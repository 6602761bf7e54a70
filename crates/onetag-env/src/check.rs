//! What each value must look like.
//!
//! The checks work on an [`Environment`], so that writer and reader apply the
//! same ones. Their errors name the key; the reader adds the line.

use crate::{Environment, Error, keys};

/// Whether every reader of the file takes `text` literally, as a value.
pub fn is_value(text: &str) -> bool {
    text.chars().all(is_allowed)
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_./:@,%+=-".contains(c)
}

/// Refuses a value with a character that not every reader of the file takes
/// literally.
///
/// In practice the only value that a user shapes freely is the run folder's
/// path, so the hint is about that.
pub(crate) fn characters(key: &str, value: &str) -> Result<(), Error> {
    match value.chars().find(|c| !is_allowed(*c)) {
        None => Ok(()),
        Some(character) => {
            Err(Error::new(format!("{value:?} contains {character:?}")).key(key).with_hint(
                "values are taken literally and consist of A-Z a-z 0-9 _ . / : @ , % + = -; \
                 if the target folder's path has another character, set CARGO_TARGET_DIR",
            ))
        }
    }
}

/// Whether `name` is a DNS label (RFC 1123): 1 to 63 lower-case letters,
/// digits and inner hyphens.
fn is_label(name: &str) -> bool {
    let inner = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(inner)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

impl Environment {
    /// Checks every value, and those that must agree with each other.
    pub(crate) fn check(&self) -> Result<(), Error> {
        for (key, value) in self.lines() {
            characters(&key, &value)?;
        }
        run_id(&self.run_id)?;
        label(keys::CONSUMER, &self.consumer)?;
        let Some(generation) = self.generation(&self.tag) else {
            let (consumer, run_id) = (&self.consumer, &self.run_id);
            let what = format!(
                "`{}` is not the tag of this run, `{consumer}-{run_id}` or `{consumer}-{run_id}.<n>` with n from 2 on",
                self.tag
            );
            return Err(Error::damaged(keys::TAG, what));
        };
        label(keys::BACKEND, &self.backend)?;
        if !self.run_dir.starts_with('/') {
            let what = format!("`{}` is not an absolute path", self.run_dir);
            return Err(Error::damaged(keys::RUN_DIR, what));
        }
        for (name, service) in &self.services {
            label(keys::SERVICES, name)?;
            self.image(name, &service.image, generation)?;
            digest(name, &service.digest)?;
            for (key, address) in service.addresses(name) {
                url(&key, address)?;
            }
            for port in service.ports.keys() {
                label(&keys::port_key(name, port, keys::URL_SUFFIX), port)?;
            }
        }
        for (name, external) in &self.externals {
            label(keys::EXTERNALS, name)?;
            if let Some((image, pinned)) = &external.image {
                digest(name, pinned)?;
                if !image.ends_with(&format!("@{pinned}")) {
                    let what = format!("`{image}` does not end with `@{pinned}`");
                    return Err(Error::damaged(keys::service_key(name, keys::IMAGE_SUFFIX), what));
                }
            }
            for (key, address) in external.addresses(name) {
                if address.is_empty() || address.ends_with('/') {
                    let what = format!("`{address}` is not an address without a slash at its end");
                    return Err(Error::damaged(key, what));
                }
            }
        }
        for database in &self.databases {
            label(keys::DATABASE, database)?;
        }
        for capability in &self.capabilities {
            label(keys::CAPABILITIES, capability)?;
        }
        Ok(())
    }

    /// The generation that `tag` names, if it is a tag of this run at all.
    ///
    /// The first generation has no number, so that a run that is never brought
    /// up again has the plain tag.
    fn generation(&self, tag: &str) -> Option<u32> {
        let rest = tag.strip_prefix(&self.consumer)?.strip_prefix('-')?;
        let rest = rest.strip_prefix(&self.run_id)?;
        if rest.is_empty() {
            return Some(1);
        }
        let digits = rest.strip_prefix('.')?;
        let generation = digits.parse::<u32>().ok()?;
        // Only the canonical spelling: no sign, no leading zero.
        (generation >= 2 && generation.to_string() == digits).then_some(generation)
    }

    /// A service that did not change keeps the image of an earlier generation,
    /// so that is allowed; a later one or another run's is not.
    fn image(&self, service: &str, image: &str, generation: u32) -> Result<(), Error> {
        let key = keys::service_key(service, keys::IMAGE_SUFFIX);
        let refuse = |what: String| Err(Error::damaged(&key, what));
        let Some((host, name_and_tag)) =
            image.rsplit_once('/').filter(|(host, _)| !host.is_empty())
        else {
            return refuse(format!("`{image}` does not begin with `localhost/` or a registry"));
        };
        let Some(tag) = name_and_tag.strip_prefix(service).and_then(|rest| rest.strip_prefix(':'))
        else {
            return refuse(format!(
                "`{image}` is not an image of `{service}`, `{host}/{service}:<tag>`"
            ));
        };
        match self.generation(tag) {
            Some(of_image) if of_image <= generation => Ok(()),
            Some(_) => refuse(format!(
                "`{image}` is of a later generation than the run's tag `{}`",
                self.tag
            )),
            None => refuse(format!("`{image}` is not of this run, whose tag is `{}`", self.tag)),
        }
    }
}

pub(crate) fn label(key: &str, value: &str) -> Result<(), Error> {
    if is_label(value) {
        return Ok(());
    }
    Err(Error::new(format!("`{value}` is not a DNS label"))
        .key(key)
        .with_hint("use 1 to 63 lower-case letters, digits and inner hyphens"))
}

/// RFC 9562: the version is the 13th digit, the variant the two highest bits
/// of the 17th.
fn run_id(value: &str) -> Result<(), Error> {
    let digits = value.as_bytes();
    let hex = value.len() == 32 && is_lower_hex(value);
    if hex && digits[12] == b'7' && b"89ab".contains(&digits[16]) {
        return Ok(());
    }
    let what = format!("`{value}` is not a UUID of version 7 in 32 lower-case hexadecimal digits");
    Err(Error::damaged(keys::RUN_ID, what))
}

fn digest(service: &str, value: &str) -> Result<(), Error> {
    let hex = value.strip_prefix("sha256:");
    if hex.is_some_and(|hex| hex.len() == 64 && is_lower_hex(hex)) {
        return Ok(());
    }
    let what = format!("`{value}` is not `sha256:` and 64 lower-case hexadecimal digits");
    Err(Error::damaged(keys::service_key(service, keys::DIGEST_SUFFIX), what))
}

fn url(key: &str, value: &str) -> Result<(), Error> {
    let rest = value.strip_prefix("http://").or_else(|| value.strip_prefix("https://"));
    if rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/') && !rest.ends_with('/')) {
        return Ok(());
    }
    let what =
        format!("`{value}` is not `http://<host>` or `https://<host>` without a slash at its end");
    Err(Error::damaged(key, what))
}

fn is_lower_hex(text: &str) -> bool {
    text.bytes().all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
}
