//! What containers and pods have in common: where services in them find things, and the
//! archive that their image is loaded from.

use std::fs::File;
use std::io::{BufWriter, Write as _};

use anyhow::Context as _;
use camino::{Utf8Path, Utf8PathBuf};

use super::{Endpoint, ServiceAddresses, ServicePorts};
use crate::build::Compiled;
use crate::build::image::write_archive;
use crate::run::{Reference, RunFolder, make_folder};

/// The address on which a service in a container is reached from outside of it.
pub(super) const ALL_INTERFACES: &str = "0.0.0.0";

/// Where a service's SQLite database lies in its container.
pub(super) const DATABASE: &str = "/database";

/// Where the files of its configuration lie.
pub(super) const CONFIG: &str = "/config";

/// The number of a port inside of the container.
pub(super) fn port_inside(ports: &ServicePorts, port: Option<&str>) -> anyhow::Result<u16> {
    let number = match port {
        None => ports.port,
        Some(name) => ports.ports.get(name).copied(),
    };
    number.with_context(|| format!("`{}` has no such port", ports.service))
}

/// Where a service listens, and where the others of its run find it: by its name.
pub(super) fn addresses(
    folder: &RunFolder,
    service: &ServicePorts,
) -> anyhow::Result<ServiceAddresses> {
    let name = &service.service;
    let endpoint = |port: Option<&str>| {
        let port = port_inside(service, port)?;
        let listen = format!("{ALL_INTERFACES}:{port}");
        anyhow::Ok(Endpoint { listen, internal: format!("{name}:{port}") })
    };
    let further = service.ports.keys().map(|port| Ok((port.clone(), endpoint(Some(port))?)));
    let database = folder.database(name);
    Ok(ServiceAddresses {
        own: service.port.map(|_| endpoint(None)).transpose()?,
        ports: further.collect::<anyhow::Result<_>>()?,
        volume: service.volume.clone().unwrap_or_else(|| Utf8PathBuf::from("/tmp")),
        config: CONFIG.into(),
        database: Utf8Path::new(DATABASE)
            .join(database.file_name().context("a database is a file")?),
    })
}

/// Writes the archive of an image into the folder of the run, for a moment.
pub(super) fn archive(
    folder: &RunFolder,
    reference: &Reference,
    compiled: &Compiled,
) -> anyhow::Result<Utf8PathBuf> {
    let program = compiled.program()?;
    let path = folder.archive(compiled.service());
    make_folder(path.parent().context("an archive lies in a folder")?)?;
    let make = || format!("cannot write the archive {path}");
    let file = BufWriter::with_capacity(1 << 20, File::create(&path).with_context(make)?);
    let written = write_archive(&program.contents()?, reference, file);
    written.and_then(|mut file| Ok(file.flush()?)).with_context(make)?;
    Ok(path)
}
