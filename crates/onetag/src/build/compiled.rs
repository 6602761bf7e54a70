//! The image of a service that was built: its digests, and what it starts with.

use anyhow::{Context as _, bail, ensure};
use camino::{Utf8Path, Utf8PathBuf};
use onetag_image::Files;
use serde::{Deserialize, Serialize};

use super::executables::{CachedExecutable, ExecutableCache};
use super::files::CachedFiles;
use super::image::{Contents, Digest, Digests, FileIdentity, Measure, run_loader, run_loader_with};
use crate::backend::Expected;
use crate::run::ledger::Resource;
use crate::workspace::Service;

/// Bytes that were built, of no run: the runs of an invocation share them.
#[derive(Clone, Debug)]
pub struct Compiled {
    service: String,
    bytes: Bytes,
}

/// Who has the bytes.
#[derive(Clone, Debug)]
enum Bytes {
    /// The executable cache.
    Program(Box<CompiledProgram>),
    /// The engine that built the image, which has this digest there, and these names.
    Image(Digest, Vec<String>),
}

impl Compiled {
    /// What cargo built for a service.
    pub(super) fn program_of(
        service: &str,
        image: CachedImage,
        executable: CachedExecutable,
    ) -> Compiled {
        let name = service.to_owned();
        let program = CompiledProgram { service: name.clone(), image, executable };
        Compiled { service: name, bytes: Bytes::Program(Box::new(program)) }
    }

    /// The image that an engine built for a service.
    pub(super) fn image_of(service: &str, digest: Digest, names: Vec<String>) -> Compiled {
        Compiled { service: service.to_owned(), bytes: Bytes::Image(digest, names) }
    }

    /// The service that was built.
    pub fn service(&self) -> &str {
        &self.service
    }

    /// What names the bytes.
    pub fn digests(&self) -> Expected {
        match &self.bytes {
            Bytes::Program(program) => Expected::OneOf(program.image.digests),
            Bytes::Image(image, _) => Expected::Image { image: *image },
        }
    }

    /// What cargo built.
    ///
    /// # Errors
    ///
    /// An engine built the image.
    pub(crate) fn program(&self) -> anyhow::Result<&CompiledProgram> {
        match &self.bytes {
            Bytes::Program(program) => Ok(program),
            Bytes::Image(image, _) => bail!("`{}` is the image {image} of an engine", self.service),
        }
    }

    /// The names under which an engine built the image, in all runs that want it.
    pub(crate) fn build_names(&self) -> &[String] {
        match &self.bytes {
            Bytes::Program(_) => &[],
            Bytes::Image(_, names) => names,
        }
    }

    /// What of the executable cache a run uses that has it deployed.
    pub(crate) fn resources(&self) -> Vec<Resource> {
        let Bytes::Program(program) = &self.bytes else { return Vec::new() };
        let (executable, files) = (program.executable.digest, program.image.files.digest);
        vec![
            Resource::CachedExecutable { digest: executable },
            Resource::CachedFiles { digest: files },
        ]
    }
}

/// What an image is made of whose program cargo built.
#[derive(Clone, Debug)]
pub(crate) struct CompiledProgram {
    service: String,
    image: CachedImage,
    executable: CachedExecutable,
}

impl CompiledProgram {
    pub(crate) fn executable(&self) -> &CachedExecutable {
        &self.executable
    }

    /// What an archive of the image is written from.
    ///
    /// # Errors
    ///
    /// When the program, its libraries or its files are not those that were built.
    pub(crate) fn contents(&self) -> anyhow::Result<Contents> {
        let files = Files::of_copy(self.files().folder())?;
        let layers = Some(self.image.layers);
        let library = self.library_path();
        let contents = contents(&self.service, &self.executable, &files, library, layers)?;
        ensure!(
            *contents.digests() == self.image.digests,
            "the image of `{}` is not what was built any more",
            self.service
        );
        Ok(contents)
    }

    /// The files with which the service starts.
    pub(crate) fn files(&self) -> &CachedFiles {
        &self.image.files
    }

    /// The folder of shared libraries that the program needs and that its loader does
    /// not find by itself: the toolchain's, for programs that were linked with
    /// `prefer-dynamic`.
    pub(crate) fn library_path(&self) -> Option<&Utf8Path> {
        self.image.library_path.as_deref()
    }
}

/// The digests of an image, and what they depend on besides the program.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct CachedImage {
    digests: Digests,
    layers: [Measure; 2],
    /// The libraries and files of this machine around the program.
    closure: Vec<(Utf8PathBuf, FileIdentity)>,
    library_path: Option<Utf8PathBuf>,
    pub(crate) files: CachedFiles,
}

impl CachedImage {
    /// Whether what is around the program is the same as then.
    fn is_current(&self) -> bool {
        self.closure.iter().all(|(path, identity)| {
            FileIdentity::of_path(path).is_ok_and(|current| current == *identity)
        })
    }
}

impl ExecutableCache<'_> {
    /// The image of a service with this program, and whether it is another one than
    /// the `known` one.
    pub(super) fn image(
        &self,
        service: &Service,
        executable: &CachedExecutable,
        known: Option<CachedImage>,
    ) -> anyhow::Result<(CachedImage, bool)> {
        let (files, copies) = self.files(service, known.as_ref().map(|known| &known.files))?;
        if let Some(known) = known.filter(CachedImage::is_current)
            && known.files.digest == files.digest
        {
            let is_new = known.files != files;
            return Ok((CachedImage { files, ..known }, is_new));
        }
        let (contents, library_path) = self
            .contents(&service.name, executable, &copies)
            .with_context(|| format!("no image can be made of `{}`", service.name))?;
        let identified = |path: &Utf8Path| Ok((path.to_owned(), FileIdentity::of_path(path)?));
        let closure = contents.closure().map(identified).collect::<anyhow::Result<_>>()?;
        let (digests, layers) = (*contents.digests(), contents.measures());
        Ok((CachedImage { digests, layers, closure, library_path, files }, true))
    }

    /// What the image has in it; where the loader does not find all libraries by
    /// itself, with those of the toolchain.
    fn contents(
        &self,
        name: &str,
        program: &CachedExecutable,
        files: &Files,
    ) -> anyhow::Result<(Contents, Option<Utf8PathBuf>)> {
        let alone = contents(name, program, files, None, None);
        let (Err(_), Some(library)) = (&alone, &self.library) else { return Ok((alone?, None)) };
        match contents(name, program, files, Some(library), None) {
            Ok(contents) => Ok((contents, Some(library.clone()))),
            Err(_) => Ok((alone?, None)),
        }
    }
}

/// What the image of a service has in it, with a folder of libraries that its loader does
/// not find by itself, and the layers as they were measured before.
fn contents(
    service: &str,
    program: &CachedExecutable,
    files: &Files,
    library: Option<&Utf8Path>,
    measured: Option<[Measure; 2]>,
) -> anyhow::Result<Contents> {
    let run = |command| match library {
        None => run_loader(command),
        Some(library) => run_loader_with(library, command),
    };
    Contents::with_files(&program.path, program.digest, service, files, &run, measured)
}
