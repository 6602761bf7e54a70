//! A kind of resource whose steps are written in its spec.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use contract::AuditEvent;
use contract::audit::WorkflowVersion;
use serde::{Deserialize, Serialize};
use sqlx::AssertSqlSafe;
use testing::TestDatabase;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::check::Violations;
use crate::database::DatabaseConfig;
use crate::outbox;
use crate::resource::{MIGRATIONS, Resources, Row, Rows, Rules, Step};
use crate::service::Service;
use crate::state::{State, StateConfig};
use crate::work::{Expiry, Queue as _, WorkConfig};

/// How long anything in these tests may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(20);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub(super) struct Wish {
    #[schema(value_type = contract::schema::Label)]
    pub(super) name: String,
    #[schema(min_length = 1, max_length = 255)]
    pub(super) correlation_id: String,
    /// What each step does.
    #[schema(max_items = 10)]
    pub(super) script: Vec<String>,
    /// What only one unfinished wish may be about.
    pub(super) about: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub(super) struct WishStatus {
    pub(super) steps: usize,
    pub(super) again: u32,
    pub(super) repeated: bool,
    pub(super) waited_for: Option<String>,
}

contract::phases! {
    pub(super) enum WishPhase, ending in [Granted, Refused] {
        Pending,
        Working,
        Granted,
        Refused,
    }
}

contract::resource_kind! {
    pub(super) Wishes: "wish" at "/api/v1/wishes",
    spec: Wish, correlated by correlation_id,
    phase: WishPhase,
    status: WishStatus,
}

/// Does what the specs say, and notes it.
#[derive(Clone, Debug, Default)]
pub(super) struct Script {
    /// `name word` of each step that was begun.
    pub(super) begun: Arc<Mutex<Vec<String>>>,
    /// Lets a step go on that hangs.
    pub(super) go_on: Arc<Notify>,
}

impl Script {
    pub(super) fn begun(&self) -> Vec<String> {
        self.begun.lock().expect("no panic").clone()
    }

    fn note(&self, row: &Row<Wishes>, word: &str) -> usize {
        let mut begun = self.begun.lock().expect("no panic");
        begun.push(format!("{} {word}", row.spec.name));
        begun.len()
    }
}

pub(super) fn event(text: &str) -> AuditEvent {
    let name = text.to_owned();
    AuditEvent::WorkflowCreated(WorkflowVersion {
        workflow_id: Uuid::nil(),
        name,
        version: "1".into(),
    })
}

impl Rules for Script {
    type Kind = Wishes;
    const RULES: &'static [&'static str] = &["name must not be taboo"];
    const REMOVES: bool = true;

    fn admit(&self, spec: &mut Wish, violations: &mut Violations) {
        if spec.name == "taboo" {
            violations.refuse("name", "must not be taboo");
        }
    }

    fn identity(&self, spec: &Wish) -> Option<String> {
        spec.about.clone()
    }

    fn again(&self, row: &mut Row<Wishes>) -> Vec<AuditEvent> {
        row.status.again += 1;
        vec![event("again")]
    }

    fn keep(&self, from: &WishStatus, into: &mut WishStatus) {
        into.again = into.again.max(from.again);
    }

    fn created(&self, _: &Row<Wishes>) -> Vec<AuditEvent> {
        vec![event("created")]
    }

    fn keys(&self, row: &Row<Wishes>) -> Vec<(&'static str, String)> {
        vec![("steps", row.status.steps.to_string())]
    }

    fn moved(&self, from: WishPhase, row: &Row<Wishes>) -> Vec<AuditEvent> {
        vec![event(&format!("{from} to {}", row.phase))]
    }

    async fn step(&self, row: &Row<Wishes>, others: &Rows<Wishes>) -> anyhow::Result<Step<Wishes>> {
        let word = row.spec.script.get(row.status.steps).map_or("end", String::as_str);
        self.note(row, word);
        let mut on = row.to(WishPhase::Working);
        on.status.steps += 1;
        let (verb, object) = word.split_once(' ').unwrap_or((word, ""));
        Ok(match verb {
            "fail" if row.attempts == 0 => anyhow::bail!("not now"),
            "panic" if row.attempts == 0 => panic!("a bug"),
            "hang" => {
                self.go_on.notified().await;
                on.status.repeated = row.repeated;
                if object == "last" { Step { phase: WishPhase::Granted, ..on } } else { on }
            }
            "claim" => on.claim(object),
            "release" => on.release(object),
            "ask" => on.on_decision(),
            "count" => {
                on.status.again = others.with("steps", object, 10).await?.len().try_into()?;
                on
            }
            "last" => Step { phase: WishPhase::Granted, ..on }.follow_up(),
            "end" => Step { phase: WishPhase::Granted, ..on }.tell(event("granted")),
            _ => on,
        })
    }

    fn taken(&self, row: &Row<Wishes>, by: &str) -> Step<Wishes> {
        let mut step = row.stay().at(row.now + Duration::from_millis(20));
        step.status.waited_for = Some(by.to_owned());
        step
    }

    async fn remove(&self, row: &Row<Wishes>) -> anyhow::Result<()> {
        if self.note(row, "remove") > 0 && row.attempts == 0 {
            anyhow::bail!("not now");
        }
        Ok(())
    }
}

