//! Waiting for a condition: bounded, and with a last word.

use std::cell::RefCell;
use std::panic::resume_unwind;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow, bail, ensure};

use crate::system::signals::Interrupt;

/// How long a step may take, in whole milliseconds for people.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    started: Instant,
    limit: Duration,
}

impl Deadline {
    /// A deadline that ends `limit` from now.
    pub(crate) fn within(limit: Duration) -> Deadline {
        Deadline { started: Instant::now(), limit }
    }

    /// What is left of it; zero once it has passed.
    pub(crate) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.started.elapsed())
    }

    /// Whether it has passed.
    pub(crate) fn passed(&self) -> bool {
        self.left().is_zero()
    }
}

/// What a condition looked like at one time.
#[derive(Debug)]
pub(crate) enum Poll<T> {
    /// The condition holds.
    Ready(T),
    /// Not yet, and this is what was seen.
    Pending(String),
}

/// The condition did not come true in time.
#[derive(Debug, thiserror::Error)]
#[error("{what} took longer than {limit:?}; last seen: {last}")]
pub(crate) struct TimedOut {
    what: String,
    limit: Duration,
    last: String,
}

/// Looks again and again until the condition holds.
///
/// The pause between two looks is a tenth of the time that passed, from a millisecond
/// to 25 ms: most of what the harness waits for takes a few milliseconds, and all of it
/// is late by a tenth at most. A look may fail for good, which ends the wait at once, as
/// does a signal.
pub(crate) fn until<T>(
    what: &str,
    limit: Duration,
    interrupt: &Interrupt,
    mut look: impl FnMut() -> anyhow::Result<Poll<T>>,
) -> anyhow::Result<T> {
    let deadline = Deadline::within(limit);
    loop {
        let last = match look()? {
            Poll::Ready(value) => return Ok(value),
            Poll::Pending(last) => last,
        };
        interrupt.check()?;
        if deadline.passed() {
            return Err(TimedOut { what: what.to_owned(), limit, last }.into());
        }
        let pause = deadline.started.elapsed() / 10;
        let pause = pause.clamp(Duration::from_millis(1), Duration::from_millis(25));
        std::thread::sleep(pause.min(deadline.left()));
    }
}

/// How often a bounded step looks for a signal.
const SIGNAL_INTERVAL: Duration = Duration::from_millis(50);

/// Whether a step was given up. Whoever starts something for it reads that meanwhile.
type GivenUp = Arc<RwLock<bool>>;

thread_local! {
    /// Of the step that this thread does or works for; none where it does no step.
    static GIVEN_UP: RefCell<Option<GivenUp>> = const { RefCell::new(None) };
}

/// Does something unless the step that it is part of was given up, and keeps it from being
/// given up meanwhile.
///
/// Whoever gave a step up looks for what it has made, and must not be followed by more.
pub(crate) fn while_wanted<T>(work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let Some(given_up) = GIVEN_UP.with_borrow(Clone::clone) else { return work() };
    let given_up = given_up.read().unwrap_or_else(PoisonError::into_inner);
    ensure!(!*given_up, "nobody waits for it any more");
    work()
}

/// Does something that may hang on a thread of its own, and goes on without it when
/// its time is up: then it starts no more commands.
pub(crate) fn bounded<T: Send + 'static>(
    what: &str,
    limit: Duration,
    interrupt: &Interrupt,
    step: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
) -> anyhow::Result<T> {
    let (sender, result) = mpsc::channel();
    let given_up = GivenUp::default();
    let of_step = Arc::clone(&given_up);
    thread::Builder::new()
        .spawn(move || {
            GIVEN_UP.set(Some(of_step));
            drop(sender.send(step()));
        })
        .with_context(|| format!("cannot start a thread for {what}"))?;
    let deadline = Deadline::within(limit);
    let why: anyhow::Error = loop {
        match result.recv_timeout(deadline.left().min(SIGNAL_INTERVAL)) {
            Ok(result) => return result,
            Err(RecvTimeoutError::Disconnected) => bail!("the thread for {what} ended"),
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Err(interrupted) = interrupt.check() {
            break interrupted.into();
        }
        if deadline.passed() {
            break anyhow!("{what} took longer than {limit:?}");
        }
    };
    *given_up.write().unwrap_or_else(PoisonError::into_inner) = true;
    Err(why)
}

/// Does something with each of them at the same time; waits for all, and returns the
/// results in their order, or the first error in it.
pub(crate) fn side_by_side<I: Send, T: Send>(
    all: impl IntoIterator<Item = I>,
    work: impl Fn(I) -> anyhow::Result<T> + Sync,
) -> anyhow::Result<Vec<T>> {
    let (work, step) = (&work, GIVEN_UP.with_borrow(Clone::clone));
    thread::scope(|scope| {
        let started = all.into_iter().map(|one| {
            let step = step.clone();
            scope.spawn(move || {
                GIVEN_UP.set(step);
                work(one)
            })
        });
        let started: Vec<_> = started.collect();
        let ended = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|_| Err(anyhow!("a thread that worked on it ended")))
        };
        let done: Vec<_> = started.into_iter().map(ended).collect();
        done.into_iter().collect()
    })
}

