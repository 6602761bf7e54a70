//! Running commands in the copy, with a deadline.

use std::io::{PipeReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use camino::Utf8Path;
use rustix::process::{Pid, Signal, kill_process};

use super::Output;
use super::terminal::terminal;

/// How long any command may take, on a machine that has other things to do.
const DEADLINE: Duration = Duration::from_secs(50);

/// Variables that a command gets from the environment of the tests. Everything
/// else stays outside: cargo and nextest set variables for these very tests.
const KEPT: [&str; 10] = [
    "HOME",
    "USER",
    "TMPDIR",
    "LANG",
    "CARGO_HOME",
    "RUSTUP_HOME",
    "RUSTUP_TOOLCHAIN",
    "CONTAINERS_CONF",
    "DOCKER_HOST",
    "XDG_RUNTIME_DIR",
];

/// A command that is about to run.
pub(crate) struct Command(std::process::Command);

impl Command {
    pub(super) fn new(program: &str, folder: &Utf8Path, programs: &Utf8Path) -> Command {
        let mut command = std::process::Command::new(program);
        command.env_clear().current_dir(folder);
        for key in KEPT {
            command.envs(std::env::var_os(key).map(|value| (key, value)));
        }
        let path = std::env::var("PATH").unwrap();
        command.env("PATH", format!("{programs}:{path}"));
        // Half of what a call of cargo costs that needs no network: it reads all
        // certificates of the machine first.
        command.env("SSL_CERT_FILE", "/dev/null");
        command.env("CARGO_PROFILE_DEV_DEBUG", "0").env("CARGO_INCREMENTAL", "0");
        Command(command)
    }

    pub(crate) fn args<'a>(mut self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        self.0.args(arguments);
        self
    }

    pub(crate) fn env(mut self, key: &str, value: &str) -> Command {
        self.0.env(key, value);
        self
    }

    /// Takes a variable away.
    pub(crate) fn without(mut self, key: &str) -> Command {
        self.0.env_remove(key);
        self
    }

    /// Runs it in another folder.
    pub(crate) fn in_folder(mut self, folder: &Utf8Path) -> Command {
        self.0.current_dir(folder);
        self
    }

    /// Runs this command with a limit on the size of files, in blocks of
    /// 512 bytes: writing more fails, as it does on a disk that is full.
    pub(crate) fn with_file_size(self, blocks: u32) -> Command {
        // Ignored, the signal becomes an error of the write.
        self.through_shell(&format!("trap '' XFSZ; ulimit -f {blocks}"))
    }

    /// Runs this command so that it and all below it ignore a signal, named as a
    /// shell names it.
    pub(crate) fn ignoring(self, signal: &str) -> Command {
        self.through_shell(&format!("trap '' {signal}"))
    }

    /// Runs this command once a line comes out of the pipe, with a parent that ends at
    /// once.
    pub(crate) fn orphaned(self, pipe: &Utf8Path) -> Command {
        let script = "(read -r _ <\"$0\"; exec \"$@\") &";
        self.behind(&["/bin/sh", "-c", script, pipe.as_str()])
    }

    /// Runs this command without the right to look into every process, which an
    /// ordinary user has not either.
    pub(crate) fn without_ptrace(self) -> Command {
        if !rustix::process::getuid().is_root() {
            return self;
        }
        self.behind(&["setpriv", "--bounding-set=-sys_ptrace", "--inh-caps=-sys_ptrace"])
    }

    /// Runs this command and another one before and after it as the only processes that
    /// can be seen, which those of a container are.
    pub(crate) fn alone_between(self, before: &str, after: &str) -> Command {
        let script = format!("{before} && \"$@\" && {after}");
        let mut outer = vec!["unshare", "--pid", "--fork", "--mount-proc"];
        if !rustix::process::getuid().is_root() {
            outer.push("--map-current-user");
        }
        self.behind(&[&outer[..], &["/bin/sh", "-c", &script, "sh"]].concat())
    }

    /// Has a shell run `script` and then become this command.
    fn through_shell(self, script: &str) -> Command {
        self.behind(&["/bin/sh", "-c", &format!("{script}; exec \"$@\""), "sh"])
    }

    /// This command as an argument of another program, which executes it.
    fn behind(self, words: &[&str]) -> Command {
        let mut outer = std::process::Command::new(words[0]);
        outer.args(&words[1..]).arg(self.0.get_program()).args(self.0.get_args()).env_clear();
        for (key, value) in self.0.get_envs() {
            outer.envs(value.map(|value| (key, value)));
        }
        if let Some(folder) = self.0.get_current_dir() {
            outer.current_dir(folder);
        }
        Command(outer)
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Output {
        self.start().finish()
    }

    /// Starts it.
    pub(crate) fn start(self) -> Running {
        self.start_with(pipe(), pipe())
    }

    /// Starts it with a stdout that the tests read by themselves, or close.
    pub(crate) fn start_writing_to(self, stdout: impl Into<Stdio>) -> Running {
        self.start_with((std::io::empty(), stdout.into()), pipe())
    }

    /// Runs it to its end with a terminal for its data.
    pub(crate) fn run_with_data_on_terminal(self) -> Output {
        let (read, write) = terminal();
        self.start_with((read, write.into()), pipe()).finish()
    }

    /// Runs it to its end with a terminal for its talk.
    pub(crate) fn run_on_terminal(self) -> Output {
        let (read, write) = terminal();
        let is_set = self.0.get_envs().any(|(key, _)| key == "TERM");
        let command = if is_set { self } else { self.env("TERM", "xterm") };
        command.start_with(pipe(), (read, write.into())).finish()
    }

    /// Runs it to its end with stdout and stderr that cannot be written to;
    /// returns its code.
    pub(crate) fn code_without_output(mut self, output: impl Fn() -> Stdio) -> Option<i32> {
        self.0.stdin(Stdio::null()).stdout(output()).stderr(output());
        self.0.status().unwrap().code()
    }

    /// Starts it with streams of which the tests have the other ends.
    fn start_with(
        mut self,
        (out, stdout): (impl Read + Send + 'static, Stdio),
        (err, stderr): (impl Read + Send + 'static, Stdio),
    ) -> Running {
        let line = format!("{:?}", self.0.get_args().collect::<Vec<_>>());
        self.0.stdin(Stdio::null()).stdout(stdout).stderr(stderr);
        let child = self.0.spawn().unwrap_or_else(|error| panic!("{line}: {error}"));
        // The command holds an end of the pipe, or of the terminal.
        drop(self);
        Running { child, line, stdout: Pipe::drain(out), stderr: Pipe::drain(err) }
    }
}

fn pipe() -> (PipeReader, Stdio) {
    let (read, write) = std::io::pipe().unwrap();
    (read, write.into())
}

/// A command that runs.
pub(crate) struct Running {
    child: Child,
    line: String,
    stdout: Pipe,
    stderr: Pipe,
}

impl Running {
    /// Sends a signal to this process alone: cargo has become `xtask`.
    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What it has written to stdout so far.
    pub(crate) fn printed(&self) -> String {
        self.stdout.so_far()
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        self.stderr.so_far()
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    ///
    /// What it says has to end with it: a keeper that held the pipe would make
    /// whoever reads it wait for as long as a run is kept.
    pub(crate) fn finish(self) -> Output {
        self.finish_within(DEADLINE)
    }

    /// Waits for its end for longer than for that of most commands.
    pub(crate) fn finish_within(mut self, limit: Duration) -> Output {
        let mut said = |name: &str, pipe: &Pipe| {
            if pipe.ended.recv_timeout(limit).is_err() {
                let _ = self.child.kill();
                let so_far = pipe.so_far();
                panic!("{}: {name} did not end within {limit:?}:\n{so_far}", self.line)
            }
            pipe.so_far()
        };
        let (stderr, stdout) = (said("stderr", &self.stderr), said("stdout", &self.stdout));
        // Both ends are closed: it has ended, or is about to.
        let status = self.child.wait().unwrap();
        Output { line: std::mem::take(&mut self.line), status, stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// What comes out of a pipe.
struct Pipe {
    bytes: Arc<Mutex<Vec<u8>>>,
    /// Hears once it has been closed.
    ended: Receiver<()>,
}

impl Pipe {
    fn drain(mut pipe: impl Read + Send + 'static) -> Pipe {
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let all = Arc::clone(&bytes);
        let (sender, ended) = mpsc::channel();
        std::thread::spawn(move || {
            let mut chunk = [0; 4096];
            while let Ok(read @ 1..) = pipe.read(&mut chunk) {
                all.lock().unwrap().extend(&chunk[..read]);
            }
            let _ = sender.send(());
        });
        Pipe { bytes, ended }
    }

    fn so_far(&self) -> String {
        String::from_utf8_lossy(&self.bytes.lock().unwrap()).into_owned()
    }
}