/// A process of the service: its resources, and the worker that does the steps.
pub(super) struct Process {
    pub(super) resources: Resources<Script>,
    pub(super) script: Script,
    stop: CancellationToken,
    worker: JoinHandle<anyhow::Result<()>>,
}

impl Process {
    pub(super) async fn start(database: &TestDatabase) -> Self {
        Self::with(database, Script::default(), Duration::from_secs(60)).await
    }

    pub(super) async fn with(database: &TestDatabase, script: Script, lease: Duration) -> Self {
        // Many at once wait for their turn on a busy machine.
        let resources = resources(database, script.clone(), lease, DEADLINE).await;
        let stop = CancellationToken::new();
        let worker = tokio::spawn(resources.worker().run(stop.clone()));
        Self { resources, script, stop, worker }
    }

    pub(super) async fn wish(&self, name: &str, script: &[&str]) {
        self.resources.create(wish(name, script)).await.expect("stored");
    }

    /// Waits until a wish is as it should be.
    pub(super) async fn until(&self, name: &str, is: impl Fn(&Row<Wishes>) -> bool) -> Row<Wishes> {
        let start = Instant::now();
        loop {
            let row = self.resources.get(name).await.expect("read").expect("there is one");
            if is(&row) {
                return row;
            }
            assert!(start.elapsed() < DEADLINE, "{row:?}");
            tokio::task::yield_now().await;
        }
    }

    pub(super) async fn granted(&self, name: &str) -> Row<Wishes> {
        self.until(name, |row| row.phase == WishPhase::Granted).await
    }

    /// Waits until a step was begun.
    pub(super) async fn until_begun(&self, step: &str) {
        let start = Instant::now();
        while !self.script.begun().iter().any(|begun| begun == step) {
            assert!(start.elapsed() < DEADLINE, "{:?}", self.script.begun());
            tokio::task::yield_now().await;
        }
    }

    /// Renames a table.
    pub(super) async fn rename(&self, table: &str, name: &str) {
        let mut transaction = self.resources.rows.database.begin().await.expect("begun");
        let rename = format!("ALTER TABLE {table} RENAME TO {name}");
        sqlx::query(AssertSqlSafe(rename)).execute(&mut *transaction).await.expect("renamed");
        transaction.commit().await.expect("committed");
    }

    /// What the trail is told, in order.
    pub(super) async fn told(&self) -> Vec<String> {
        let events = self.resources.state.outbox.oldest(500).await.expect("read");
        let name = |event: &contract::datastorage::NewEvent| {
            event.event_data["name"].as_str().expect("a name").to_owned()
        };
        events.iter().map(name).collect()
    }

    pub(super) async fn stop(self) {
        self.stop.cancel();
        self.worker.await.expect("no panic").expect("it ends well");
    }

    /// Ends as by a kill.
    pub(super) async fn kill(self) {
        self.worker.abort();
        let _ = self.worker.await;
    }
}

/// The resources of a process that does no steps.
pub(super) async fn resources(
    database: &TestDatabase,
    script: Script,
    lease: Duration,
    wait: Duration,
) -> Resources<Script> {
    let url = database.url().parse().expect("a URL");
    let config = StateConfig {
        database: DatabaseConfig {
            lock_timeout: wait,
            turn_timeout: wait,
            ..DatabaseConfig::new(url)
        },
        work: WorkConfig { lease, database_retry: Duration::from_millis(100) },
        datastorage_url: "http://nobody.invalid".to_owned(),
        audit_batch_wait: DEADLINE,
    };
    let state = State::new(config, &[outbox::MIGRATIONS, MIGRATIONS]).expect("an address");
    state.database.migrate(DEADLINE).await.expect("migrated");
    Resources::new(&Service::for_tests(crate::package!()), &state, script)
}

/// Claims what is due.
pub(super) async fn claim(resources: &Resources<Script>, lease: Duration) -> Vec<Row<Wishes>> {
    resources.claim(10, lease, Expiry::Except(&[])).await.expect("claimed").jobs
}

pub(super) fn wish(name: &str, script: &[&str]) -> Wish {
    Wish {
        name: name.to_owned(),
        correlation_id: format!("rr-{name}"),
        script: script.iter().map(|&word| word.to_owned()).collect(),
        about: None,
    }
}
