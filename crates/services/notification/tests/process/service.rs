//! Running Notification as a process, without a DataStorage.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// How long anything in these tests may take.
const DEADLINE: Duration = Duration::from_secs(20);

/// A running service, killed when dropped.
pub(crate) struct TestService {
    process: Process,
    stdout: JoinHandle<String>,
    /// Dropped, it lets the reader of the standard output begin.
    stdout_closed: Option<Sender<()>>,
    folder: TempDir,
    url: String,
}

struct Process(Child);

impl TestService {
    /// Starts a service with these variables, and waits until it is ready.
    pub(crate) fn start(variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut service = Self::start_unread(variables)?;
        service.read_stdout();
        Ok(service)
    }

    /// Like [`Self::start`], but nobody reads the standard output until
    /// [`Self::read_stdout`] is called.
    pub(crate) fn start_unread(variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        Self::start_in(tempfile::tempdir()?, variables)
    }

    /// Begins to read the standard output.
    pub(crate) fn read_stdout(&mut self) {
        self.stdout_closed = None;
    }

    fn start_in(folder: TempDir, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let mut command = command(&folder);
        let command = command.envs(variables.iter().copied());
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let mut process = Process(child);
        let mut stdout = process.0.stdout.take().context("stdout is piped")?;
        let stderr = process.0.stderr.take().context("stderr is piped")?;
        let (stdout_closed, opened) = channel::<()>();
        let stdout = std::thread::spawn(move || {
            // It fails once the sender is dropped.
            let _ = opened.recv();
            let mut text = String::new();
            stdout.read_to_string(&mut text).expect("standard output is text");
            text
        });
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                // The receiver is gone once the service is ready.
                let _ = send.send(line);
            }
        });
        let deadline = Instant::now() + DEADLINE;
        let mut url = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let line = lines.recv_timeout(left).context("the service does not become ready")?;
            let line: Value = serde_json::from_str(&line).context("a log line is JSON")?;
            match line["message"].as_str() {
                Some("listening") => {
                    let address = line["address"].as_str().context("the line has an address")?;
                    url = format!("http://{address}");
                }
                Some("ready") => {
                    let stdout_closed = Some(stdout_closed);
                    return Ok(Self { process, stdout, stdout_closed, folder, url });
                }
                _ => {}
            }
        }
    }

    /// Posts a request; returns status and body of the answer.
    pub(crate) fn post(&self, request: &Value) -> (u16, Value) {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(DEADLINE))
            .build()
            .into();
        let url = format!("{}/api/v1/notifications", self.url);
        let mut answer = agent.post(url).send_json(request).expect("an answer");
        (answer.status().as_u16(), answer.body_mut().read_json().expect("JSON"))
    }

    /// Posts a request that is accepted.
    pub(crate) fn send(&self, request: Value) {
        let (status, answer) = self.post(&request);
        assert_eq!(status, 201, "{answer:#}");
    }

    pub(crate) fn read(&self, name: &str) -> Value {
        let url = format!("{}/api/v1/notifications/{name}", self.url);
        ureq::get(url).call().expect("an answer").body_mut().read_json().expect("JSON")
    }

    pub(crate) fn wait_until_sent(&self, name: &str) {
        self.wait_until(name, "sent", |status| status["phase"] == "Sent");
    }

    /// Waits for a status of a notification.
    pub(crate) fn wait_until(&self, name: &str, what: &str, reached: impl Fn(&Value) -> bool) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            let notification = self.read(name);
            if reached(&notification["status"]) {
                return;
            }
            assert!(Instant::now() < deadline, "{name} is not {what}: {notification:#}");
        }
    }

    /// Sends SIGTERM. Returns the exit status and all of the standard output.
    pub(crate) fn stop(self) -> (ExitStatus, String) {
        let (status, stdout, _) = self.end();
        (status, stdout)
    }

    /// Stops it, and starts it again on the same data with these variables.
    pub(crate) fn restart(self, variables: &[(&str, &str)]) -> anyhow::Result<Self> {
        let (.., folder) = self.end();
        let mut service = Self::start_in(folder, variables)?;
        service.read_stdout();
        Ok(service)
    }

    fn end(self) -> (ExitStatus, String, TempDir) {
        let Self { mut process, stdout, stdout_closed, folder, .. } = self;
        drop(stdout_closed);
        kill_process(Pid::from_child(&process.0), Signal::TERM).expect("it runs");
        // The service ends within the deadlines of its stop steps; nextest
        // bounds the test.
        let status = process.0.wait().expect("it ends");
        (status, stdout.join().expect("no panic"), folder)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both calls fail if the process has already ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program, with its data in `folder` and an empty environment.
pub(crate) fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_notification"));
    command
        .env_clear()
        .env("DATABASE_URL", format!("sqlite://{}", folder.path().join("n.db").display()))
        .env("OUTPUT_DIR", folder.path().join("output"))
        // No process listens on the port of the discard service.
        .env("DATASTORAGE_URL", "http://127.0.0.1:9");
    command
}
