//! The run id and the tag: the names that everything else is derived from.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use onetag_image::ImageName;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::workspace::Registry;

/// The identity of a run: a UUIDv7 as 32 lower-case hex digits.
///
/// It is unique, it sorts by time, and its age can be read from it without
/// asking any store for creation times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunId(Uuid);

impl RunId {
    /// The one place where a run gets its identity.
    pub(super) fn mint() -> RunId {
        RunId(Uuid::now_v7())
    }

    /// Stands for the id of a run where that has to be one: no run has it.
    pub(crate) fn placeholder() -> RunId {
        RunId(Uuid::from_u128(0x7000_8000_0000_0000_0000))
    }

    /// Reads an id back from a folder name, a ledger or an environment file.
    pub(crate) fn parse(text: &str) -> anyhow::Result<RunId> {
        let well_formed =
            text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        ensure!(well_formed, "`{text}` is not a run id of 32 lower-case hex digits");
        let uuid = Uuid::try_parse(text).with_context(|| format!("`{text}` is not a run id"))?;
        ensure!(uuid.get_version_num() == 7, "`{text}` is not a UUID of version 7");
        Ok(RunId(uuid))
    }

    /// When the run was minted.
    pub fn minted_at(self) -> SystemTime {
        let (seconds, nanos) =
            self.0.get_timestamp().map_or((0, 0), |timestamp| timestamp.to_unix());
        UNIX_EPOCH + Duration::new(seconds, nanos)
    }

    /// How long ago the run was minted; zero if the clock was set back since.
    pub fn age(self) -> Duration {
        self.minted_at().elapsed().unwrap_or_default()
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.as_simple(), f)
    }
}

impl Serialize for RunId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<RunId, D::Error> {
        RunId::parse(&String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}

/// What stands for the id of a run that is not minted yet.
pub(crate) const RUN_ID: &str = "<run id>";

/// The tag of a run: `<consumer>-<run id>`, and `.<n>` behind it from the
/// second generation of a kept run on.
///
/// It names the run, never the bytes. No string becomes a tag: a tag is minted
/// with its run, or derived from the record of a run that was.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag {
    consumer: String,
    run_id: RunId,
    generation: u32,
}

impl Tag {
    pub(crate) fn new(consumer: &str, run_id: RunId, generation: u32) -> Tag {
        Tag { consumer: consumer.to_owned(), run_id, generation }
    }

    /// What the tags of new runs of a consumer look like.
    pub(crate) fn shape(consumer: &str) -> String {
        tag(consumer, &RUN_ID)
    }

    /// The suite that the run is for.
    pub fn consumer(&self) -> &str {
        &self.consumer
    }

    /// The run that the tag names.
    pub fn run_id(&self) -> RunId {
        self.run_id
    }

    /// 1 for a new run, one more for each time that `up` replaced something.
    pub fn generation(&self) -> u32 {
        self.generation
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&tag(&self.consumer, &self.run_id))?;
        if self.generation > 1 { write!(f, ".{}", self.generation) } else { Ok(()) }
    }
}

/// The name of one image of one run: `localhost/<service>:<tag>`, or `<registry>/…` where
/// the run has one. What an external
/// service runs has the name that others gave it.
///
/// There is no constructor from a string: a reference comes from a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    service: String,
    tag: Tag,
    /// Whose name the others begin with; without one they are of this machine.
    registry: Option<Registry>,
    /// Of what an external service runs.
    external: Option<String>,
}

impl Reference {
    pub(crate) fn new(service: &str, tag: &Tag, registry: Option<&Registry>) -> Reference {
        let (service, registry) = (service.to_owned(), registry.cloned());
        Reference { service, tag: tag.clone(), registry, external: None }
    }

    /// What an external service runs in the generation of this tag.
    pub(crate) fn of_external(service: &str, tag: &Tag, name: &str) -> Reference {
        Reference { external: Some(name.to_owned()), ..Reference::new(service, tag, None) }
    }

    /// What the references of a service look like in new runs of a consumer.
    pub(crate) fn shape(service: &str, consumer: &str, registry: Option<&Registry>) -> String {
        reference(registry, service, &Tag::shape(consumer))
    }

    /// The service whose image this is.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// The tag of the run that the image belongs to, or is used by.
    pub fn tag(&self) -> &Tag {
        &self.tag
    }
}

impl ImageName for Reference {}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.external {
            Some(name) => f.write_str(name),
            None => f.write_str(&reference(self.registry.as_ref(), &self.service, &self.tag)),
        }
    }
}

fn tag(consumer: &str, run_id: &dyn fmt::Display) -> String {
    format!("{consumer}-{run_id}")
}

fn reference(registry: Option<&Registry>, service: &str, tag: &dyn fmt::Display) -> String {
    match registry {
        Some(registry) => format!("{registry}/{service}:{tag}"),
        None => format!("localhost/{service}:{tag}"),
    }
}

#[cfg(test)]
#[path = "id_tests.rs"]
mod tests;