/// Does something with each of them, `limit` at the same time, the first ones first; waits
/// for all, and returns the results in their order.
pub(crate) fn at_most<I: Send, T: Send>(
    limit: usize,
    all: impl IntoIterator<Item = I>,
    work: impl Fn(I) -> T + Sync,
) -> Vec<T> {
    let all: Vec<I> = all.into_iter().collect();
    let workers = limit.min(all.len());
    if workers < 2 {
        return all.into_iter().map(work).collect();
    }
    let todo = Mutex::new(all.into_iter().enumerate());
    let next = || todo.lock().unwrap_or_else(PoisonError::into_inner).next();
    let worker = || {
        let mut done = Vec::new();
        while let Some((number, one)) = next() {
            done.push((number, work(one)));
        }
        done
    };
    let mut done: Vec<(usize, T)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..workers).map(|_| scope.spawn(worker)).collect();
        let ended = workers.into_iter().map(|thread| thread.join());
        // Once all others have ended as well.
        ended.flat_map(|done| done.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_look_is_told() {
        let mut looks = 0;
        let waited = until("opening", Duration::from_millis(5), &Interrupt::default(), || {
            looks += 1;
            Ok(Poll::<()>::Pending(format!("look {looks}")))
        });
        let text = waited.unwrap_err().to_string();
        assert_eq!(text, format!("opening took longer than 5ms; last seen: look {looks}"));
    }

    #[test]
    fn a_step_that_hangs_is_left_and_named() {
        let hang = || -> anyhow::Result<()> {
            loop {
                thread::park();
            }
        };
        let limit = Duration::from_millis(5);
        let error = bounded("opening", limit, &Interrupt::default(), hang).unwrap_err();
        assert_eq!(error.to_string(), "opening took longer than 5ms");
        let step = || anyhow::Ok(7);
        assert_eq!(bounded("opening", limit * 2000, &Interrupt::default(), step).unwrap(), 7);
    }

    #[test]
    fn a_signal_ends_a_step_that_hangs() {
        let interrupt = Interrupt::default();
        interrupt.raise(2);
        let hang = || -> anyhow::Result<()> {
            loop {
                thread::park();
            }
        };
        let ended = bounded("opening", Duration::from_secs(60), &interrupt, hang);
        assert_eq!(ended.unwrap_err().to_string(), "interrupted by SIGINT");
    }

    /// A command that it started after it was given up would be left by whoever clears up.
    #[test]
    fn a_step_that_was_given_up_starts_nothing_more() {
        let interrupt = Interrupt::default();
        interrupt.raise(2);
        let ((release, released), (tell, told)) = (mpsc::channel::<()>(), mpsc::channel());
        let step = move || {
            assert_eq!(while_wanted(|| Ok(7)).unwrap(), 7);
            let _ = released.recv();
            // Those that work for it, too.
            let _ = tell.send(side_by_side([()], |()| while_wanted(|| Ok(7))));
            Ok(())
        };
        let ended = bounded("opening", Duration::from_secs(60), &interrupt, step);
        assert_eq!(ended.unwrap_err().to_string(), "interrupted by SIGINT");
        drop(release);
        let refused = told.recv().unwrap().unwrap_err();
        assert_eq!(refused.to_string(), "nobody waits for it any more");
    }

    #[test]
    fn at_most_so_many_are_worked_on_at_once() {
        for limit in [1, 2, 9] {
            let (now, most) = (Mutex::new(0), Mutex::new(0));
            let doubled = at_most(limit, 0..20, |number| {
                *now.lock().unwrap() += 1;
                let mut most = most.lock().unwrap();
                *most = (*now.lock().unwrap()).max(*most);
                drop(most);
                thread::yield_now();
                *now.lock().unwrap() -= 1;
                number * 2
            });
            assert_eq!(doubled, (0..20).map(|number| number * 2).collect::<Vec<_>>());
            assert!((1..=limit).contains(&most.into_inner().unwrap()));
        }
    }

    /// Each waits for the other.
    #[test]
    fn as_many_as_may_be_are_worked_on_at_once() {
        let together = std::sync::Barrier::new(2);
        let met = at_most(2, [(); 2], |()| together.wait().is_leader());
        assert_eq!(met.iter().filter(|leads| **leads).count(), 1);
    }

    #[test]
    fn a_signal_ends_the_wait() {
        let interrupt = Interrupt::default();
        interrupt.raise(2);
        let waited = until("opening", Duration::from_secs(60), &interrupt, || {
            Ok(Poll::<()>::Pending("closed".to_owned()))
        });
        assert_eq!(waited.unwrap_err().to_string(), "interrupted by SIGINT");
    }
}
