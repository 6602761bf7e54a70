//! The status of a notification.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ChannelType, Receiver, Spec};
use crate::words;

/// A notification with its status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Notification {
    /// Its id. A name that is used again after a deletion gets a new id.
    pub id: Uuid,
    /// When it was accepted.
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    /// The request.
    pub spec: Spec,
    /// The receiver that routing chose when the notification was accepted; null
    /// if it names its channels itself. Later changes of the routing do not
    /// affect it.
    pub receiver: Option<Receiver>,
    /// Its status.
    pub status: Status,
}

/// The status of a notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Status {
    /// Its phase.
    pub phase: Phase,
    /// Why it failed, if it failed.
    pub reason: Option<Reason>,
    /// When the last channel was finished.
    #[serde(with = "time::serde::rfc3339::option")]
    pub completed_at: Option<OffsetDateTime>,
    /// One entry for each channel, in the order of the request or the receiver.
    pub channels: Vec<Delivery>,
}

words! {
    /// The phase of a notification.
    pub enum Phase in "PascalCase" {
        /// Accepted; nothing was sent yet.
        Pending,
        /// First attempts are under way.
        Sending,
        /// At least one channel is tried again.
        Retrying,
        /// All channels succeeded.
        Sent,
        /// Some channels succeeded, the others failed for good.
        PartiallySent,
        /// All channels failed for good.
        Failed,
    }

    /// Why a notification failed.
    pub enum Reason in "PascalCase" {
        /// At least one channel used up its attempts.
        MaxRetriesExhausted,
        /// All channels failed permanently.
        AllDeliveriesFailed,
    }
}

/// The delivery to one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Delivery {
    /// The channel's name.
    pub name: String,
    /// The channel's type.
    #[serde(rename = "type")]
    pub kind: ChannelType,
    /// The state of the delivery.
    pub state: DeliveryState,
    /// When the next attempt is due.
    #[serde(with = "time::serde::rfc3339::option")]
    pub next_attempt_at: Option<OffsetDateTime>,
    /// All attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// Whether it failed permanently.
    #[serde(skip)]
    pub permanent: bool,
}

words! {
    /// The state of a delivery.
    pub enum DeliveryState in "PascalCase" {
        /// Not tried yet.
        Pending,
        /// The first attempt is under way.
        Sending,
        /// An attempt has failed; another one is due or under way.
        Retrying,
        /// It succeeded and is never sent again.
        Sent,
        /// It failed for good.
        Failed,
    }
}

/// One attempt at a delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// Its number, from 1.
    pub number: u32,
    /// When it began.
    #[serde(with = "time::serde::rfc3339")]
    pub started_at: OffsetDateTime,
    /// When it ended.
    #[serde(with = "time::serde::rfc3339::option")]
    pub ended_at: Option<OffsetDateTime>,
    /// How it ended.
    pub outcome: Option<AttemptOutcome>,
    /// The status that a receiver answered with.
    pub http_status: Option<u16>,
    /// What went wrong.
    pub error: Option<String>,
    /// Where the result can be found, for instance a file's path.
    pub receipt: Option<String>,
}

words! {
    /// How an attempt ended.
    pub enum AttemptOutcome in "lowercase" {
        /// The receiver accepted the message.
        Success,
        /// The receiver did not accept the message.
        Failure,
        /// The service ended before the result was stored. The attempt is repeated
        /// and does not count.
        Interrupted,
    }
}

impl DeliveryState {
    /// Whether the phase is final.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::Failed)
    }
}

impl Phase {
    /// The phase that follows from the channels' states.
    #[must_use]
    pub fn of(states: &[DeliveryState]) -> Self {
        let all = |state| states.iter().all(|s| *s == state);
        if states.iter().all(|state| state.is_final()) {
            match (all(DeliveryState::Sent), all(DeliveryState::Failed)) {
                (true, _) => Self::Sent,
                (_, true) => Self::Failed,
                _ => Self::PartiallySent,
            }
        } else if all(DeliveryState::Pending) {
            Self::Pending
        } else if states.contains(&DeliveryState::Retrying) {
            Self::Retrying
        } else {
            Self::Sending
        }
    }

    /// Whether the phase is final.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(self, Self::Sent | Self::PartiallySent | Self::Failed)
    }
}

impl Reason {
    /// Why a notification in this phase failed.
    #[must_use]
    pub fn of(phase: Phase, channels: &[Delivery]) -> Option<Self> {
        match phase {
            Phase::Failed if channels.iter().all(|channel| channel.permanent) => {
                Some(Self::AllDeliveriesFailed)
            }
            Phase::Failed => Some(Self::MaxRetriesExhausted),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use DeliveryState::{Failed, Pending, Retrying, Sending, Sent};

    #[test]
    fn the_phase_follows_from_the_channels() {
        for (states, phase) in [
            (&[Pending, Pending][..], Phase::Pending),
            (&[Sending, Pending], Phase::Sending),
            (&[Sent, Pending], Phase::Sending),
            (&[Failed, Sending], Phase::Sending),
            (&[Retrying, Sending], Phase::Retrying),
            (&[Sent, Retrying], Phase::Retrying),
            (&[Pending, Retrying], Phase::Retrying),
            (&[Sent, Sent], Phase::Sent),
            (&[Failed, Sent], Phase::PartiallySent),
            (&[Failed, Failed], Phase::Failed),
        ] {
            assert_eq!(Phase::of(states), phase, "{states:?}");
            assert_eq!(phase.is_final(), states.iter().all(|state| state.is_final()));
        }
    }
}
