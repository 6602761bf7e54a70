//! What is left of a run in an engine, and removing it.

use std::time::Duration;

use anyhow::Context as _;

use super::client::Client;
use super::images::find;
use super::names::changing;
use super::refusal::is_race;
use super::working::{self, BUILD};
use super::{CONTAINER, IMAGE, LABEL_RUN, LOAD, NETWORK, VOLUME};
use crate::report::Leftover;
use crate::run::ledger::{BackendResource, Ledger};
use crate::run::{Hold, RunId};
use crate::system::signals::Interrupt;
use crate::system::wait::{Poll, TimedOut, side_by_side, until};

/// How long removing one thing may take.
const REMOVAL: Duration = Duration::from_secs(60);

/// How long a load may go on whose caller has ended: only what is sent whole is loaded.
const GOES_ON: Duration = Duration::from_secs(5);

/// Removes something of the ledger's, by the name that only this run gave it.
pub(super) fn remove(client: &Client, resource: &BackendResource) -> anyhow::Result<bool> {
    let name = || resource.id.as_str().context("a name is a text");
    match resource.what.as_str() {
        CONTAINER => remove_container(client, name()?)?,
        NETWORK => client.end(["network", "rm", name()?], REMOVAL)?,
        VOLUME => client.end(["volume", "rm", name()?], REMOVAL)?,
        // The image itself stays as long as another run has a name for it; what it was
        // built from is the engine's cache, which stays as well.
        IMAGE => remove_image(client, name()?)?,
        LOAD if client.dialect.loads_go_on => remove_loaded(client, name()?)?,
        LOAD => remove_nameless(client, name()?)?,
        BUILD => working::remove(client, name()?)?,
        // A port ended with the keeper.
        _ => {}
    }
    Ok(true)
}

/// Removes an image by a name, or by its digest.
pub(super) fn remove_image(client: &Client, image: &str) -> anyhow::Result<()> {
    changing(client, Hold::Alone, || client.end(["rmi", "--no-prune", image], REMOVAL))
}

/// Waits for the end of a load that goes on without its caller, and removes the image.
fn remove_loaded(client: &Client, image: &str) -> anyhow::Result<()> {
    let loaded = until("the end of a load", GOES_ON, &Interrupt::default(), || {
        Ok(match find(client, image)? {
            Some(_) => Poll::Ready(()),
            None => Poll::Pending("no image".to_owned()),
        })
    });
    match loaded {
        Ok(()) => remove_image(client, image),
        // It was ended as well.
        Err(error) if error.is::<TimedOut>() => Ok(()),
        Err(error) => Err(error),
    }
}

/// Removes what a load left that was ended, unless somebody has given it a name.
fn remove_nameless(client: &Client, digest: &str) -> anyhow::Result<()> {
    let is_left = match find(client, digest) {
        Ok(found) => found.is_some_and(|image| !image.has_name()),
        // Its load was ended in the middle.
        Err(error) => is_race(&error),
    };
    if is_left { remove_image(client, digest) } else { Ok(()) }
}

pub(super) fn remove_container(client: &Client, name: &str) -> anyhow::Result<()> {
    let arguments = ["rm", "--force", "--volumes"].into_iter();
    let arguments = arguments.chain(client.dialect.remove.iter().copied()).chain([name]);
    client.end(arguments, REMOVAL)
}

/// Lets go of the images that earlier generations of a service were started from.
pub(super) fn release_images(
    client: &Client,
    service: &str,
    current: &str,
    ledger: &Ledger,
) -> anyhow::Result<()> {
    let (outstanding, _) = ledger.record()?.of_backend();
    let earlier = outstanding.iter().filter(|resource| {
        resource.what == IMAGE && resource.name == service && resource.id != current
    });
    for image in earlier {
        remove(client, image)?;
        ledger.released(image)?;
    }
    Ok(())
}

/// The names of a run's containers.
pub(super) fn containers(client: &Client, run_id: RunId) -> anyhow::Result<Vec<String>> {
    let label = format!("label={LABEL_RUN}={run_id}");
    lines(client, &["ps", "--all", "--filter", &label, "--format", "{{.Names}}"])
}

/// What carries the id of the run, in its label or its name.
pub(super) fn leftovers(client: &Client, run_id: RunId) -> anyhow::Result<Vec<Leftover>> {
    let label = format!("label={LABEL_RUN}={run_id}");
    let tag = run_id.to_string();
    let containers = ["ps", "--all", "--filter", &label, "--format", "{{.Names}}"];
    let networks = ["network", "ls", "--filter", &label, "--format", "{{.Name}}"];
    let volumes = ["volume", "ls", "--filter", &label, "--format", "{{.Name}}"];
    let images = ["images", "--format", "{{.Repository}}:{{.Tag}}"];
    let asked = [&containers[..], &networks, &volumes, &images];
    let asked = side_by_side(asked, |asked| lines(client, asked))?;
    let [containers, networks, volumes, images] =
        <[_; 4]>::try_from(asked).expect("as many answers");
    let images = images.into_iter().filter(|name| name.contains(&tag)).collect();
    let kinds = [(CONTAINER, containers), (NETWORK, networks), (VOLUME, volumes), (IMAGE, images)];
    let left = kinds
        .into_iter()
        .flat_map(|(kind, names)| names.into_iter().map(move |name| Leftover { kind, name }));
    Ok(left.collect())
}

pub(super) fn lines(client: &Client, arguments: &[&str]) -> anyhow::Result<Vec<String>> {
    let listed = client.ask(arguments.iter().copied())?;
    let names = listed.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(names.map(str::to_owned).collect())
}
