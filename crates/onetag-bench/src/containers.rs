//! The services of a suite, as containers that are made by hand.

use std::fs;
use std::ops::ControlFlow::{Break, Continue};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use camino::{Utf8Path, Utf8PathBuf};
use xshell::{Cmd, Shell, cmd};

use crate::engine::{EngineCalls, LABEL};
use crate::processes::{Processes, until};
use crate::services::{READY, ServiceProgram};

/// What makes an image of the folder beside it.
const CONTAINERFILE: &str = "FROM scratch\nCOPY root/ /\nENTRYPOINT [\"/program\"]\n";

/// The folder in which the program of an image starts.
pub(crate) const WORKING_DIR: &str = "/app";

/// Debian's certificates of the authorities that it trusts.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

/// How long a service may take until it is looked whether its container still runs: to
/// ask an engine takes time from what is measured.
const SUSPICION: Duration = Duration::from_secs(5);

/// The containers of one lap, and what they are made of.
pub(crate) struct Containers<'a> {
    pub(crate) shell: &'a Shell,
    pub(crate) processes: &'a Processes<'a>,
    pub(crate) calls: &'a EngineCalls<'a>,
    pub(crate) programs: &'a [ServiceProgram<'a>],
    /// Where images are made, and logs lie.
    pub(crate) folder: &'a Utf8Path,
}

