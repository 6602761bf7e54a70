//! Programs that others wrote and that suites need beside the workspace's own.

use std::collections::BTreeMap;

use camino::Utf8Path;

use super::assemble::{list, template, templates};
use super::metadata::ExternalMetadata;
use super::pinned_image::PinnedImage;
use super::placeholder::Template;
use super::source::Source;
use super::topology::{Service, ServiceKind};
use super::{memory, ready};
use crate::error::Attach as _;

/// A program that others wrote: an image where the backend runs images, a program of
/// this machine where it runs processes.
#[derive(Clone, Debug)]
pub struct External {
    /// The published image.
    pub image: Option<PinnedImage>,
    /// A name to be found on the path, or an absolute path.
    pub program: Option<String>,
    /// The arguments of the program, where they are not those of the image.
    pub process_args: Option<Vec<Template>>,
    /// Its address, of `{self.host}` and `{self.port}`; `http://…` if there is none.
    pub url: Option<Template>,
    /// Files that are written before it starts, by name.
    pub config: BTreeMap<String, Template>,
    /// Whether it is the run's own database server, which the harness makes and fills.
    pub is_database: bool,
}

impl External {
    /// All values with placeholders, and the keys that they have.
    pub(super) fn values(&self) -> impl Iterator<Item = (String, &Template)> {
        let args = self.process_args.iter().flatten().enumerate();
        let args = args.map(|(at, template)| (format!("process.args[{at}]"), template));
        args.chain(self.config.iter().map(|(name, file)| (format!("config.{name:?}"), file)))
    }
}

/// The variable that names an external service's image in place of its key `image`. It
/// is none of those that a run tells its tests, who inherit it.
pub(crate) fn image_variable(name: &str) -> String {
    format!("ONETAG_IMAGE_OF_{}", name.to_uppercase().replace('-', "_"))
}

/// The image of an external service that the caller names, and the variable.
fn image_of_caller(name: &str) -> Option<(String, String)> {
    let variable = image_variable(name);
    let text = std::env::var(&variable).ok().filter(|text| !text.is_empty())?;
    Some((variable, text))
}

/// The external service of the table at `source`.
///
/// # Errors
///
/// The first thing that is not allowed.
pub(super) fn external(
    manifest: &Utf8Path,
    name: &str,
    source: Source,
    table: ExternalMetadata,
) -> anyhow::Result<Service> {
    if table.image.is_none() && table.program.is_none() {
        return Err(source.error("neither `image` nor `program`").hint(
            "`image = \"<registry>/<name>@sha256:…\"` is for containers, `program = \"…\"` for \
             processes",
        ));
    }
    let image = match image_of_caller(name) {
        Some((variable, text)) => Some(PinnedImage::of_variable(&variable, &text)),
        None => table.image.map(|text| PinnedImage::parse(&source.key("image"), &text)),
    };
    let process = table.process.and_then(|process| process.args);
    let process = process.map(|args| list(&source.key("process").key("args"), &args));
    let config = table.config.iter().map(|(name, text)| {
        let key = source.key("config").key(format!("{name:?}"));
        Ok((name.clone(), template(&key, text)?))
    });
    let external = External {
        image: image.transpose()?,
        program: table.program,
        process_args: process.transpose()?,
        url: table.url.map(|text| template(&source.key("url"), &text)).transpose()?,
        config: config.collect::<anyhow::Result<_>>()?,
        is_database: false,
    };
    Ok(Service {
        name: name.to_owned(),
        kind: ServiceKind::External(external),
        manifest_path: manifest.to_owned(),
        needs: table.needs,
        port: table.port.map(u16::from),
        ports: BTreeMap::new(),
        ready: ready::ready(&source, table.ready.as_deref(), table.port.is_some())?,
        args: list(&source.key("args"), &table.args)?,
        database: Vec::new(),
        volume: table.volume,
        memory: memory::memory(&source, table.memory.as_deref())?,
        replicas: 1,
        manifests: Vec::new(),
        env: templates(&source.key("env"), table.env)?,
        source,
    })
}
