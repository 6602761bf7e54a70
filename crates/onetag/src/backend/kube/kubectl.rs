//! Calling kubectl: one context, pinned for the run, and every call with a deadline.

use std::fs::File;
use std::process::{ChildStdout, Command};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde::de::DeserializeOwned;

use super::cluster::{Cluster, KUBECONFIG};
use super::refusal::{Reason, Refusal};
use super::stream::KubectlStream;
use super::{FIELD_MANAGER, namespace_name};
use crate::run::RunFolder;
use crate::run::ledger::Ledger;
use crate::system::signals::Interrupt;
use crate::system::tool::{Output, Tool};

/// How long the API server may take to answer, as kubectl itself minds it.
const REQUEST: &str = "--request-timeout=20s";

/// How long kubectl may take for a question: it makes several requests.
const ANSWER: Duration = Duration::from_secs(30);

/// How long it may take to make or to change something.
const WORK: Duration = Duration::from_secs(60);

/// kubectl, with the context of a run.
#[derive(Clone, Debug)]
pub(super) struct Kubectl {
    pub(super) cluster: Cluster,
    namespace: Option<String>,
    /// The run that it works for, if it is in its namespace.
    folder: Option<RunFolder>,
}

impl Kubectl {
    /// In a namespace, or for what is in none.
    pub(super) fn new(cluster: &Cluster, namespace: Option<&str>) -> Kubectl {
        let namespace = namespace.map(str::to_owned);
        Kubectl { cluster: cluster.clone(), namespace, folder: None }
    }

    /// In the namespace of a run.
    pub(super) fn of_run(cluster: &Cluster, folder: &RunFolder) -> Kubectl {
        let namespace = namespace_name(folder.run_id());
        Kubectl { folder: Some(folder.clone()), ..Kubectl::new(cluster, Some(&namespace)) }
    }

    /// Asks a question, and returns what kubectl prints.
    pub(super) fn ask<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> anyhow::Result<String> {
        self.succeed(self.tool(arguments, ANSWER))
    }

    /// Asks for something as JSON; none if it is not there.
    pub(super) fn get<'a, T: DeserializeOwned>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> anyhow::Result<Option<T>> {
        let all = ["get", "--ignore-not-found", "--output", "json"].into_iter().chain(arguments);
        let answer = match self.ask(all) {
            Err(error) if Refusal::reason(&error) == Some(Reason::Absent) => return Ok(None),
            answer => answer?,
        };
        if answer.trim().is_empty() {
            return Ok(None);
        }
        let parsed = serde_json::from_str(&answer);
        parsed.map(Some).context("`kubectl get` answers something unknown")
    }

    /// The names of what there is of a kind.
    pub(super) fn names(&self, kind: &str, label: &str) -> anyhow::Result<Vec<String>> {
        let listed = self.ask(["get", kind, "--selector", label, "--output", "name"])?;
        let names = listed.lines().filter_map(|line| line.trim().split_once('/'));
        Ok(names.map(|(_, name)| name.to_owned()).collect())
    }

    /// Makes or changes objects, while that stands in the ledger: whoever ends the run ends
    /// the call first. The objects may hold secrets, so no file has them. What somebody
    /// else has changed of them becomes what it was.
    pub(super) fn apply(&self, objects: &serde_json::Value, ledger: &Ledger) -> anyhow::Result<()> {
        let manager = format!("--field-manager={FIELD_MANAGER}");
        let arguments =
            ["apply", "--server-side", "--force-conflicts", &manager, "--filename", "-"];
        let tool = self.tool(arguments, WORK).input(serde_json::to_vec(objects)?);
        self.succeed(tool.recorded([ledger])).map(drop)
    }

    /// Ends or removes something, within a deadline.
    pub(super) fn end<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        limit: Duration,
    ) -> anyhow::Result<()> {
        self.succeed(self.tool(arguments, limit + ANSWER)).map(drop)
    }

    /// Executes a program in a pod, which reads `input`.
    pub(super) fn exec(
        &self,
        pod: &str,
        arguments: &[String],
        input: &str,
        ledger: &Ledger,
    ) -> anyhow::Result<()> {
        let all = ["exec", "--stdin", pod, "--"].into_iter();
        let command = self.command(all.chain(arguments.iter().map(String::as_str)));
        let tool = captured(command, WORK).input(input).recorded([ledger]);
        self.succeed(tool).map(drop)
    }

    /// Asks for something that may be large: what kubectl prints goes into a file.
    pub(super) fn write<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        file: &File,
    ) -> anyhow::Result<()> {
        let finished =
            self.tool(arguments, ANSWER).into_file(file)?.finish(&Interrupt::default())?;
        ensure!(finished.status.success(), "`{}` {}", finished.line, finished.ended());
        Ok(())
    }

    /// Starts a call that goes on for as long as it likes, while that stands in the ledger of
    /// the run.
    pub(super) fn stream<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        read: impl FnOnce(ChildStdout) + Send + 'static,
    ) -> anyhow::Result<KubectlStream> {
        let folder = self.folder.as_ref().context("only a run follows something")?;
        let ledger = Ledger::open(folder.path())?;
        KubectlStream::start(&self.command(arguments), folder.run_id(), ledger, read)
    }

    /// A call in its context, and its namespace if it has one.
    pub(super) fn command<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let Cluster { kubectl, kubeconfig, context, .. } = &self.cluster;
        let mut command = Command::new(kubectl);
        command.env(KUBECONFIG, kubeconfig).args(["--context", context]);
        if let Some(namespace) = &self.namespace {
            command.args(["--namespace", namespace]);
        }
        command.args(arguments);
        command
    }

    fn tool<'a>(
        &self,
        arguments: impl IntoIterator<Item = &'a str>,
        limit: Duration,
    ) -> Tool<'static> {
        captured(self.command([REQUEST].into_iter().chain(arguments)), limit)
    }

    fn succeed(&self, tool: Tool<'_>) -> anyhow::Result<String> {
        let finished = tool.finish(&Interrupt::default())?;
        match finished.status.success() {
            true => Ok(String::from_utf8_lossy(&finished.stdout).into_owned()),
            false => Err(Refusal::of(&finished, &self.cluster.context)),
        }
    }
}

fn captured(command: Command, limit: Duration) -> Tool<'static> {
    Tool::new(command, limit).output(Output::Capture, Output::Capture)
}
