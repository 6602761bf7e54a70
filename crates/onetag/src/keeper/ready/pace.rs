//! Asking again: quickly at first, then ever more slowly.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, anyhow};

use crate::keeper::Client;
use crate::keeper::protocol::{Polled, ServiceState};
use crate::run::RunFolder;
use crate::system::wait::{Deadline, Poll};

/// How long one look waits for an answer.
const LOOK: Duration = Duration::from_millis(20);

/// How long a question has to be open for that to be told instead of the last answer.
const SILENCE: Duration = Duration::from_millis(250);

/// How often the state of a service is asked for while it does not answer.
const STATE_INTERVAL: Duration = Duration::from_millis(250);

/// How long an answer has to stay the same.
const STEADY: Duration = Duration::from_secs(2);

/// The shortest and the longest pause between an answer and the next question.
const PAUSES: [Duration; 2] = [Duration::from_millis(1), Duration::from_secs(1)];

/// A tenth of the time that passed is the pause: what is found out late is late by a
/// tenth, and a minute has 120 questions.
const PART: u32 = 10;

/// Asks until a service is ready, one question at a time. A question may take as long
/// as the limit leaves: it is asked on a thread of its own, which ends with it.
#[derive(Debug)]
pub(super) struct PacedProbe<'a> {
    folder: &'a RunFolder,
    service: &'a str,
    deadline: Deadline,
    started: Instant,
    /// The one that is not answered yet, and when it was asked.
    question: Option<(Receiver<anyhow::Result<Polled>>, Instant)>,
    /// When to ask the next one, and when for the state alone.
    next: Instant,
    next_state: Instant,
    state: Option<ServiceState>,
    /// What was seen last, whether that hardly will change, and since when.
    last: Option<(String, bool, Instant)>,
}

impl<'a> PacedProbe<'a> {
    pub(super) fn new(folder: &'a RunFolder, service: &'a str, limit: Duration) -> PacedProbe<'a> {
        let now = Instant::now();
        PacedProbe {
            folder,
            service,
            deadline: Deadline::within(limit),
            started: now,
            question: None,
            next: now,
            next_state: now + STATE_INTERVAL,
            state: None,
            last: None,
        }
    }

    /// Looks whether it is ready; this takes a moment at most.
    pub(super) fn poll(&mut self) -> anyhow::Result<Poll<()>> {
        let now = Instant::now();
        if self.question.is_none() && now >= self.next {
            self.question = Some((self.ask(), now));
        }
        if let Some((question, _)) = &self.question {
            match question.recv_timeout(LOOK) {
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    return Err(anyhow!("the thread that asks ended"));
                }
                Ok(answer) => {
                    let Polled { state, pending, refused, .. } = answer?;
                    self.question = None;
                    self.next = Instant::now() + pause(self.started.elapsed());
                    self.state = Some(state);
                    let Some(seen) = pending else { return Ok(Poll::Ready(())) };
                    match &self.last {
                        Some((last, ..)) if *last == seen => {}
                        _ => self.last = Some((seen, refused, Instant::now())),
                    }
                }
            }
        }
        if now >= self.next_state {
            self.next_state = now + STATE_INTERVAL;
            let mut status = connect(self.folder)?.status()?;
            self.state = status.services.remove(self.service).or(self.state.take());
        }
        Ok(Poll::Pending(self.describe()))
    }

    fn ask(&self) -> Receiver<anyhow::Result<Polled>> {
        let (sender, answer) = mpsc::channel();
        let (folder, service) = (self.folder.clone(), self.service.to_owned());
        // One that hangs is open when the limit is hit, and that is what is told then.
        let limit = self.deadline.left() + SILENCE;
        thread::spawn(move || {
            let answer =
                connect(&folder).and_then(|mut keeper| keeper.poll(&service, limit, false));
            // The wait may be over.
            let _ = sender.send(answer);
        });
        answer
    }

    fn describe(&self) -> String {
        let last = self.last.as_ref().map(|(seen, ..)| seen.as_str());
        let open = self.question.as_ref().map(|(_, asked)| asked.elapsed());
        match open {
            Some(open) if open >= SILENCE => {
                let before = last.map(|seen| format!("; before: {seen}")).unwrap_or_default();
                format!("it has not answered for {:.1} s{before}", open.as_secs_f64())
            }
            _ => last.unwrap_or("it has not answered yet").to_owned(),
        }
    }

    /// The state of the service when it was asked last.
    pub(super) fn state(&self) -> Option<&ServiceState> {
        self.state.as_ref()
    }

    /// What it steadily answers that hardly will change.
    pub(super) fn refused(&self) -> Option<&str> {
        let (seen, refused, since) = self.last.as_ref()?;
        (*refused && since.elapsed() > STEADY).then_some(seen)
    }
}

fn connect(folder: &RunFolder) -> anyhow::Result<Client> {
    Client::connect(folder).context("the keeper is gone")
}

fn pause(elapsed: Duration) -> Duration {
    let [shortest, longest] = PAUSES;
    (elapsed / PART).clamp(shortest, longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_come_quickly_at_first_and_then_ever_more_slowly() {
        let (mut elapsed, mut asked) = (Duration::ZERO, Vec::new());
        while elapsed < Duration::from_secs(60) {
            elapsed += pause(elapsed);
            asked.push(elapsed);
        }
        let until =
            |seconds: f64| asked.iter().filter(|time| time.as_secs_f64() <= seconds).count();
        assert_eq!([until(0.01), until(1.0), until(10.0), until(60.0)], [10, 58, 82, 132]);
    }
}
