//! The folder of a run, as anybody can read it.

use std::fmt;
use std::fs;

use camino::{Utf8Path, Utf8PathBuf};
use onetag_env::Environment;
use serde_json::Value;

/// A run that has a folder.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Run {
    folder: Utf8PathBuf,
}

impl Run {
    pub(super) fn at(folder: Utf8PathBuf) -> Run {
        Run { folder }
    }

    /// The run id.
    pub(crate) fn id(&self) -> &str {
        self.folder.file_name().unwrap()
    }

    pub(crate) fn path(&self, relative: &str) -> Utf8PathBuf {
        self.folder.join(relative)
    }

    pub(crate) fn read(&self, relative: &str) -> String {
        let path = self.path(relative);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The ledger; empty before there is one, or when the run has just ended.
    pub(crate) fn ledger(&self) -> String {
        fs::read_to_string(self.path("ledger.jsonl")).unwrap_or_default()
    }

    pub(crate) fn json(&self, relative: &str) -> Value {
        serde_json::from_str(&self.read(relative)).unwrap()
    }

    /// The digest of a service's program, as the report of a finished run has it.
    pub(crate) fn executable(&self, service: &str) -> String {
        self.digest(service, "executable")
    }

    /// A digest of a service's image, as the report of a finished run has it.
    pub(crate) fn digest(&self, service: &str, kind: &str) -> String {
        let report = self.json("report.json");
        let mut services = report["services"].as_array().unwrap().iter();
        let found = services.find(|found| found["service"] == service);
        let found = found.unwrap_or_else(|| panic!("no {service} in {report}"));
        found["digests"][kind].as_str().unwrap().to_owned()
    }

    /// How many tests passed, as the report of a finished run has it.
    pub(crate) fn passed(&self) -> u64 {
        self.json("report.json")["tests"]["passed"].as_u64().unwrap()
    }

    /// The names of what lies in the folder; none once it has moved away.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = self.folder.read_dir_utf8().into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|entry| entry.file_name().to_owned()).collect();
        names.sort();
        names
    }

    /// What the tests are told.
    pub(crate) fn environment(&self) -> Environment {
        Environment::parse(&self.read("run.env")).unwrap()
    }

    /// The address of a service.
    pub(crate) fn url(&self, service: &str) -> String {
        self.environment().url(service).unwrap().to_owned()
    }

    /// What a service answers, with 200.
    pub(crate) fn get(&self, service: &str, path: &str) -> String {
        let url = format!("{}{path}", self.url(service));
        let answer = minreq::get(&url).with_timeout(10).send();
        let answer = answer.unwrap_or_else(|error| panic!("{url}: {error}"));
        assert_eq!(answer.status_code, 200, "{url}");
        answer.as_str().unwrap().to_owned()
    }

    /// The suite of the run, if it is kept.
    pub(super) fn kept_consumer(&self) -> Option<String> {
        let ledger = self.ledger();
        let mut entries =
            ledger.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let consumer = entries.next()?["consumer"].as_str()?.to_owned();
        let mut turns = entries
            .filter(|entry| matches!(entry["entry"].as_str(), Some("kept" | "tearing-down")));
        (turns.next_back()?["entry"] == "kept").then_some(consumer)
    }

    /// Whether it is kept.
    pub(crate) fn is_kept(&self) -> bool {
        self.kept_consumer().is_some()
    }

    /// Changes the environment file as somebody with an editor would.
    pub(crate) fn edit_environment(&self, edit: impl FnOnce(String) -> String) {
        fs::write(self.path("run.env"), edit(self.read("run.env"))).unwrap();
    }

    pub(crate) fn folder(&self) -> &Utf8Path {
        &self.folder
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run {} {:?}", self.id(), self.names())
    }
}
