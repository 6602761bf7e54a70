//! The phases of a signal: enriched, then classified.

use contract::AuditEvent;
use contract::audit::{Enriched, PhaseChange, Reason};
use contract::signalprocessing::{ProcessingPhase as Phase, SignalProcessings};
use kit::database::StoreError;
use kit::resource::{Row, Rows, Rules, Step};

use crate::classify::classify;
use crate::enrich::enrich;
use crate::inventory::Inventory;
use crate::policy::Policy;

/// How often a step is made again before the signal fails, if the inventory is
/// damaged.
const ATTEMPTS: u32 = 5;

/// What the steps need.
#[derive(Clone, Debug)]
pub struct Processing {
    /// What is known of targets.
    pub inventory: Inventory,
    /// The table of priorities.
    pub policy: Policy,
}

impl Processing {
    async fn enriched(
        &self,
        row: &Row<SignalProcessings>,
    ) -> Result<Step<SignalProcessings>, StoreError> {
        let enrichment = enrich(&self.inventory, &row.spec.signal).await?;
        let event = AuditEvent::EnrichmentCompleted(Enriched {
            target: row.spec.signal.target.clone(),
            degraded_mode: enrichment.degraded_mode,
            detected_labels: enrichment.detected_labels.clone(),
        });
        let mut step = row.to(Phase::Classifying).tell(event);
        step.status.enrichment = Some(enrichment);
        Ok(step)
    }

    async fn classified(
        &self,
        row: &Row<SignalProcessings>,
    ) -> Result<Step<SignalProcessings>, StoreError> {
        let signal = &row.spec.signal;
        let namespace = self.inventory.namespace(&signal.target.namespace).await?;
        let classification = classify(signal, namespace.as_ref(), &self.policy.table());
        let mut step = row
            .to(Phase::Completed)
            .tell(AuditEvent::ClassificationDecided(classification.clone()))
            .tell(AuditEvent::ProcessingCompleted(classification.clone()));
        step.status.classification = Some(classification);
        Ok(step)
    }
}

impl Rules for Processing {
    type Kind = SignalProcessings;

    async fn step(
        &self,
        row: &Row<SignalProcessings>,
        _: &Rows<SignalProcessings>,
    ) -> anyhow::Result<Step<SignalProcessings>> {
        let step = match row.phase {
            Phase::Pending => Ok(row.to(Phase::Enriching)),
            Phase::Enriching => self.enriched(row).await,
            _ => self.classified(row).await,
        };
        match step {
            Err(error @ StoreError::Broken(_)) if row.attempts >= ATTEMPTS => {
                let reason = format!("the inventory is damaged: {error}");
                let failed = AuditEvent::ProcessingFailed(Reason { reason: reason.clone() });
                let mut step = row.to(Phase::Failed).tell(failed);
                step.status.failure = Some(reason);
                Ok(step)
            }
            step => Ok(step?),
        }
    }

    fn moved(&self, from: Phase, row: &Row<SignalProcessings>) -> Vec<AuditEvent> {
        let (from, to) = (from.to_string(), row.phase.to_string());
        vec![AuditEvent::ProcessingPhaseChanged(PhaseChange { from, to })]
    }
}
