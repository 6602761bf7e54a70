//! What a program needs around it to run in an otherwise empty image.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use camino::{Utf8Path, Utf8PathBuf};

use super::FileIdentity;
use super::layer::{Layer, Measure};
use super::loader::{self, ListedLibrary};
use super::program::{self, RunLoader};

/// The user that programs run as: the number that distroless images use, too,
/// and that `runAsNonRoot` can check because it is not a name.
pub const USER: &str = "65532:65532";

const PASSWD: &str = "\
root:x:0:0:root:/root:/sbin/nologin
nonroot:x:65532:65532:nonroot:/tmp:/sbin/nologin
";

const GROUP: &str = "\
root:x:0:
nonroot:x:65532:
";

/// Without it, old glibc asks only the name server for `localhost`.
const NSSWITCH: &str = "hosts: files dns\n";

/// Where distributions keep the certificates of the authorities they trust, in
/// one file: Debian and Arch, Fedora, openSUSE, Alpine and macOS.
const CERTIFICATES: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Where they are in an image, whatever the distribution here.
const CERTIFICATES_IN_IMAGE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Where libraries are put that the loader would not find by itself.
const OTHER_LIBRARIES: &str = "/usr/local/lib";

/// A file that the loader maps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Library {
    /// Its absolute path in the image.
    pub image: Utf8PathBuf,
    /// Its absolute path on this machine.
    pub host: Utf8PathBuf,
}

/// The loader and libraries of one program, and what every program gets:
/// certificates, a user, a folder for temporary files.
///
/// Libraries that a program opens while it runs (`dlopen`) are not found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closure {
    libraries: Vec<Library>,
    certificates: Option<Utf8PathBuf>,
}

impl Closure {
    /// Finds what `binary` needs; `run` runs its loader.
    ///
    /// # Errors
    ///
    /// When it is no program for this machine, or its loader is missing or
    /// does not find a library.
    pub fn of(binary: &Utf8Path, run: RunLoader<'_>) -> anyhow::Result<Self> {
        let certificates = CERTIFICATES.iter().map(Utf8PathBuf::from).find(|path| path.is_file());
        Ok(Self { libraries: libraries(binary, run)?, certificates })
    }

    /// The loader and the libraries, sorted; empty for a static program.
    pub fn libraries(&self) -> &[Library] {
        &self.libraries
    }

    /// The files of this machine that are in it.
    pub fn host_files(&self) -> impl Iterator<Item = &Utf8Path> {
        let libraries = self.libraries.iter().map(|library| library.host.as_path());
        libraries.chain(self.certificates.as_deref())
    }

    /// The variables that a program needs to find what is in the layer.
    pub fn environment(&self) -> Vec<String> {
        let mut variables = vec!["PATH=/usr/local/bin".to_owned()];
        if self.certificates.is_some() {
            variables.push(format!("SSL_CERT_FILE={CERTIFICATES_IN_IMAGE}"));
        }
        if self.libraries.iter().any(|library| library.image.starts_with(OTHER_LIBRARIES)) {
            variables.push(format!("LD_LIBRARY_PATH={OTHER_LIBRARIES}"));
        }
        variables
    }

    /// The closure as a layer.
    ///
    /// # Errors
    ///
    /// When a program asks for a library by a path that cannot be in an image.
    pub fn layer(&self) -> anyhow::Result<Layer> {
        let mut layer = Layer::default();
        layer.add_text("/etc/passwd".into(), 0o644, PASSWD)?;
        layer.add_text("/etc/group".into(), 0o644, GROUP)?;
        layer.add_text("/etc/nsswitch.conf".into(), 0o644, NSSWITCH)?;
        layer.add_directory("/tmp".into(), 0o1777)?;
        if let Some(host) = &self.certificates {
            layer.add_host_file(CERTIFICATES_IN_IMAGE.into(), 0o644, host)?;
        }
        for library in &self.libraries {
            layer.add_host_file(&library.image, 0o755, &library.host)?;
        }
        Ok(layer)
    }
}

/// Digest and size of a closure's layer, as [`Layer::measure`] computes them.
///
/// Most programs of a workspace have the same closure, so the result is cached in
/// this process and used again while the files stay the same.
///
/// # Errors
///
/// As for [`Layer::measure`].
pub(crate) fn measure(layer: &Layer) -> anyhow::Result<Measure> {
    type Files = Vec<(String, FileIdentity)>;
    static CACHE: Mutex<BTreeMap<Files, Measure>> = Mutex::new(BTreeMap::new());

    let files = layer.host_files();
    let files = files.map(|(image, host)| Ok((image.to_owned(), FileIdentity::of_path(host)?)));
    let files = files.collect::<anyhow::Result<Files>>()?;
    let cache = || CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(measure) = cache().get(&files) {
        return Ok(*measure);
    }
    let measure = layer.measure()?;
    cache().insert(files, measure);
    Ok(measure)
}

fn libraries(binary: &Utf8Path, run: RunLoader<'_>) -> anyhow::Result<Vec<Library>> {
    // Elsewhere no loader lists libraries, and no image can be run: the digests cover
    // the program and what every image has.
    if !cfg!(target_os = "linux") {
        return Ok(Vec::new());
    }
    let Some(interpreter) = program::interpreter(binary)? else { return Ok(Vec::new()) };
    let listed = loader::list(&interpreter, binary, run)?;
    Ok(places(&interpreter, listed))
}

/// Decides where each library is in the image.
///
/// The image has no `ld.so.cache`, and it lacks the folders of run paths. So a
/// library keeps its path only if it is in the folder of the C library, which every
/// loader searches. All others go to [`OTHER_LIBRARIES`], which does not depend on
/// where this workspace is; [`Closure::environment`] makes the loader search it. A
/// library that the program names by its path keeps that path.
fn places(interpreter: &Utf8Path, listed: Vec<ListedLibrary>) -> Vec<Library> {
    let is_libc =
        |name: &Option<String>| name.as_ref().is_some_and(|name| name.starts_with("libc."));
    let libc = listed.iter().find(|library| is_libc(&library.name));
    let libc = libc.map_or(interpreter, |library| &library.path).to_owned();
    // Loaders look in a folder and in its twin below `/usr`.
    let folder = |path: &Utf8Path| {
        let path = path.parent().unwrap_or(path).to_owned();
        path.strip_prefix("/usr").map(|rest| Utf8Path::new("/").join(rest)).unwrap_or(path)
    };
    let mut places = BTreeMap::from([(interpreter.to_owned(), interpreter.to_owned())]);
    for library in listed {
        let image = match &library.name {
            Some(name) if folder(&library.path) != folder(&libc) => {
                Utf8Path::new(OTHER_LIBRARIES).join(name)
            }
            _ => library.path.clone(),
        };
        places.entry(image).or_insert(library.path);
    }
    Vec::from_iter(places.into_iter().map(|(image, host)| Library { image, host }))
}
