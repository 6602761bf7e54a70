//! Running the sink as a process.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long anything in these tests may take.
pub(crate) const DEADLINE: Duration = Duration::from_secs(10);

pub(crate) struct TestSink {
    child: Child,
    lines: Receiver<String>,
    /// All log lines read so far.
    pub(crate) log: Vec<Value>,
    pub(crate) url: String,
}

impl TestSink {
    /// Starts a sink on a free port and waits until it is ready.
    pub(crate) fn start(variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut child = command()
            .envs(variables.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .context("cannot start the sink")?;
        let stderr = child.stderr.take().context("stderr is piped")?;
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // The receiver is gone once the test has ended.
                let _ = send.send(line);
            }
        });
        let mut sink = Self { child, lines, log: Vec::new(), url: String::new() };
        let listening = sink.wait_for_line("listening")?;
        let address = listening["address"].as_str().context("the line names the address")?;
        sink.url = format!("http://{address}");
        sink.wait_for_line("ready")?;
        Ok(sink)
    }

    /// Waits for the log line with this message.
    pub(crate) fn wait_for_line(&mut self, message: &str) -> anyhow::Result<Value> {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = self.lines.recv_timeout(left).with_context(|| {
                format!("no line {message:?} within {DEADLINE:?}; the log is {:?}", self.log)
            })?;
            let line: Value = serde_json::from_str(&line)
                .with_context(|| format!("not a JSON log line: {line}"))?;
            self.log.push(line.clone());
            if line["message"] == message {
                return Ok(line);
            }
        }
    }

    pub(crate) fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        kill_process(Pid::from_child(&self.child), signal).context("cannot signal the sink")
    }

    /// Waits until the process has ended; `log` then has the whole log.
    pub(crate) fn wait(&mut self) -> anyhow::Result<ExitStatus> {
        let deadline = Instant::now() + DEADLINE;
        // Stderr closes when the process ends.
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(line) => self.log.push(serde_json::from_str(&line)?),
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(error) => return Err(error).context("the sink does not end"),
            }
        }
        ensure!(Instant::now() < deadline, "the sink took longer than {DEADLINE:?} to end");
        Ok(self.child.wait()?)
    }
}

impl Drop for TestSink {
    fn drop(&mut self) {
        // A failed test must leave no process behind. Both calls fail if the
        // process has already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The sink's program, without variables of our environment that would
/// configure it.
pub(crate) fn command() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sink"));
    for variable in ["LISTEN_ADDR", "STOP_DELAY", "RUST_LOG", "ONETAG_IMAGE", "ONETAG_RUN_ID"] {
        command.env_remove(variable);
    }
    command
}
