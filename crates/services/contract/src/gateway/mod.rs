//! The gateway: alerts and events from outside become remediation requests.

mod alertmanager;
mod kubernetes;
mod receipt;

pub use alertmanager::{Alert, AlertStatus, AlertmanagerWebhook, PostAlerts, WebhookVersion};
pub use kubernetes::{EventType, InvolvedObject, KubernetesEvent, PostKubernetesEvent};
pub use receipt::{SignalOutcome, SignalReceipt, SignalSource, SignalsReceipt};
