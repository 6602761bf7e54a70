//! Throughput of the trail, with and without its database: `cargo bench -p datastorage`.

use std::error::Error;
use std::time::{Duration, Instant};

use contract::datastorage::{Category, Essentials, NewEvent, Outcome};
use datastorage::audit::trail::{AppendOutcome, TrailWriter};
use datastorage::config::TrailConfig;
use datastorage::{Spool, Store};
use kit::Service;
use kit::database::DatabaseConfig;
use serde_json::json;
use testing::{PostgresServer, TestDatabase};

/// How long each measurement takes.
const MEASURE_TIME: Duration = Duration::from_secs(3);

/// As the service has it unless it is told otherwise.
const TRAIL: TrailConfig = TrailConfig {
    commit_timeout: Duration::from_secs(3),
    probe_interval: Duration::from_millis(500),
};

/// Lets `clients` tasks hand over batches, each one batch after the other, and
/// prints the events per second.
async fn measure(what: &str, writer: &TrailWriter, clients: usize, batch: usize) -> AppendOutcome {
    let started = Instant::now();
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let writer = writer.clone();
            tokio::spawn(async move {
                let (mut events, mut calls, mut last) = (0, 0_u32, None);
                while started.elapsed() < MEASURE_TIME {
                    let answer = writer.append((0..batch).map(event).collect()).await;
                    last = Some(answer.expect("taken over"));
                    events += batch;
                    calls += 1;
                }
                (events, started.elapsed() / calls, last.expect("one call at least"))
            })
        })
        .collect();
    let (mut events, mut slowest, mut last) = (0, Duration::ZERO, None);
    for client in clients {
        let (sent, each, answer) = client.await.expect("no panic");
        events += sent;
        slowest = slowest.max(each);
        last = Some(answer);
    }
    let rate = events as f64 / started.elapsed().as_secs_f64();
    println!("{what}: {rate:.0} events/s, {:.2} ms a call", slowest.as_secs_f64() * 1000.0);
    last.expect("one client at least")
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    println!("SQLite");
    measure_all(&TestDatabase::sqlite()).await?;
    println!("\nPostgreSQL, on the same disk, with every commit synced");
    let server = PostgresServer::start_with(&[]);
    measure_all(&TestDatabase::on(&server)).await
}

async fn measure_all(database: &TestDatabase) -> Result<(), Box<dyn Error>> {
    let store = || -> Result<_, Box<dyn Error>> {
        Ok(Store::new(DatabaseConfig::new(database.url().parse()?)))
    };
    let other = store()?.database;
    let store = store()?;
    store.database.migrate(Duration::from_secs(20)).await?;
    let service = Service::for_tests(kit::package!());
    let spool = Spool::open(&database.folder().join("spool"), 1_000_000).await?;
    let (writer, task) = TrailWriter::new(&service, store.clone(), spool, TRAIL);
    tokio::spawn(task.run());

    // For comparison: without the trail task in front of the database.
    let (started, mut events) = (Instant::now(), 0_u32);
    while started.elapsed() < MEASURE_TIME {
        store.record(&[event(0)]).await.expect("stored");
        events += 1;
    }
    println!("one transaction each: {:.2} ms", (started.elapsed() / events).as_secs_f64() * 1000.0);

    for (what, clients, batch) in [
        ("single events, 1 client", 1, 1),
        ("single events, 8 clients", 8, 1),
        ("single events, 50 clients", 50, 1),
        ("batches of 500, 1 client", 1, 500),
        ("batches of 500, 8 clients", 8, 500),
    ] {
        let answer = measure(what, &writer, clients, batch).await;
        assert!(matches!(answer, AppendOutcome::Stored(_)), "{answer:?}");
    }

    // As another process would hold it.
    let lock = other.begin_exclusive().await?;
    writer.append(vec![event(0)]).await.expect("taken over");
    for (what, clients, batch) in
        [("spooled events, 1 client", 1, 1), ("spooled events, 50 clients", 50, 1)]
    {
        let answer = measure(what, &writer, clients, batch).await;
        assert_eq!(answer, AppendOutcome::Spooled);
    }

    let depth = spool_depth(&service);
    drop(lock);
    let started = Instant::now();
    while spool_depth(&service) > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    println!("replay: {:.0} events/s", depth as f64 / started.elapsed().as_secs_f64());
    Ok(())
}

fn spool_depth(service: &Service) -> u64 {
    let text = service.metrics.text().expect("metrics");
    let depth = text.lines().find_map(|line| line.strip_prefix("datastorage_spool_depth "));
    depth.expect("such a metric").parse().expect("a number")
}

fn event(number: usize) -> NewEvent {
    NewEvent::new(Essentials {
        event_type: "gateway.signal.received",
        category: Category::Gateway,
        action: "received",
        outcome: Outcome::Success,
        correlation_id: "rr-1",
        data: json!({ "number": number, "weight": 0.1 }),
    })
}
