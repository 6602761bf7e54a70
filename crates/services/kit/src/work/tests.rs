//! The worker, with a queue in memory.

use tokio::time::{Instant, timeout};

use super::*;

const LEASE: Duration = Duration::from_secs(1);

/// A queue whose jobs are the ids of their claims.
#[derive(Clone)]
struct TestQueue {
    log: Arc<Mutex<Log>>,
    /// How long a job takes.
    length: Duration,
}

/// What the worker asked of the queue.
#[derive(Default)]
struct Log {
    waiting: Vec<Uuid>,
    /// Which jobs each claim named as held; none where claims did not expire.
    claims: Vec<Option<Vec<Uuid>>>,
    /// How often the database is away when something is to be claimed.
    away: usize,
    renewed: usize,
    /// How often an outcome was to be stored, and the errors of the first attempts.
    finished: usize,
    errors: Vec<StoreError>,
}

fn away() -> StoreError {
    StoreError::Unavailable(sqlx::Error::PoolTimedOut)
}

impl TestQueue {
    fn new(jobs: &[Uuid], length: Duration) -> Self {
        let log = Log { waiting: jobs.to_vec(), ..Log::default() };
        Self { log: Arc::new(Mutex::new(log)), length }
    }

    fn log<T>(&self, read: impl FnOnce(&mut Log) -> T) -> T {
        read(&mut self.log.lock().expect("no panic"))
    }

    /// Runs a worker until it is asked to stop, and returns how long it took to stop.
    async fn run_for(&self, time: Duration) -> Duration {
        let config = WorkConfig { lease: LEASE, database_retry: Duration::from_millis(100) };
        let stop = CancellationToken::new();
        let worker = Worker::new(self.clone(), &config, Arc::default());
        let running = tokio::spawn(worker.run(stop.clone()));
        tokio::time::sleep(time).await;
        stop.cancel();
        let start = Instant::now();
        running.await.expect("no panic").expect("it ends well");
        start.elapsed()
    }
}

impl Queue for TestQueue {
    type Job = Uuid;
    type Outcome = ();

    async fn claim(
        &self,
        limit: usize,
        _: Duration,
        expiry: Expiry<'_>,
    ) -> Result<Claim<Uuid>, StoreError> {
        self.log(|log| {
            if log.away > 0 {
                log.away -= 1;
                return Err(away());
            }
            log.claims.push(match expiry {
                Expiry::Except(held) => Some(held.to_vec()),
                Expiry::Suspended => None,
            });
            let count = limit.min(log.waiting.len());
            Ok(Claim { jobs: log.waiting.drain(..count).collect(), wait: None })
        })
    }

    fn owner(job: &Uuid) -> Uuid {
        *job
    }

    fn span(_: &Uuid) -> Span {
        Span::none()
    }

    async fn renew(&self, _: &Uuid, lease: Duration) -> Result<(), StoreError> {
        assert_eq!(lease, LEASE);
        self.log(|log| log.renewed += 1);
        Ok(())
    }

    async fn work(&self, _: &Uuid) {
        tokio::time::sleep(self.length).await;
    }

    async fn finish(&self, _: &Uuid, (): &()) -> Result<(), StoreError> {
        self.log(|log| {
            log.finished += 1;
            log.errors.pop().map_or(Ok(()), Err)
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_is_held_while_it_runs_and_its_claim_is_renewed_in_time() {
    let job = Uuid::now_v7();
    let queue = TestQueue::new(&[job], LEASE * 4);
    queue.run_for(LEASE * 6).await;
    let (first, while_it_runs, after) = queue.log(|log| {
        let claims = &log.claims;
        (claims[0].clone(), claims[1].clone(), claims[claims.len() - 1].clone())
    });
    assert_eq!((first, while_it_runs, after), (Some(vec![]), Some(vec![job]), Some(vec![])));
    let renewed = queue.log(|log| log.renewed);
    assert!(renewed >= 4, "{renewed} times in four leases");
}

/// Another process may claim a row and die, which nothing tells.
#[tokio::test(start_paused = true)]
async fn a_worker_without_work_looks_once_in_each_lease() {
    let queue = TestQueue::new(&[], LEASE);
    queue.run_for(LEASE * 10 + LEASE / 2).await;
    assert_eq!(queue.log(|log| log.claims.len()), 11);
}

/// Nobody could renew a claim meanwhile: who lives has a lease's time for it.
#[tokio::test(start_paused = true)]
async fn after_an_outage_no_claim_ends_for_the_time_of_a_lease() {
    let queue = TestQueue::new(&[], LEASE);
    queue.log(|log| log.away = 3);
    queue.run_for(LEASE * 4).await;
    let claims = queue.log(|log| log.claims.clone());
    let suspended = claims.iter().take_while(|held| held.is_none()).count();
    // The outage is over a wait after its last failure.
    assert_eq!(suspended, 1, "{claims:?}");
    assert!(claims.len() > 2 && claims[suspended..].iter().all(Option::is_some), "{claims:?}");
}

/// It does not look for what is due meanwhile.
#[tokio::test(start_paused = true)]
async fn who_has_no_room_notices_an_outage_by_its_outcomes() {
    let jobs: Vec<_> = (0..MAX_PARALLEL).map(|_| Uuid::now_v7()).collect();
    let queue = TestQueue::new(&jobs, Duration::ZERO);
    queue.log(|log| log.errors.extend(jobs.iter().map(|_| away())));
    queue.run_for(LEASE / 2).await;
    let claims = queue.log(|log| log.claims.clone());
    assert!(claims.len() > 1 && claims[1..].iter().all(Option::is_none), "{claims:?}");
}

#[tokio::test(start_paused = true)]
async fn an_outcome_is_stored_when_the_database_is_back() {
    let queue = TestQueue::new(&[Uuid::now_v7()], Duration::ZERO);
    queue.log(|log| log.errors = vec![away(), away()]);
    queue.run_for(LEASE).await;
    assert_eq!(queue.log(|log| log.finished), 3);
}

#[tokio::test(start_paused = true)]
async fn an_outcome_that_the_database_refuses_is_given_up() {
    let queue = TestQueue::new(&[Uuid::now_v7()], Duration::ZERO);
    queue.log(|log| log.errors = vec![StoreError::Broken(anyhow::anyhow!("a bug"))]);
    queue.run_for(LEASE).await;
    assert_eq!(queue.log(|log| log.finished), 1);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_running_jobs_but_not_for_ever() {
    let queue = TestQueue::new(&[Uuid::now_v7()], LEASE * 3);
    assert_eq!(queue.run_for(LEASE).await.as_secs(), 2);
    assert_eq!(queue.log(|log| log.finished), 1, "its outcome is stored");

    let endless = TestQueue::new(&[Uuid::now_v7()], Duration::MAX);
    let stopped = timeout(STOP_TIMEOUT * 2, endless.run_for(LEASE)).await;
    assert_eq!(stopped.expect("it ends").as_secs(), STOP_TIMEOUT.as_secs());
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_run_at_once_than_there_is_room_for() {
    let jobs: Vec<_> = (0..=MAX_PARALLEL).map(|_| Uuid::now_v7()).collect();
    let queue = TestQueue::new(&jobs, LEASE * 2);
    queue.run_for(LEASE).await;
    assert_eq!(queue.log(|log| log.waiting.len()), 1);
}
