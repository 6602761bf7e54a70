//! Incidents, from their alert to what has become of them.

use anyhow::{Context as _, Result, ensure};
use contract::Endpoint as _;
use contract::datastorage::NewWorkflow;
use contract::gateway::{PostAlerts, SignalOutcome, SignalReceipt, SignalsReceipt};
use contract::remediationorchestrator::{
    ApprovalDecision, DecideApproval, RemediationOutcome, RemediationPhase, RemediationRequests,
    RemediationStatus,
};
use e2e::alerts::{alert, group};
use e2e::catalog::{add_workflow, workflow_for};
use e2e::{Endpoint, Resources, Run, TIMEOUT, TrailReader, Webhook, unique};
use serde_json::{Value, json};

/// The pipeline and its surroundings.
pub(crate) struct Fixture {
    pub(crate) run: Run,
    pub(crate) requests: Resources<RemediationRequests>,
    pub(crate) trail: TrailReader,
    gateway: Endpoint,
    inventory: Endpoint,
    notifications: Webhook,
}

/// Something that is wrong with a pod in a namespace of its own.
pub(crate) struct Incident {
    pub(crate) alert: Value,
    /// What its remedy reaches.
    pub(crate) remedy: Webhook,
}

impl Fixture {
    pub(crate) fn new() -> Result<Self> {
        let run = Run::of_process()?;
        Ok(Self {
            requests: Resources::at(&run, "remediationorchestrator")?,
            trail: run.trail()?,
            gateway: run.service("gateway")?,
            inventory: run.service("signalprocessing")?,
            notifications: Webhook::shared(&run, "notifications")?,
            run,
        })
    }

    /// Something that is wrong with a pod of this environment, all of which is known. A
    /// workflow for the environment is in the catalog.
    pub(crate) fn incident(&self, environment: &str, signal_type: &str) -> Result<Incident> {
        let namespace = unique("shop");
        let path = format!("/api/v1/inventory/{namespace}");
        let labels = json!({ "labels": { "environment": environment } });
        self.inventory.put(&path, &labels)?.expect(200)?;
        self.inventory.put(&format!("{path}/pod/cart-0"), &json!({}))?.expect(200)?;
        let url = format!("{}/hook/{{{{namespace}}}}", self.run.internal_url("sink")?);
        let content = json!([{ "type": "http", "method": "POST", "url": url }]);
        let workflow = workflow_for(environment)?;
        let content = serde_json::from_value(content)?;
        add_workflow(&self.run, &NewWorkflow { content, ..workflow })?;
        let alert = alert(signal_type, &namespace, "cart-0");
        Ok(Incident { alert, remedy: Webhook::shared(&self.run, &namespace)? })
    }

    /// Tells of an incident as Alertmanager does; returns what became of it.
    pub(crate) fn alert(&self, incident: &Incident) -> Result<SignalReceipt> {
        let alerts = group(std::slice::from_ref(&incident.alert));
        let answer = self.gateway.post(PostAlerts::PATH, &alerts)?;
        ensure!([201, 202].contains(&answer.status), "{} {}", answer.status, answer.body);
        let mut receipt: SignalsReceipt = serde_json::from_value(answer.value()?)?;
        receipt.signals.pop().context("one signal")
    }

    /// Tells of an incident for the first time; returns the name of the request.
    pub(crate) fn begin(&self, incident: &Incident) -> Result<String> {
        let receipt = self.alert(incident)?;
        ensure!(receipt.status == SignalOutcome::Created, "{receipt:#?}");
        receipt.request.context("a request")
    }

    /// Waits until a request is in this phase.
    pub(crate) fn reach(&self, name: &str, phase: RemediationPhase) -> Result<RemediationStatus> {
        Ok(self.requests.reach(name, phase, TIMEOUT)?.status.details)
    }

    /// Waits until a request has ended in this way.
    pub(crate) fn end(
        &self,
        name: &str,
        phase: RemediationPhase,
        outcome: RemediationOutcome,
    ) -> Result<RemediationStatus> {
        let status = self.reach(name, phase)?;
        ensure!(status.outcome == Some(outcome), "{status:#?}");
        Ok(status)
    }

    /// Agrees to a remedy, or does not.
    pub(crate) fn decide(&self, name: &str, approved: bool) -> Result<()> {
        let path = DecideApproval::PATH.replace("{name}", name);
        let decided_by = "ann".to_owned();
        let decision = ApprovalDecision { approved, decided_by, comment: None };
        self.requests
            .service
            .json("PATCH", &path, &serde_json::to_value(decision)?)?
            .expect(200)?;
        Ok(())
    }

    /// Checks how many notifications of a request have arrived, once the trail tells of
    /// as many.
    pub(crate) fn notified(&self, name: &str, count: usize) -> Result<()> {
        self.trail.expect_exactly_by("notification", name, count, TIMEOUT)?;
        self.notifications.exactly_with(name, count).map(drop)
    }
}
