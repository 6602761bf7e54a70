//! A PostgreSQL server from the machine's own binaries.
//!
//! A server belongs to the process that started it. It runs under a shell that
//! waits for the end of a pipe from this process, so it ends with the process,
//! however that ends, and its folder is removed then.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};

/// How long a start or a stop of the server may take.
const TIMEOUT: Duration = Duration::from_secs(60);

/// The name of the only user, who needs no password: the socket lies in a
/// folder that nobody else can enter.
const USER: &str = "onetag";

/// Starts and stops the server by the lines of its standard input, and ends it
/// at once when they end.
const SUPERVISOR: &str = r#"
folder=$1; shift
start() { "$@" >>"$folder/log" 2>&1 & pid=$!; }
start "$@"
while read -r line; do
    case $line in
        start) start "$@" ;;
        stop) kill -INT $pid; wait $pid ;;
    esac
done
kill -QUIT $pid 2>/dev/null; wait $pid
rm -rf "$folder"
"#;

/// A running server, ended when it is dropped or when its process ends.
#[derive(Debug)]
pub struct PostgresServer {
    binaries: PathBuf,
    folder: PathBuf,
    supervisor: Mutex<Child>,
    databases: AtomicU32,
}

/// The user and group that a server runs as. PostgreSQL refuses to run as root.
#[derive(Clone, Copy, Debug)]
struct Owner {
    user: u32,
    group: u32,
}

