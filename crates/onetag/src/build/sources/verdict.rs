//! Whether what cargo has made is of the sources as they are.

use crate::build::image::Digest;

/// What is known of a unit: an artifact, or the artifacts, that one call of a
/// compiler makes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Evidence {
    /// Cargo built it just now.
    pub(super) built: bool,
    /// The sources that are remembered for this very artifact.
    pub(super) remembered: Option<Option<Digest>>,
    /// The sources as they were before cargo started; none if one of them changed
    /// since.
    pub(super) sources: Option<Digest>,
    /// Nothing of the sources changed after it was built, as far as the file system
    /// knows (ctime, which nobody sets back).
    pub(super) is_younger: bool,
    /// Another checkout of the workspace had something built here.
    pub(super) has_others: bool,
    /// It has the path of its package in it, and that is another checkout's; or it is
    /// a build script that ran for somebody else since it was remembered.
    pub(super) is_of_elsewhere: bool,
    /// It is a build script that ran since it was remembered, for what it reads as that
    /// is now, and its own sources are those that are remembered.
    pub(super) ran_for_us: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It is of these sources, and is to be remembered.
    Remember,
    /// It is remembered.
    Believe,
    /// It has to be built again.
    Stale,
}

impl Evidence {
    pub(super) fn verdict(&self) -> Verdict {
        match self.remembered {
            _ if self.built => Verdict::Remember,
            _ if self.is_of_elsewhere || self.sources.is_none() => Verdict::Stale,
            Some(_) if self.ran_for_us => Verdict::Remember,
            Some(remembered) if remembered == self.sources => Verdict::Believe,
            None if self.is_younger && !self.has_others => Verdict::Remember,
            _ => Verdict::Stale,
        }
    }
}

#[cfg(test)]
#[path = "verdict_tests.rs"]
mod tests;
