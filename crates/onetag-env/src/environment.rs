//! The contents of the environment file, as types.

use std::collections::{BTreeMap, BTreeSet};

use crate::{Error, keys};

/// What one run hands to its tests.
///
/// The fields are plain so that the harness can fill them in; what they must
/// look like is checked when they are [rendered](Environment::render) and again
/// when they are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The run's id: a version 7 UUID as 32 lower-case hexadecimal digits.
    pub run_id: String,
    /// The run's tag, of its present generation.
    pub tag: String,
    /// The suite that the run is for, a DNS label.
    pub consumer: String,
    /// Where the images run, for example `process`.
    pub backend: String,
    /// Absolute path of the run folder.
    pub run_dir: String,
    /// What services of the run keep their state in, for example `sqlite`; empty if none
    /// has a database.
    pub databases: BTreeSet<String>,
    /// The services of the run by name; names are DNS labels.
    pub services: BTreeMap<String, Service>,
    /// Its external services by name; names are DNS labels.
    pub externals: BTreeMap<String, External>,
    /// What the run can do to its services, for example `stop`.
    pub capabilities: BTreeSet<String>,
}

/// One service of a run, as the tests see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// The reference of its image: `localhost/<service>:<tag>`.
    pub image: String,
    /// The digest of its image's manifest: `sha256:<64 hexadecimal digits>`.
    pub digest: String,
    /// Where it is reached; none if it has no port.
    pub address: Option<Address>,
    /// Where its further ports are reached, by name.
    pub ports: BTreeMap<String, Address>,
}

/// One external service of a run, as the tests see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct External {
    /// The pinned name of its image, and its digest; none where it is a program.
    pub image: Option<(String, String)>,
    /// Where it is reached, as its key `url` says; none if it has no port.
    pub address: Option<Address>,
}

/// Where a port is reached: of a service `http://…` without a trailing slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// By tests.
    pub url: String,
    /// By services of the run.
    pub internal_url: String,
}

impl Address {
    /// The address of a port that tests and services reach in the same way.
    pub fn shared(url: impl Into<String>) -> Self {
        let url = url.into();
        Self { internal_url: url.clone(), url }
    }

    fn suffixed(&self) -> [(&'static str, &String); 2] {
        [(keys::URL_SUFFIX, &self.url), (keys::INTERNAL_URL_SUFFIX, &self.internal_url)]
    }
}

impl External {
    /// The keys of its image, and their values; it is called `name`.
    pub(crate) fn image(&self, name: &str) -> Vec<(String, &String)> {
        let pinned = self.image.iter().flat_map(|(image, digest)| {
            [(keys::IMAGE_SUFFIX, image), (keys::DIGEST_SUFFIX, digest)]
        });
        pinned.map(|(suffix, value)| (keys::service_key(name, suffix), value)).collect()
    }

    /// The keys of its address, and their values.
    pub(crate) fn addresses(&self, name: &str) -> Vec<(String, &String)> {
        let own = self.address.iter().flat_map(Address::suffixed);
        own.map(|(suffix, url)| (keys::service_key(name, suffix), url)).collect()
    }
}

impl Service {
    /// The keys of its addresses, and their values; it is called `name`.
    pub(crate) fn addresses(&self, name: &str) -> Vec<(String, &String)> {
        let own = self.address.iter().flat_map(Address::suffixed);
        let own = own.map(|(suffix, url)| (keys::service_key(name, suffix), url));
        let of_ports = self.ports.iter().flat_map(|(port, address)| {
            address.suffixed().map(|(suffix, url)| (keys::port_key(name, port, suffix), url))
        });
        own.chain(of_ports).collect()
    }
}

impl Environment {
    /// The service called `name`.
    ///
    /// # Errors
    ///
    /// When the run has no such service; the error names those that it has.
    pub fn service(&self, name: &str) -> Result<&Service, Error> {
        self.services.get(name).ok_or_else(|| {
            let known = Vec::from_iter(self.services.keys().map(String::as_str)).join(", ");
            Error::new(format!("the run has no service `{name}`, only: {known}"))
                .key(keys::SERVICES)
                .with_hint(format!("add `{name}` to the `needs` of suite `{}`", self.consumer))
        })
    }

