//! How long a lap takes, and where that time goes.

use std::time::Instant;

/// How long one way took, and where that time went.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lap {
    /// All of it.
    pub(crate) seconds: f64,
    /// Until the tests have told their verdict.
    pub(crate) verdict: f64,
    /// Its steps in order, in seconds.
    pub(crate) steps: Vec<(String, f64)>,
}

/// The clock of a lap by hand.
pub(crate) struct Clock {
    started: Instant,
    /// When the last step ended.
    mark: Instant,
    verdict: f64,
    steps: Vec<(String, f64)>,
}

impl Clock {
    pub(crate) fn start() -> Clock {
        let started = Instant::now();
        Clock { started, mark: started, verdict: 0.0, steps: Vec::new() }
    }

    /// A step has ended.
    pub(crate) fn step(&mut self, name: &str) {
        let now = Instant::now();
        self.steps.push((name.to_owned(), (now - self.mark).as_secs_f64()));
        self.mark = now;
    }

    /// The step has ended after which the verdict is known.
    pub(crate) fn verdict(&mut self, name: &str) {
        self.step(name);
        self.verdict = (self.mark - self.started).as_secs_f64();
    }

    /// The last step has ended.
    pub(crate) fn end(mut self, name: &str) -> Lap {
        self.step(name);
        let seconds = (self.mark - self.started).as_secs_f64();
        Lap { seconds, verdict: self.verdict, steps: self.steps }
    }
}
