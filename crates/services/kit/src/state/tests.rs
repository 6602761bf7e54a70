use clap::{CommandFactory as _, Parser};
use testing::{FakePeer, TestDatabase};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::app::Start;
use crate::outbox;

#[derive(Debug, Parser)]
struct Config {
    #[command(flatten)]
    state: StateConfig,
}

fn state(database: &TestDatabase, datastorage: &str) -> State {
    let arguments = ["service", "--database-url", database.url(), "--datastorage-url", datastorage];
    let config = Config::try_parse_from(arguments).expect("it has all that it needs");
    State::new(config.state, &[outbox::MIGRATIONS]).expect("an address")
}

/// URLs may have passwords.
#[test]
fn help_does_not_show_what_urls_the_environment_has() {
    let command = Config::command();
    for argument in
        command.get_arguments().filter(|argument| argument.get_id().as_str().ends_with("_url"))
    {
        assert!(argument.is_hide_env_values_set(), "{}", argument.get_id());
    }
}

#[tokio::test]
async fn a_datastorage_that_is_away_is_told() {
    let (database, server) = (TestDatabase::sqlite(), FakePeer::start().await);
    server.will_answer(503, serde_json::Value::Null);
    let service = Service::for_tests(crate::package!());
    let app = state(&database, &server.url).app(&service, Router::new(), |app| app);
    let watch = app.start.into_iter().find(|(name, _)| *name == "watch of a peer");
    let Some((_, Start::Task(watch))) = watch else { panic!("nobody watches") };
    let watch = tokio::spawn(watch(CancellationToken::new()));
    server.wait_for_calls(1).await;
    while service.readiness.degraded().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(service.readiness.degraded(), ["datastorage"]);
    service.stop();
    watch.await.expect("no panic").expect("it ends with the service");
}

#[tokio::test]
async fn the_outbox_ends_after_what_adds_events_to_it() {
    let database = TestDatabase::sqlite();
    let service = Service::for_tests(crate::package!());
    let add = |app: App| app.task("steps", async |_| Ok(()));
    let app = state(&database, "http://nobody.invalid").app(&service, Router::new(), add);
    let names: Vec<_> = app.start.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["database", "watch of the database", "watch of a peer", "steps", "audit"]);
}