impl PostgresServer {
    /// Starts an empty server that does not sync its disk.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message says what to install.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&["fsync=off", "full_page_writes=off"])
    }

    /// Starts an empty server with these settings, like `fsync=on`.
    ///
    /// # Panics
    ///
    /// When it cannot be started; the message says what to install.
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        match Self::try_start(settings) {
            Ok(server) => server,
            Err(error) => panic!("cannot start PostgreSQL: {error:#}"),
        }
    }

    fn try_start(settings: &[&str]) -> anyhow::Result<Self> {
        let binaries = binaries()?;
        let owner = Owner::find()?;
        let folder = owner.folder()?;
        let data = folder.join("data");
        copy(&template(&binaries, owner)?, &data)?;
        let directory = folder.display();
        let mut command = Command::new("sh");
        command
            .args(["-c", SUPERVISOR, "sh"])
            .arg(&folder)
            .arg(binaries.join("postgres"))
            .arg("-D")
            .arg(&data)
            .args(["-c", "listen_addresses="])
            .args(["-c", &format!("unix_socket_directories={directory}")])
            .args(["-c", "shared_buffers=16MB", "-c", "autovacuum=off"]);
        for setting in settings {
            command.args(["-c", setting]);
        }
        // A group of its own: whoever ends the test's group must not end the
        // shell before it has cleaned up.
        command.process_group(0).current_dir("/").stdin(Stdio::piped());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        let supervisor = owner.run(&mut command).spawn().context("cannot run sh")?;
        let databases = AtomicU32::new(0);
        let server = Self { binaries, folder, supervisor: Mutex::new(supervisor), databases };
        server.wait(|status| status == Some("ready"))?;
        Ok(server)
    }

    /// Makes a database, and returns its `DATABASE_URL`.
    ///
    /// # Panics
    ///
    /// When it cannot be made.
    #[must_use]
    pub fn create_database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run("postgres", &format!("CREATE DATABASE {name}"));
        format!("postgres://{USER}@localhost/{name}?host={}", self.folder.display())
    }

    /// Runs a statement in a database, and returns what it prints.
    ///
    /// # Panics
    ///
    /// When it fails.
    pub fn run(&self, database: &str, statement: &str) -> String {
        let mut command = Command::new(self.binaries.join("psql"));
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", USER]);
        command.arg("-h").arg(&self.folder).args(["-d", database, "-c", statement]);
        output(&mut command).map(|text| text.trim().to_owned()).expect(statement)
    }

    /// Stops the server, as an outage; its data stays.
    ///
    /// # Panics
    ///
    /// When it does not stop in time.
    pub fn stop(&self) {
        self.tell("stop");
        self.wait(|status| status.is_none()).expect("it stops");
    }

    /// Starts the server after [`stop`](Self::stop).
    ///
    /// # Panics
    ///
    /// When it does not start in time.
    pub fn restart(&self) {
        self.tell("start");
        self.wait(|status| status == Some("ready")).expect("it starts");
    }

    fn tell(&self, line: &str) {
        let mut supervisor = self.supervisor.lock().expect("no panic");
        let stdin = supervisor.stdin.as_mut().expect("stdin is piped");
        writeln!(stdin, "{line}").expect("the shell listens");
    }

    /// Waits until the server's own file has a status, or is gone.
    fn wait(&self, reached: impl Fn(Option<&str>) -> bool) -> anyhow::Result<()> {
        let deadline = Instant::now() + TIMEOUT;
        loop {
            // <https://github.com/postgres/postgres/blob/REL_15_STABLE/src/include/utils/pidfile.h>
            let file = fs::read_to_string(self.folder.join("data/postmaster.pid")).ok();
            let status = file.as_ref().map(|text| text.lines().nth(7).unwrap_or("").trim());
            if reached(status) {
                return Ok(());
            }
            let ended = self.supervisor.lock().expect("no panic").try_wait()?.is_some();
            if ended || Instant::now() > deadline {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("it is not as expected, but {status:?}:\n{log}");
            }
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for PostgresServer {
    fn drop(&mut self) {
        let mut supervisor = self.supervisor.lock().expect("no panic");
        drop(supervisor.stdin.take());
        // It can only have ended already.
        let _ = supervisor.wait();
    }
}

impl Owner {
    /// Ourselves or, if we are root, `postgres` or `nobody`.
    fn find() -> anyhow::Result<Self> {
        let own = fs::metadata("/proc/self").context("cannot read /proc/self")?;
        if own.uid() != 0 {
            return Ok(Self { user: own.uid(), group: own.gid() });
        }
        let passwd = fs::read_to_string("/etc/passwd").context("cannot read /etc/passwd")?;
        let find = |name: &str| {
            let line = passwd.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut numbers = line.split(':').skip(2).map(str::parse);
            Some(Self { user: numbers.next()?.ok()?, group: numbers.next()?.ok()? })
        };
        find("postgres").or_else(|| find("nobody")).context("no user postgres or nobody")
    }

    /// Makes a command run as this user.
    fn run(self, command: &mut Command) -> &mut Command {
        command.uid(self.user).gid(self.group)
    }

    /// A new folder of this user that nobody else can enter. It is short, since
    /// the path of a socket has at most 107 bytes.
    fn folder(self) -> anyhow::Result<PathBuf> {
        let folder = tempfile::Builder::new().prefix("onetag-pg-").tempdir_in("/tmp")?.keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
        std::os::unix::fs::chown(&folder, Some(self.user), Some(self.group))?;
        Ok(folder)
    }
}

/// The folder of the newest PostgreSQL of the machine.
fn binaries() -> anyhow::Result<PathBuf> {
    const HINT: &str = "hint: apt-get install postgresql";
    let versions = fs::read_dir("/usr/lib/postgresql")
        .with_context(|| format!("cannot read /usr/lib/postgresql\n{HINT}"))?;
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|folder| folder.join("bin/postgres").exists())
        .max_by_key(|folder| version(folder));
    Ok(newest.with_context(|| format!("no server in /usr/lib/postgresql\n{HINT}"))?.join("bin"))
}

/// The data of an empty server, made once for each build folder: `initdb` takes
/// a second.
fn template(binaries: &Path, owner: Owner) -> anyhow::Result<PathBuf> {
    let executable = std::env::current_exe()?;
    let build = executable.ancestors().nth(2).context("the executable has no folder")?;
    let version = binaries.ancestors().nth(1).and_then(Path::file_name).context("no version")?;
    let version = version.display();
    let template = build.join(format!("postgres-template-{version}-{}", owner.user));
    if template.exists() {
        return Ok(template);
    }
    let folder = owner.folder()?;
    let data = folder.join("data");
    let mut command = Command::new(binaries.join("initdb"));
    command.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
    command.args(["--username", USER, "--pgdata"]).arg(&data).current_dir("/");
    output(owner.run(&mut command))?;
    let new = tempfile::tempdir_in(build)?;
    let copied = new.path().join("data");
    copy(&data, &copied)?;
    fs::remove_dir_all(&folder)?;
    // Another process may have been faster.
    if let Err(error) = fs::rename(&copied, &template) {
        ensure!(template.exists(), "cannot make {}: {error}", template.display());
    }
    Ok(template)
}

/// Copies a folder with owners and permissions.
fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    output(Command::new("cp").arg("-a").arg(from).arg(to)).map(drop)
}

fn output(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().display().to_string();
    let Output { status, stdout, stderr } =
        command.stdin(Stdio::null()).output().with_context(|| format!("cannot run {name}"))?;
    let stderr = String::from_utf8_lossy(&stderr);
    ensure!(status.success(), "{name} failed: {stderr}");
    String::from_utf8(stdout).with_context(|| format!("{name} prints no text"))
}
