//! Throughput of the trail: prints figures.
//!
//! ```sh
//! cargo nextest run -p datastorage --run-ignored only --no-capture figures
//! ```

use std::time::{Duration, Instant};

use super::fixture::{TrailFixture, event};
use crate::audit::trail::{AppendOutcome, TrailWriter};

/// How long each measurement takes.
const MEASURE_TIME: Duration = Duration::from_secs(3);

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

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures, which say nothing on a busy machine"]
async fn figures() {
    let fixture = TrailFixture::new().await;
    let mut trail = fixture.trail();
    trail.run();
    // For comparison: without the trail task in front of the database.
    let (started, mut events) = (Instant::now(), 0_u32);
    while started.elapsed() < MEASURE_TIME {
        fixture.store.record(&[event(0)]).await.expect("stored");
        events += 1;
    }
    println!("one transaction each: {:.2} ms", (started.elapsed() / events).as_secs_f64() * 1000.0);

    for (what, clients, batch) in [
        ("single events, 1 client", 1, 1),
        ("single events, 50 clients", 50, 1),
        ("batches of 500, 1 client", 1, 500),
        ("batches of 500, 8 clients", 8, 500),
    ] {
        let answer = measure(what, &trail.writer, clients, batch).await;
        assert!(matches!(answer, AppendOutcome::Stored(_)), "{answer:?}");
    }

    let lock = fixture.database().begin().await.expect("the write lock");
    trail.writer.append(vec![event(0)]).await.expect("taken over");
    for (what, clients, batch) in
        [("spooled events, 1 client", 1, 1), ("spooled events, 50 writers", 50, 1)]
    {
        let answer = measure(what, &trail.writer, clients, batch).await;
        assert_eq!(answer, AppendOutcome::Spooled);
    }

    let depth = trail.metric("datastorage_spool_depth");
    drop(lock);
    let started = Instant::now();
    trail.drained().await;
    let rate = depth as f64 / started.elapsed().as_secs_f64();
    println!("replay: {rate:.0} events/s");
}
