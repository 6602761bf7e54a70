//! Signals that ask the harness to end, noticed once and told to everyone who
//! waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering};

use anyhow::Context as _;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// The error of whatever was under way when a signal asked for the end.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("interrupted by {}", name(*.signal))]
pub struct Interrupted {
    /// The first signal that came.
    pub signal: i32,
}

/// The name of a signal, for people.
pub fn name(signal: i32) -> String {
    signal_hook::low_level::signal_name(signal)
        .map_or_else(|| format!("signal {signal}"), str::to_owned)
}

/// The signals that ask a process to end: SIGINT, SIGTERM, and SIGHUP unless whoever
/// started it ignores that, as `nohup` does.
pub(crate) fn ending() -> impl Iterator<Item = i32> {
    let hang_up = (!super::is_ignored(SIGHUP)).then_some(SIGHUP);
    [SIGINT, SIGTERM].into_iter().chain(hang_up)
}

/// What has been asked of this process by signals so far.
///
/// Cloned into whatever waits; all clones see the same.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    first: AtomicI32,
    count: AtomicUsize,
}

impl Interrupt {
    /// Starts to listen for the signals that end a command.
    ///
    /// From here on these signals no longer end the process by themselves:
    /// every wait of the harness asks [`Interrupt::check`] instead, so that a
    /// run is always torn down.
    pub fn listen() -> anyhow::Result<Interrupt> {
        let interrupt = Interrupt::default();
        let mut signals =
            signal_hook::iterator::Signals::new(ending()).context("cannot listen for signals")?;
        let listener = interrupt.clone();
        std::thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                for signal in signals.forever() {
                    listener.raise(signal);
                }
            })
            .context("cannot start the thread that listens for signals")?;
        Ok(interrupt)
    }

    /// Takes note of one signal.
    pub(crate) fn raise(&self, signal: i32) {
        let _ = self.0.first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        self.0.count.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether a second signal came, which means: force.
    pub fn is_forced(&self) -> bool {
        self.count() > 1
    }

    /// How many signals came so far.
    pub fn count(&self) -> usize {
        self.0.count.load(Ordering::SeqCst)
    }

    /// The first signal, if one came.
    pub fn signal(&self) -> Option<i32> {
        (self.count() > 0).then(|| self.0.first.load(Ordering::SeqCst))
    }

    /// An error if a signal asked for the end.
    pub fn check(&self) -> Result<(), Interrupted> {
        match self.signal() {
            None => Ok(()),
            Some(signal) => Err(Interrupted { signal }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_is_the_one_that_counts() {
        let interrupt = Interrupt::default();
        assert!(interrupt.check().is_ok());
        interrupt.raise(SIGTERM);
        interrupt.raise(SIGINT);
        assert_eq!(interrupt.check().unwrap_err().to_string(), "interrupted by SIGTERM");
        assert_eq!(interrupt.count(), 2);
    }
}
