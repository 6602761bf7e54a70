//! The files of a package that its service starts with, in folders by their digest.

use anyhow::{Context as _, anyhow};
use camino::{Utf8Path, Utf8PathBuf};
use onetag_image::files::remove_copy;
use onetag_image::{Files, LARGE_FILES};
use serde::{Deserialize, Serialize};

use super::executables::ExecutableCache;
use super::image::Digest;
use crate::context::Context;
use crate::error::{Attach as _, Kind};
use crate::run::ledger::Resource;
use crate::workspace::{Service, Workspace, suggest};

/// A folder with copies of the files of a service, read-only; an empty one if the
/// service has none.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct CachedFiles {
    /// Of paths, modes and contents.
    pub(crate) digest: Digest,
    folder: Utf8PathBuf,
    /// What the file system said of the files in the package, and of the copies.
    listed: Digest,
    copied: Digest,
}

impl CachedFiles {
    /// Where they lie.
    pub(crate) fn folder(&self) -> &Utf8Path {
        &self.folder
    }

    /// The copies, if they are those that were made then.
    fn copies(&self) -> Option<Files> {
        let copies = Files::of_copy(&self.folder).ok()?;
        copies.fingerprint().is_ok_and(|copied| copied == self.copied).then_some(copies)
    }
}

/// Looks at the files of services, before anything is made.
///
/// # Errors
///
/// Of [`Kind::Metadata`] if one of them lists what it may not list.
pub(crate) fn check_files<'a>(
    context: &Context,
    services: impl IntoIterator<Item = &'a Service>,
) -> anyhow::Result<()> {
    for service in services {
        let size = listed(&context.workspace, service)?.size()?;
        if size > LARGE_FILES {
            let (name, mebibytes) = (&service.name, size >> 20);
            context.ui.line(format!(
                "warning: the files of `{name}` are {mebibytes} MiB, and each edit loads them again"
            ));
        }
    }
    Ok(())
}

/// What the key `files` of a service lists.
fn listed(workspace: &Workspace, service: &Service) -> anyhow::Result<Files> {
    let manifest = &service.manifest_path;
    let package = manifest.parent().unwrap_or(&workspace.root);
    let files = service.program().into_iter().flat_map(|program| &program.files);
    let entries: Vec<String> = files.map(ToString::to_string).collect();
    let shown = manifest.strip_prefix(&workspace.root).unwrap_or(manifest);
    if let Some(missing) = entries.iter().find(|entry| !package.join(entry).exists()) {
        let there = package.read_dir_utf8().into_iter().flatten().flatten();
        let there: Vec<_> = there.map(|entry| entry.file_name().to_owned()).collect();
        let error =
            anyhow!("{shown}: the key `files` of `{}`: there is no `{missing}`", service.name)
                .kind(Kind::Metadata);
        let hint = suggest::closest(missing, there.iter().map(String::as_str));
        return Err(match hint {
            Some(likely) => error.hint(format!("did you mean `{likely}`?")),
            None => error.hint(format!("entries are paths from {package}")),
        });
    }
    Files::of(package, &entries, &workspace.target_directory)
        .with_context(|| format!("{shown}: the key `files` of `{}`", service.name))
        .kind(Kind::Metadata)
}

impl ExecutableCache<'_> {
    /// Copies the files of a service into their folder, unless they are there; also
    /// hands out the copies.
    pub(super) fn files(
        &self,
        service: &Service,
        known: Option<&CachedFiles>,
    ) -> anyhow::Result<(CachedFiles, Files)> {
        let files = listed(self.workspace, service)?;
        let listed = files.fingerprint()?;
        if let Some(known) = known.filter(|known| known.listed == listed)
            && let Some(copies) = known.copies()
        {
            self.borrow(&Resource::CachedFiles { digest: known.digest })?;
            return Ok((known.clone(), copies));
        }
        let cache = self.layout.files();
        // Services may have the same files: who comes second must find the first one's
        // folder, and not take it away.
        let _placing = self.placing.lock().expect("placing does not panic");
        // Read-only folders can be renamed, but not moved into another one.
        let temporary = cache.join(format!(".{}", uuid::Uuid::now_v7()));
        let digest = files.copy_to(&temporary)?.digest();
        let place = |digest: &Digest| {
            self.borrow(&Resource::CachedFiles { digest: *digest })?;
            let folder = cache.join(digest.hex());
            if Files::verify(&folder, *digest).is_ok() {
                remove_copy(&temporary)?;
                return Ok(folder);
            }
            if folder.exists() {
                remove_copy(&folder)?;
            }
            std::fs::rename(&temporary, &folder)
                .with_context(|| format!("cannot make {folder}"))?;
            anyhow::Ok(folder)
        };
        let placed = digest.and_then(|digest| Ok((digest, place(&digest)?)));
        let (digest, folder) = placed.inspect_err(|_| {
            let _ = remove_copy(&temporary);
        })?;
        let copies = Files::of_copy(&folder)?;
        let copied = copies.fingerprint()?;
        Ok((CachedFiles { digest, folder, listed, copied }, copies))
    }
}