    /// The external service called `name`.
    ///
    /// # Errors
    ///
    /// When the run has no such external service; the error names those that it has.
    pub fn external(&self, name: &str) -> Result<&External, Error> {
        self.externals.get(name).ok_or_else(|| {
            let known = Vec::from_iter(self.externals.keys().map(String::as_str)).join(", ");
            Error::new(format!("the run has no external service `{name}`, only: {known}"))
                .key(keys::EXTERNALS)
                .with_hint(format!("add `{name}` to the `needs` of suite `{}`", self.consumer))
        })
    }

    /// Where tests reach the service called `name`, be it an external one.
    ///
    /// # Errors
    ///
    /// When the run has no such service, or that service has no port.
    pub fn url(&self, name: &str) -> Result<&str, Error> {
        Ok(&self.address(name)?.url)
    }

    /// Where services of the run reach the service called `name`, be it an external one.
    ///
    /// # Errors
    ///
    /// When the run has no such service, or that service has no port.
    pub fn internal_url(&self, name: &str) -> Result<&str, Error> {
        Ok(&self.address(name)?.internal_url)
    }

    fn address(&self, name: &str) -> Result<&Address, Error> {
        let address = match self.externals.get(name) {
            Some(external) => &external.address,
            None => &self.service(name)?.address,
        };
        address.as_ref().ok_or_else(|| {
            Error::new(format!("the service `{name}` has no port"))
                .key(keys::service_key(name, keys::URL_SUFFIX))
                .with_hint("add `port` to its metadata")
        })
    }

    /// Whether the run has the capability called `name`.
    pub fn has(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// Every key and its value, in the order of the file.
    ///
    /// This is what the hook appends to `NEXTEST_ENV`, one `KEY=VALUE` a line.
    /// The values are unchecked unless the environment was parsed.
    pub fn lines(&self) -> impl Iterator<Item = (String, String)> {
        let services = Vec::from_iter(self.services.keys().map(String::as_str)).join(",");
        let externals = Vec::from_iter(self.externals.keys().map(String::as_str)).join(",");
        let capabilities = Vec::from_iter(self.capabilities.iter().map(String::as_str)).join(",");
        let head = [
            (keys::RUN_ID, self.run_id.clone()),
            (keys::TAG, self.tag.clone()),
            (keys::CONSUMER, self.consumer.clone()),
            (keys::BACKEND, self.backend.clone()),
            (keys::RUN_DIR, self.run_dir.clone()),
            (keys::SERVICES, services),
        ];
        let databases = Vec::from_iter(self.databases.iter().map(String::as_str)).join(",");
        let databases = Some((keys::DATABASE.to_owned(), databases));
        let databases = databases.filter(|_| !self.databases.is_empty());
        let of_services = self.services.iter().flat_map(|(name, service)| {
            let image =
                [(keys::IMAGE_SUFFIX, &service.image), (keys::DIGEST_SUFFIX, &service.digest)];
            let image = image.map(|(suffix, value)| (keys::service_key(name, suffix), value));
            let all = image.into_iter().chain(service.addresses(name));
            all.map(|(key, value)| (key, value.clone())).collect::<Vec<_>>()
        });
        let of_externals = self.externals.iter().flat_map(|(name, external)| {
            let lines = external.image(name).into_iter().chain(external.addresses(name));
            lines.map(|(key, value)| (key, value.clone())).collect::<Vec<_>>()
        });
        let externals = (keys::EXTERNALS.to_owned(), externals);
        let tail = (keys::CAPABILITIES.to_owned(), capabilities);
        head.map(|(key, value)| (key.to_owned(), value))
            .into_iter()
            .chain(databases)
            .chain(of_services)
            .chain([externals])
            .chain(of_externals)
            .chain([tail])
    }

    /// The text of the file, in the order of [`lines`](Environment::lines).
    ///
    /// # Errors
    ///
    /// When a value has a character that not every reader of the file takes
    /// literally, or would be refused by [`parse`](Environment::parse).
    pub fn render(&self) -> Result<String, Error> {
        self.check()?;
        Ok(self.lines().map(|(key, value)| format!("{key}={value}\n")).collect())
    }
}
