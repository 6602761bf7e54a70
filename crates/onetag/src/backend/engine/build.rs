//! Images that the engine builds itself, from the containerfiles of services.

use std::fs;

use anyhow::{Context as _, ensure};
use camino::Utf8Path;
use serde_json::json;

use super::client::{Client, unless_raced};
use super::container::capped_limits;
use super::images::{EngineImages, find};
use super::refusal::Refusal;
use super::working::WorkingContainers;
use super::{IMAGE, normalized, remains};
use crate::backend::ImageBuild;
use crate::build::image::Digest;
use crate::error::{Attach as _, Kind};
use crate::run::ledger::BackendResource;
use crate::run::make_folder;
use crate::system::signals::Interrupt;
use crate::system::tail::printable;
use crate::system::tool::Finished;

/// How much is quoted of what the engine said when it could not build an image: lines,
/// and bytes of one.
const LINES: usize = 20;
const LINE: usize = 240;

impl EngineImages {
    /// Builds an image under the names that it is to have, each of which stands in the
    /// ledger of its run before; where that fails, none of them is left.
    pub(super) fn build_image(
        &self,
        wanted: &ImageBuild,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Digest> {
        let client = self.client()?;
        for (name, ledger) in &wanted.names {
            ledger.owns(&BackendResource::new(IMAGE, &wanted.service, json!(name)))?;
        }
        let built = self.built(&client, wanted, interrupt);
        if built.is_err() {
            for (name, ledger) in &wanted.names {
                let image = BackendResource::new(IMAGE, &wanted.service, json!(name));
                // What stays, teardown finds.
                let _ = remains::remove(&client, &image).and_then(|_| ledger.released(&image));
            }
        }
        built
    }

    fn built(
        &self,
        client: &Client,
        wanted: &ImageBuild,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Digest> {
        let id = self.folder.image_id(&wanted.service);
        make_folder(id.parent().context("a file lies in a folder")?)?;
        let working = WorkingContainers::new(client, self.folder.run_id(), wanted)?;
        let arguments = arguments(wanted, &id, working.option());
        let built = unless_raced(|| {
            let ledgers = wanted.names.iter().map(|(_, ledger)| ledger);
            let finished = client.build(&arguments, ledgers, wanted.is_shown, interrupt)?;
            match finished.status.success() {
                true => Ok(String::new()),
                false => Err(refused(client, wanted, &finished)),
            }
        });
        let ended = working.end(client, built.is_ok());
        built.and(ended)?;
        let told = fs::read_to_string(&id).with_context(|| format!("cannot read {id}"))?;
        let _ = fs::remove_file(&id);
        same_everywhere(client, wanted, normalized(told.trim())?)
    }
}

/// The arguments of `build`, which writes the digest of the image to the file `id`.
///
/// The image has no label, as those that are loaded: labels are part of the bytes, and
/// podman gives them to all images of its cache. Its name tells whose it is.
fn arguments(wanted: &ImageBuild, id: &Utf8Path, more: Vec<String>) -> Vec<String> {
    let options = [("--file", wanted.file.as_str()), ("--iidfile", id.as_str())];
    let mut all = vec!["build".to_owned(), "--force-rm".to_owned()];
    all.extend(options.iter().flat_map(|(option, value)| [*option, *value].map(str::to_owned)));
    for (limit, value) in capped_limits() {
        all.extend(["--ulimit".to_owned(), format!("{limit}={value}")]);
    }
    all.extend(more);
    all.extend(wanted.names.iter().flat_map(|(name, _)| ["--tag".to_owned(), name.clone()]));
    all.push(wanted.context.to_string());
    all
}

/// The digest of the image that the engine says it built, which has to be there under all
/// its names.
fn same_everywhere(client: &Client, wanted: &ImageBuild, told: Digest) -> anyhow::Result<Digest> {
    let (engine, service) = (client.name(), &wanted.service);
    let built = find(client, &told.hex())?;
    let built = built.with_context(|| {
        format!("`{engine}` says that it built {told} for `{service}`, and does not have it")
    })?;
    for (name, _) in &wanted.names {
        let there = find(client, name)?;
        let there = there.with_context(|| format!("`{engine}` did not give it the name {name}"))?;
        ensure!(
            there.id == built.id,
            "`{engine}` says that it built {told}, and has {} under the name {name}",
            there.id
        );
    }
    normalized(&built.id)
}

/// The error of a build that failed, with the end of what the engine said.
fn refused(client: &Client, wanted: &ImageBuild, finished: &Finished) -> anyhow::Error {
    // podman tells what it does on the one and what is wrong on the other.
    let said = [&finished.stdout, &finished.stderr].map(|said| String::from_utf8_lossy(said));
    let lines = said.iter().flat_map(|said| said.lines());
    let lines: Vec<&str> = lines.filter(|line| !line.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES)..];
    let last: String = last.iter().map(|line| format!("\n  {}", printable(line, LINE))).collect();
    Refusal::of(client.dialect, finished)
        .context(format!(
            "`{}` cannot build the image of `{}` from {}; it said last:{last}",
            client.name(),
            wanted.service,
            wanted.file
        ))
        .kind(Kind::Build)
}
