//! Enriching and classifying signals.

mod inventory;
mod resource;
mod signal;

pub use inventory::{
    Detection, GetInventory, InventoryEntry, NamespaceEntry, Owner, PutInventory, PutNamespace,
};
pub use resource::{
    Classification, Enrichment, EnvironmentSource, ProcessingPhase, ProcessingSpec,
    ProcessingStatus, SignalProcessings,
};
pub use signal::{Signal, SignalSeverity, Target};