impl Containers<'_> {
    /// Builds an image of each program, side by side.
    pub(crate) fn build(&self) -> anyhow::Result<()> {
        let (shell, engine) = (self.shell, self.engine());
        let mut builds = Vec::new();
        for program in self.programs {
            let (folder, image) = (self.context_of(program)?, &program.wired.image);
            let file = folder.join("Containerfile");
            fs::write(&file, CONTAINERFILE).with_context(|| format!("cannot write {file}"))?;
            builds.push(cmd!(
                shell,
                "{engine} build --quiet --no-cache --tag {image} --file {file} {folder}"
            ));
        }
        self.calls.run(builds).map(drop)
    }

    /// Saves each image as an archive.
    pub(crate) fn save(&self) -> anyhow::Result<()> {
        self.of_each(|shell, engine, program| {
            let (archive, image) = (self.archive(program), &program.wired.image);
            cmd!(shell, "{engine} save --output {archive} {image}")
        })
    }

    /// Loads the archives.
    pub(crate) fn load(&self) -> anyhow::Result<()> {
        self.of_each(|shell, engine, program| {
            let archive = self.archive(program);
            cmd!(shell, "{engine} load --input {archive}")
        })
    }

    /// Starts them one after the other, and waits until all are ready.
    pub(crate) fn start(&self) -> anyhow::Result<()> {
        let (shell, engine, network) = (self.shell, self.engine(), self.name(""));
        let label = format!("{LABEL}={}", self.calls.engine.id);
        let network_create = cmd!(shell, "{engine} network create --label {label} {network}");
        self.calls.run(vec![network_create])?;
        for program in self.programs {
            let (service, wired) = (&program.service.name, program.wired);
            let (name, options) = (self.name(service), &self.calls.engine.run);
            let mut own: Vec<String> = Vec::new();
            for (outside, inside) in &wired.publish {
                own.extend(["--publish".to_owned(), format!("127.0.0.1:{outside}:{inside}")]);
            }
            for (key, value) in &wired.variables {
                let is_secret = wired.secrets.contains(key);
                let value = if is_secret { key.clone() } else { format!("{key}={value}") };
                own.extend(["--env".to_owned(), value]);
            }
            let (image, args) = (&wired.image, &wired.args);
            let run = cmd!(
                shell,
                "{engine} run --detach --name {name} --network {network} --network-alias {service}
                 --label {label} --workdir {WORKING_DIR} {options...} {own...} {image} {args...}"
            );
            let secrets = wired.variables.iter().filter(|(key, _)| wired.secrets.contains(*key));
            let started = self.calls.run(vec![run.envs(secrets)]);
            started.with_context(|| format!("cannot start service `{service}` by hand"))?;
        }
        self.programs.iter().try_for_each(|program| self.wait_until_ready(program))
    }

    /// Removes containers, network and images.
    pub(crate) fn remove(&self) -> anyhow::Result<()> {
        let (shell, engine, network) = (self.shell, self.engine(), self.name(""));
        // Those first that talk to others, which may have something to hand over.
        let names = self.programs.iter().rev().map(|program| self.name(&program.service.name));
        let images = self.programs.iter().map(|program| &program.wired.image);
        self.calls.run(vec![cmd!(shell, "{engine} rm --force --volumes {names...}")])?;
        self.calls.run(vec![cmd!(shell, "{engine} network rm {network}")])?;
        self.calls.run(vec![cmd!(shell, "{engine} rmi {images...}")]).map(drop)
    }

    fn engine(&self) -> &str {
        &self.calls.engine.program
    }

    /// What the container of a service is called, or the network.
    fn name(&self, service: &str) -> String {
        let name = format!("onetag-bench-{}-{service}", self.calls.engine.id);
        name.trim_end_matches('-').to_owned()
    }

    pub(crate) fn archive(&self, program: &ServiceProgram<'_>) -> Utf8PathBuf {
        self.folder.join(format!("{}.tar", program.service.name))
    }

    pub(crate) fn of_each<'c>(
        &'c self,
        call: impl Fn(&'c Shell, &'c str, &'c ServiceProgram<'c>) -> Cmd<'c>,
    ) -> anyhow::Result<()> {
        let calls = self.programs.iter().map(|program| call(self.shell, self.engine(), program));
        self.calls.run(calls.collect()).map(drop)
    }

    /// Makes the folder that becomes an image: the program, the libraries that `ldd`
    /// names, and what it expects beside them.
    fn context_of(&self, program: &ServiceProgram<'_>) -> anyhow::Result<Utf8PathBuf> {
        let (shell, service) = (self.shell, program.service);
        let folder = self.folder.join("images").join(&service.name);
        let root = folder.join("root");
        let inside = |path: &Utf8Path| root.join(path.strip_prefix("/").unwrap_or(path));
        let app = inside(WORKING_DIR.into());
        let folders = program.wired.folders.iter().map(|folder| inside(folder));
        for folder in folders.chain([app.clone(), inside("/tmp".into())]) {
            fs::create_dir_all(&folder).with_context(|| format!("cannot make {folder}"))?;
        }
        let executable = program.executable;
        // It fails for a program that has no libraries.
        let listed = self.processes.run(cmd!(shell, "ldd {executable}")).unwrap_or_default();
        let listed = String::from_utf8_lossy(&listed);
        let mut files: Vec<&str> =
            listed.split_whitespace().filter(|word| word.starts_with('/')).collect();
        files.extend(Some(CERTIFICATES).filter(|path| Utf8Path::new(path).exists()));
        self.processes.run(cmd!(shell, "cp {executable} {root}/program"))?;
        if !files.is_empty() {
            self.processes.run(cmd!(shell, "cp --dereference --parents {files...} {root}"))?;
        }
        if !service.files.is_empty() {
            let _here = shell.push_dir(&service.folder);
            let files = &service.files;
            self.processes.run(cmd!(shell, "cp --recursive --parents {files...} {app}"))?;
        }
        Ok(folder)
    }

    fn wait_until_ready(&self, program: &ServiceProgram<'_>) -> anyhow::Result<()> {
        let service = &program.service.name;
        let what = format!("waiting until service `{service}` is ready, started by hand");
        let mut asked = Instant::now();
        let probe = || {
            let last = match (program.wired.probe)() {
                Ok(()) => return Ok(Break(())),
                Err(last) => last,
            };
            if asked.elapsed() > SUSPICION {
                self.expect_running(service)?;
                asked = Instant::now();
            }
            Ok(Continue(last))
        };
        until(&what, READY, || self.calls.host.check(), probe)
    }

    fn expect_running(&self, service: &str) -> anyhow::Result<()> {
        let (shell, engine, name) = (self.shell, self.engine(), self.name(service));
        let status = ["container", "inspect", "--format", "{{.State.Status}}"];
        let told = self.calls.run(vec![cmd!(shell, "{engine} {status...} {name}")])?.concat();
        if told.trim_ascii() == b"running" {
            return Ok(());
        }
        let log = self.folder.join(format!("{service}.log"));
        let logs = "\"$1\" logs \"$2\" > \"$3\" 2>&1";
        self.calls.run(vec![cmd!(shell, "/bin/sh -c {logs} logs {engine} {name} {log}")])?;
        bail!("service `{service}` ended before it was ready, started by hand; its log is {log}")
    }
}
