//! What people are told. A name of its own keeps each from being told twice.

use std::collections::BTreeMap;

use contract::datastorage::Priority as Urgency;
use contract::notification::{Kind, Priority, Retry, Spec, limits};
use contract::remediationorchestrator::{
    ApprovalState, RemediationOutcome as Outcome, RemediationPhase as Phase, RemediationSpec,
    RemediationStatus,
};

/// The longest name of a request: with the longest prefix of a notification, it is one.
pub const MAX_NAME: usize = 63 - MANUAL_REVIEW.len();

const APPROVAL: &str = "nr-approval-";
const MANUAL_REVIEW: &str = "nr-manual-review-";
const COMPLETED: &str = "nr-completed-";

/// The names of all notifications that there may be of a request.
#[must_use]
pub fn names(request: &str) -> [String; 3] {
    [APPROVAL, MANUAL_REVIEW, COMPLETED].map(|prefix| format!("{prefix}{request}"))
}

/// What people are to be told in a phase, and have not been told yet.
#[must_use]
pub fn untold(spec: &RemediationSpec, phase: Phase, status: &RemediationStatus) -> Option<Spec> {
    let message = Message { spec, status };
    let notification = match phase {
        Phase::AwaitingApproval => message.approval(),
        Phase::Completed => message.completed(),
        _ => message.manual_review(),
    }?;
    let is_told = status.children.notifications.contains(&notification.name);
    (!is_told).then_some(notification)
}

struct Message<'a> {
    spec: &'a RemediationSpec,
    status: &'a RemediationStatus,
}

impl Message<'_> {
    fn approval(&self) -> Option<Spec> {
        let approval = self.status.approval.as_ref();
        let approval = approval.filter(|approval| approval.state == ApprovalState::Requested)?;
        let workflow = self.status.workflow.as_ref()?;
        let reasons: Vec<_> = approval.reasons.iter().map(ToString::to_string).collect();
        let parameters: Vec<_> = workflow
            .parameters
            .iter()
            .map(|(name, value)| format!("\n- {name}: {value}"))
            .collect();
        let body = format!(
            "Somebody has to agree to workflow {} {} before {} ({}).\n\n{}\n\nParameters:{}\n\n\
             To answer: PATCH /api/v1/remediationrequests/{}/approval",
            workflow.name,
            workflow.version,
            approval.expires_at,
            reasons.join(", "),
            workflow.rationale,
            parameters.concat(),
            self.spec.name,
        );
        Some(self.notification(APPROVAL, Kind::Approval, "Approval needed", &body))
    }

    fn manual_review(&self) -> Option<Spec> {
        let is_needed = match self.status.outcome? {
            Outcome::AnalysisFailed | Outcome::ExecutionFailed => true,
            // It may have done something before.
            Outcome::TimedOut => self.status.target_reserved_at.is_some(),
            _ => false,
        };
        let body = self.status.message.as_deref().filter(|_| is_needed)?;
        Some(self.notification(MANUAL_REVIEW, Kind::ManualReview, "Manual review needed", body))
    }

    fn completed(&self) -> Option<Spec> {
        let is_urgent = self.status.priority == Some(Urgency::P0);
        let body = self.status.message.as_deref().filter(|_| is_urgent)?;
        Some(self.notification(COMPLETED, Kind::StatusUpdate, "Completed", body))
    }

    fn notification(&self, prefix: &str, kind: Kind, what: &str, body: &str) -> Spec {
        let signal = &self.spec.signal;
        let subject = format!("{what}: {} of {}", signal.name, signal.target);
        let labels = [
            ("namespace", Some(signal.target.namespace.clone())),
            ("signal", Some(signal.name.clone())),
            ("environment", self.status.environment.clone()),
            ("priority", self.status.priority.map(|priority| priority.to_string())),
        ];
        let labels = labels.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
        Spec {
            name: format!("{prefix}{}", self.spec.name),
            correlation_id: self.spec.name.clone(),
            kind,
            priority: priority(self.status.priority),
            subject: first(&subject.replace(char::is_control, " "), limits::SUBJECT),
            body: first(body, limits::BODY),
            channels: None,
            labels: labels.collect(),
            metadata: BTreeMap::new(),
            action_links: Vec::new(),
            retry: Retry::default(),
        }
    }
}

fn priority(urgency: Option<Urgency>) -> Priority {
    match urgency {
        Some(Urgency::P0) => Priority::Critical,
        Some(Urgency::P1) => Priority::High,
        Some(Urgency::P2) => Priority::Medium,
        Some(Urgency::P3) | None => Priority::Low,
    }
}

/// The first so many characters of a text.
fn first(text: &str, count: usize) -> String {
    text.chars().take(count).collect()
}
