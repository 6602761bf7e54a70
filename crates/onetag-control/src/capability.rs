//! What a run is able to do.

use std::fmt;

/// Something that a run can do to its services, if its backend can.
///
/// The environment file lists the words of those that it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capability {
    /// Stop a service in good order, and start it again at the same address.
    Stop,
    /// End a service without asking it.
    Kill,
    /// Halt a service in the middle of what it does, and let it go on.
    Pause,
    /// Stop the database for the services that use it.
    DatabaseOutage,
    /// Copy a file out of a service's volume.
    CopyOut,
}

impl Capability {
    /// All of them, in the order of the environment file.
    pub const ALL: [Capability; 5] = [
        Capability::Stop,
        Capability::Kill,
        Capability::Pause,
        Capability::DatabaseOutage,
        Capability::CopyOut,
    ];

    /// The word for it in the environment file.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Capability::Stop => "stop",
            Capability::Kill => "kill",
            Capability::Pause => "pause",
            Capability::DatabaseOutage => "database-outage",
            Capability::CopyOut => "copy-out",
        }
    }
}

impl fmt::Display for Capability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
