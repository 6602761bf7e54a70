//! What external services run: found on the backend, and from then on the same bytes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow, ensure};

use super::{BackendKind, ExternalForm, ExternalImage, ImageStore};
use crate::error::{Attach as _, Kind};
use crate::run::RunFolder;
use crate::system::find_program;
use crate::system::signals::Interrupt;
use crate::system::wait::bounded;
use crate::workspace::{External, Plan, Service, image_variable};

/// How long it may take until what an external service runs is there: an image may have
/// to be fetched.
const LIMIT: Duration = Duration::from_secs(15 * 60);

/// What an external service runs, as the backend has it: of no run, as what was built
/// is.
#[derive(Clone, Debug)]
pub struct Pinned {
    service: String,
    external: ExternalImage,
}

impl Pinned {
    /// Finds what an external service runs on a backend.
    ///
    /// # Errors
    ///
    /// The backend does not have it and cannot get it, or has other bytes.
    pub(crate) fn find(
        service: &Service,
        external: &External,
        kind: BackendKind,
        folder: &RunFolder,
        interrupt: &Interrupt,
    ) -> anyhow::Result<Pinned> {
        let (name, source) = (&service.name, source_of(external, kind));
        let images: Arc<dyn ImageStore> = (kind.backend().images)(folder).into();
        let find = {
            let (name, external) = (name.clone(), external.clone());
            move || images.external(&name, &external)
        };
        let what = format!("finding what the external service `{name}` runs");
        let found = bounded(&what, LIMIT, interrupt, find)
            .with_context(|| format!("the external service `{name}` cannot run `{source}`"))?;
        if let (ExternalForm::Image, Some(image)) = (kind.backend().externals, &external.image) {
            ensure!(
                found.image.digest == image.digest(),
                "the external service `{name}`: the image store of `{}` has {} as {image}",
                kind.name(),
                found.image.digest
            );
        }
        Ok(Pinned { service: name.clone(), external: found })
    }

    /// The service that runs it.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// What the backend has.
    pub fn external(&self) -> &ExternalImage {
        &self.external
    }
}

/// What metadata says that an external service runs on a backend; empty if it says
/// nothing.
pub(crate) fn source_of(external: &External, kind: BackendKind) -> String {
    match kind.backend().externals {
        ExternalForm::Program => external.program.clone().unwrap_or_default(),
        ExternalForm::Image => external.image.as_ref().map(ToString::to_string).unwrap_or_default(),
    }
}

/// Makes sure that the backend can run the external services of a plan, before anything
/// is made.
///
/// # Errors
///
/// One lacks what this backend runs, or there is no such program on this machine.
pub(crate) fn check_externals(plan: &Plan, kind: BackendKind) -> anyhow::Result<()> {
    for service in plan.services().map(|planned| &planned.service) {
        let Some(external) = service.external() else { continue };
        let source = source_of(external, kind);
        let (key, what) = match kind.backend().externals {
            ExternalForm::Program => ("program", "programs of this machine"),
            ExternalForm::Image => ("image", "published images"),
        };
        let key = service.key(key);
        if source.is_empty() {
            let backend = kind.name();
            let error = anyhow!("{key} is missing: the backend `{backend}` runs {what}");
            let error = error.kind(Kind::Metadata);
            return Err(match kind.backend().externals {
                ExternalForm::Program => error,
                ExternalForm::Image => error.hint(format!(
                    "write `image = \"<registry>/<name>@sha256:…\"` there, or set {}",
                    image_variable(&service.name)
                )),
            });
        }
        if kind.backend().externals == ExternalForm::Program && find_program(&source).is_none() {
            let error = anyhow!("{key}: there is no program `{source}` on this machine");
            return Err(error.hint(
                "install it, for example with `apt-get install`, or write its absolute path; it is \
                 searched for in the folders of PATH",
            ));
        }
    }
    Ok(())
}
