//! How fast it is: prints figures.
//!
//! ```sh
//! cargo nextest run -p datastorage --run-ignored only --no-capture figures
//! ```

use std::time::{Duration, Instant};

use super::bench::{Place, event};
use crate::audit::trail::{Appended, Trail};

/// For how long each figure is taken.
const WHILE: Duration = Duration::from_secs(3);

/// Lets so many writers hand over batches of a size one after the other, and
/// prints how many events a second that makes.
async fn measure(what: &str, trail: &Trail, writers: usize, batch: usize) -> Appended {
    let started = Instant::now();
    let writers: Vec<_> = (0..writers)
        .map(|_| {
            let trail = trail.clone();
            tokio::spawn(async move {
                let (mut events, mut calls, mut last) = (0, 0_u32, None);
                while started.elapsed() < WHILE {
                    let answer = trail.append((0..batch).map(event).collect()).await;
                    last = Some(answer.expect("taken over"));
                    events += batch;
                    calls += 1;
                }
                (events, started.elapsed() / calls, last.expect("one call at least"))
            })
        })
        .collect();
    let (mut events, mut slowest, mut last) = (0, Duration::ZERO, None);
    for writer in writers {
        let (sent, each, answer) = writer.await.expect("no panic");
        events += sent;
        slowest = slowest.max(each);
        last = Some(answer);
    }
    let rate = events as f64 / started.elapsed().as_secs_f64();
    println!("{what}: {rate:.0} events/s, {:.2} ms a call", slowest.as_secs_f64() * 1000.0);
    last.expect("one writer at least")
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "prints figures, which say nothing on a busy machine"]
async fn figures() {
    let place = Place::new().await;
    let mut bench = place.trail();
    bench.run();
    // What it costs without a writer in front of it.
    let (started, mut events) = (Instant::now(), 0_u32);
    while started.elapsed() < WHILE {
        place.store.record(&[event(0)]).await.expect("stored");
        events += 1;
    }
    println!("one transaction each: {:.2} ms", (started.elapsed() / events).as_secs_f64() * 1000.0);

    for (what, writers, batch) in [
        ("single events, 1 writer", 1, 1),
        ("single events, 50 writers", 50, 1),
        ("batches of 500, 1 writer", 1, 500),
        ("batches of 500, 8 writers", 8, 500),
    ] {
        let answer = measure(what, &bench.trail, writers, batch).await;
        assert!(matches!(answer, Appended::Stored(_)), "{answer:?}");
    }

    let lock = place.database().begin().await.expect("the write lock");
    bench.trail.append(vec![event(0)]).await.expect("taken over");
    for (what, writers, batch) in
        [("spooled events, 1 writer", 1, 1), ("spooled events, 50 writers", 50, 1)]
    {
        let answer = measure(what, &bench.trail, writers, batch).await;
        assert_eq!(answer, Appended::Spooled);
    }

    let depth = bench.metric("datastorage_spool_depth");
    drop(lock);
    let started = Instant::now();
    bench.drained().await;
    let rate = depth as f64 / started.elapsed().as_secs_f64();
    println!("replay: {rate:.0} events/s");
}
