//! A service as a process.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

/// How long a start or a stop may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running service, killed when dropped.
#[derive(Debug)]
pub struct Process {
    /// Its address.
    pub url: String,
    child: Child,
    log: Receiver<String>,
}

impl Process {
    /// Starts a program with these variables, on a free port if they name none, and
    /// waits until it says that it is ready.
    ///
    /// # Panics
    ///
    /// When it does not become ready; the message has its log.
    #[must_use]
    pub fn start(program: &str, variables: &[(&str, &str)]) -> Self {
        let mut process = Self::launch(program, variables);
        let address = process.until_logged("listening")["address"].clone();
        process.url = format!("http://{}", address.as_str().expect("an address"));
        process.until_logged("ready");
        process
    }

    /// Starts a program with these variables, and waits for nothing: its address is
    /// not known.
    ///
    /// # Panics
    ///
    /// When it cannot be started.
    #[must_use]
    pub fn launch(program: &str, variables: &[(&str, &str)]) -> Self {
        let mut child = Command::new(program)
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {program}: {error}"));
        let stderr = child.stderr.take().expect("it is piped");
        let (send, log) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // The receiver is gone once the service is dropped.
                let _ = send.send(line);
            }
        });
        Self { url: String::new(), child, log }
    }

    /// Waits until it logs a message; returns the line.
    ///
    /// # Panics
    ///
    /// When it ends before, or does not within 20 s.
    pub fn until_logged(&self, message: &str) -> Value {
        let deadline = Instant::now() + DEADLINE;
        let mut log = Vec::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = match self.log.recv_timeout(left) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => panic!("no {message} in {DEADLINE:?}: {log:#?}"),
                Err(RecvTimeoutError::Disconnected) => panic!("ended before {message}: {log:#?}"),
            };
            let entry: Value = serde_json::from_str(&line).unwrap_or_default();
            if entry["message"] == message {
                return entry;
            }
            log.push(line);
        }
    }

    /// Sends SIGTERM.
    ///
    /// # Panics
    ///
    /// When it has ended.
    pub fn terminate(&self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it runs");
    }

    /// Sends SIGTERM and waits until it has ended, as [`ended`](Self::ended) does.
    ///
    /// # Panics
    ///
    /// When it does not end within 20 s.
    pub fn stop(self) -> (Option<i32>, String) {
        self.terminate();
        self.ended()
    }

    /// Waits until it has ended; returns its exit code and the unread part of its
    /// log.
    ///
    /// # Panics
    ///
    /// When it does not end within 20 s.
    pub fn ended(mut self) -> (Option<i32>, String) {
        let deadline = Instant::now() + DEADLINE;
        let mut log = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.log.recv_timeout(left) {
                Ok(line) => log += &format!("{line}\n"),
                Err(RecvTimeoutError::Timeout) => panic!("still there after {DEADLINE:?}: {log}"),
                // It has closed its log, so it is about to end.
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        (self.child.wait().expect("it is ours").code(), log)
    }

    /// Sends SIGKILL.
    pub fn kill(&mut self) {
        // Fails if it has ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
