//! The bytes are of the sources as they are now.
//!
//! Cargo decides by times whether what it made is fresh; here contents decide. For
//! each unit of a local package the hash of all its sources is remembered with what
//! cargo made of them. Sources are read before cargo starts: what changes while it
//! builds counts as changed the next time.

mod checkouts;
mod contents;
mod dep_info;
mod memory;
mod paths;
mod scripts;
mod times;
mod unit;
mod verdict;
mod walk;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use camino::{Utf8Path, Utf8PathBuf};

use self::contents::{Contents, PACKAGE_TABLE};
use self::memory::{Memory, Unit};
use self::paths::{absolute, relative};
use self::scripts::{of_elsewhere, ran_ns};
use self::times::{changed_ns, is_later, is_younger, now_of_the_file_system};
use self::unit::{LocalUnit, Places, ScriptInputs, local_package};
use self::verdict::{Evidence, Verdict};
use self::walk::{is_of_other_target, package_files};
use super::messages::Artifacts;
use crate::build::image::Digest;
use crate::run::{Layout, read_json, write_json};
use crate::workspace::Workspace;

/// What is known of the sources of a workspace, while the lock on its target folder
/// is held.
pub(super) struct Sources<'a> {
    places: Places<'a>,
    layout: &'a Layout,
    memory: Memory,
    contents: Contents,
    /// The folders of the packages that are about to be built.
    packages: BTreeSet<Utf8PathBuf>,
    /// The roots of other checkouts that have had something built here.
    others: Vec<Utf8PathBuf>,
    has_news: bool,
}

/// The sources as they were before cargo started.
pub(super) struct Snapshot {
    /// By the clock of the file system.
    started_ns: i64,
    /// By package.
    files: BTreeMap<Utf8PathBuf, BTreeSet<String>>,
    contents: BTreeMap<String, Option<Digest>>,
}

impl<'a> Sources<'a> {
    /// Reads what is remembered, and who else has built into this target folder.
    ///
    /// `manifests` are those of the packages that are about to be built.
    pub(super) fn open(
        workspace: &'a Workspace,
        layout: &'a Layout,
        manifests: impl Iterator<Item = &'a Utf8Path>,
    ) -> Sources<'a> {
        let places = Places {
            root: &workspace.root,
            target: &workspace.target_directory,
            tests: &workspace.test_targets,
        };
        let memory = read_json(&layout.sources()).ok().filter(Memory::is_of_this_version);
        let mut memory = memory.unwrap_or_else(Memory::new);
        let keys = checkouts::package_keys(workspace);
        let mut has_news = false;
        let own = (workspace.root.clone(), keys.clone());
        for (root, packages) in checkouts::named_by_cargo(workspace).into_iter().chain([own]) {
            let known = memory.checkouts.entry(root).or_default();
            for package in packages {
                has_news |= known.insert(package);
            }
        }
        let others = memory.others(places.root, &keys);
        let contents = Contents::read(layout.cache(places.root).join("contents"));
        let packages = manifests.filter_map(Utf8Path::parent).map(Utf8Path::to_owned).collect();
        Sources { places, layout, memory, contents, packages, others, has_news }
    }

    /// Reads all sources that are known.
    pub(super) fn before(&mut self) -> anyhow::Result<Snapshot> {
        let started_ns = now_of_the_file_system(&self.layout.executables())?;
        let mut snapshot =
            Snapshot { started_ns, files: BTreeMap::new(), contents: BTreeMap::new() };
        let mut packages = self.packages.clone();
        let mut elsewhere = BTreeSet::new();
        for unit in self.memory.units() {
            packages.insert(absolute(self.places.root, &unit.package));
            elsewhere.extend(unit.files.iter().filter(|path| !path.starts_with(&unit.package)));
        }
        for path in elsewhere {
            let path = absolute(self.places.root, path).into_string();
            let digest = self.contents.digest(&path);
            snapshot.contents.insert(path, digest);
        }
        for package in packages {
            let manifest = format!("{package}/Cargo.toml{PACKAGE_TABLE}");
            if let Some(digest) = self.contents.digest(&manifest) {
                snapshot.contents.insert(manifest, Some(digest));
                let files = package_files(&package, self.places.target);
                // Few of the others count; these are read when they do.
                for path in files.iter().filter(|path| !is_of_other_target(&package, path)) {
                    let digest = self.contents.digest(path);
                    snapshot.contents.insert(path.clone(), digest);
                }
                snapshot.files.insert(package, files);
            }
        }
        Ok(snapshot)
    }

    /// Looks at what cargo made of these sources, and remembers it; returns the ids of
    /// packages whose artifacts are of other sources.
    ///
    /// A call that `has_failed` told of a part only: neither of all that a package is
    /// made of, nor of what a build script reads that failed.
    pub(super) fn check(
        &mut self,
        snapshot: &Snapshot,
        artifacts: &Artifacts,
        has_failed: bool,
    ) -> anyhow::Result<BTreeSet<String>> {
        let packages = artifacts.units.iter().filter_map(local_package).collect();
        let units = artifacts.units.iter();
        let units: Vec<_> =
            units.filter_map(|unit| LocalUnit::new(unit, self.places, &packages)).collect();
        let mut files = BTreeMap::new();
        for package in packages {
            files.insert(
                package,
                match snapshot.files.get(package) {
                    Some(files) => Cow::Borrowed(files),
                    None => Cow::Owned(package_files(package, self.places.target)),
                },
            );
        }
        let mut scripts = BTreeMap::new();
        for unit in &units {
            let id = &unit.artifact.package_id;
            let script = artifacts.build_scripts.iter().find(|script| script.package_id == *id);
            let inputs = script.map(|script| ScriptInputs::of(script, unit.package));
            scripts.entry(unit.package).or_insert_with(|| inputs.unwrap_or_default());
        }
        let mut stale = of_elsewhere(artifacts, self.places, &self.others);
        for unit in &units {
            let script = &scripts[unit.package];
            let sources = unit.sources(&files[unit.package], &units, script);
            let ran_ns = ran_ns(unit.artifact, artifacts);
            if self.check_unit(snapshot, unit, &sources, ran_ns, has_failed)? == Verdict::Stale {
                stale.insert(unit.artifact.package_id.repr.clone());
            }
        }
        self.save()?;
        Ok(stale)
    }

    fn has_others(&self) -> bool {
        !self.others.is_empty()
    }

    fn check_unit(
        &mut self,
        snapshot: &Snapshot,
        unit: &LocalUnit<'_>,
        sources: &BTreeSet<&str>,
        ran_ns: Option<i64>,
        has_failed: bool,
    ) -> anyhow::Result<Verdict> {
        let key = unit.path.strip_prefix(self.places.target).unwrap_or(unit.path).to_owned();
        let remembered = self.memory.find(&key, unit.path);
        let known_files = remembered.filter(|_| has_failed).map(|unit| unit.files.clone());
        let ran = ran_ns.filter(|_| remembered.is_some_and(|unit| unit.ran_ns < ran_ns));
        let ran_before = ran.is_some_and(|at| at < snapshot.started_ns);
        let remembered_own = remembered.and_then(|remembered| remembered.own);
        let remembered = remembered.map(|remembered| remembered.sources);
        let own = self.digest(snapshot, unit.own());
        // What it reads when it runs is no source of its program, which cargo rightly
        // finds fresh after an edit of that.
        let ran_for_us = ran.is_some_and(|at| {
            let is_later = || !self.has_others() && is_later(at, sources);
            own.is_some() && own == remembered_own && (!ran_before || is_later())
        });
        let digest = match known_files {
            Some(files) => {
                let files = files.iter().map(|file| absolute(self.places.root, file));
                let files: Vec<_> = files.map(Utf8PathBuf::into_string).collect();
                self.digest(snapshot, files.iter().map(String::as_str))
            }
            None => self.digest(snapshot, sources.iter().copied()),
        };
        let has_path_of_elsewhere =
            unit.package_in_it.as_ref().is_some_and(|folder| folder != unit.package);
        let evidence = Evidence {
            built: !unit.artifact.fresh,
            remembered,
            sources: digest,
            // Looked at only where it decides.
            is_younger: remembered.is_none() && is_younger(unit.path, sources),
            has_others: self.has_others(),
            is_of_elsewhere: has_path_of_elsewhere || ran_before && self.has_others(),
            ran_for_us,
        };
        let verdict = evidence.verdict();
        // The next call remembers what is younger than its sources; with other checkouts
        // it would build it again.
        if verdict == Verdict::Remember && (!has_failed || self.has_others()) {
            let relative = |path: &Utf8Path| relative(self.places.root, path);
            let files = sources.iter().map(|path| relative(Utf8Path::new(path)));
            let stand = self.stand(snapshot, sources);
            let unit = Unit {
                artifact: memory::Artifact::of(unit.path)?,
                package: relative(unit.package),
                sources: digest.filter(|_| stand),
                own: own.filter(|_| stand),
                files: files.collect(),
                ran_ns,
            };
            self.has_news |= self.memory.remember(key, unit);
        }
        Ok(verdict)
    }

    /// The hash of paths and contents; none if one of them is not in the snapshot and
    /// changed since it was made.
    fn digest<'s>(
        &mut self,
        snapshot: &Snapshot,
        sources: impl Iterator<Item = &'s str>,
    ) -> Option<Digest> {
        let mut bytes = Vec::new();
        let is_new =
            |path: &str| changed_ns(path.into()).is_some_and(|at| at >= snapshot.started_ns);
        for path in sources {
            let digest = match snapshot.contents.get(path) {
                Some(digest) => *digest,
                None if is_new(path.trim_end_matches(PACKAGE_TABLE)) => return None,
                None => self.contents.digest(path),
            };
            bytes.extend(relative(self.places.root, path.into()).as_str().as_bytes());
            bytes.extend([0, u8::from(digest.is_some())]);
            bytes.extend(digest.iter().flat_map(Digest::as_bytes));
        }
        Some(Digest::of(&bytes))
    }

    /// Whether these are still what they were: else nobody knows which of the two cargo
    /// has read.
    fn stand(&mut self, snapshot: &Snapshot, sources: &BTreeSet<&str>) -> bool {
        sources.iter().all(|path| match snapshot.contents.get(*path) {
            Some(digest) => self.contents.digest(path) == *digest,
            None => true,
        })
    }

    fn save(&mut self) -> anyhow::Result<()> {
        self.contents.save()?;
        if self.has_news {
            self.memory.forget_what_is_gone(self.places.target);
            write_json(&self.layout.sources(), &self.memory)?;
            self.has_news = false;
        }
        Ok(())
    }
}
