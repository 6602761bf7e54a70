//! From the text of the file, or any other source of variables, to an
//! [`Environment`].

use std::collections::{BTreeMap, BTreeSet};

use crate::{Address, Environment, Error, External, Service, check, error::REWRITE, keys};

impl Environment {
    /// Reads the text of an environment file; the order of keys is free.
    ///
    /// # Errors
    ///
    /// On everything that [`render`](Environment::render) would not write:
    /// blank lines, comments, `export`, quotes, spaces, carriage returns,
    /// unknown, duplicate and missing keys, values that do not fit their key or
    /// each other. Every error names line and key as far as there are any.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let entries = entries(text)?;
        let values: Values = entries
            .iter()
            .map(|(key, (_, value))| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let line = |key: &str| entries.get(key).map(|(line, _)| *line);

        let read = || {
            let environment = assemble(&values)?;
            refuse_unknown(&entries, &environment)?;
            environment.check()?;
            Ok(environment)
        };
        read().map_err(|error: Error| {
            // A missing key has no line of its own.
            let line = error.key.as_deref().and_then(line).unwrap_or(text.lines().count() + 1);
            error.at(line)
        })
    }

    /// Reads it from variables among which others may be.
    pub(crate) fn from_values(values: &Values) -> Result<Self, Error> {
        let environment = assemble(values)?;
        environment.check()?;
        Ok(environment)
    }
}

/// Variables by their keys.
pub(crate) type Values = BTreeMap<String, String>;

/// Every key with its line, counted from 1, and its value.
fn entries(text: &str) -> Result<BTreeMap<&str, (usize, &str)>, Error> {
    let mut entries = BTreeMap::new();
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        let (key, value) = entry(line).map_err(|error| error.at(number))?;
        if let Some((first, _)) = entries.insert(key, (number, value)) {
            let what = format!("stands in line {first} already");
            return Err(Error::damaged(key, what).at(number));
        }
    }
    Ok(entries)
}

/// One line, with its newline, as key and value.
fn entry(line: &str) -> Result<(&str, &str), Error> {
    let refuse = |what: &str| Err(Error::new(what).with_hint(REWRITE));
    let Some(line) = line.strip_suffix('\n') else {
        return refuse("the line does not end with a newline, so the file may be cut short");
    };
    if line.trim().is_empty() {
        return refuse("blank line");
    }
    if line.starts_with('#') {
        return refuse("comment");
    }
    if line.starts_with("export ") {
        return refuse("`export` before the key");
    }
    let Some((key, value)) = line.split_once('=') else {
        return refuse(&format!("{line:?} is not KEY=VALUE"));
    };
    if key.is_empty() || !key.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_') {
        return refuse(&format!("{key:?} is not a key"));
    }
    check::characters(key, value)?;
    Ok((key, value))
}

/// The names in a list that is in order; those in `ONETAG_SERVICES` and
/// `ONETAG_EXTERNALS` decide what other keys there are.
fn names(key: &str, values: &Values) -> Result<Vec<String>, Error> {
    let names = list(key, values)?;
    for name in &names {
        check::label(key, name)?;
    }
    if let Some(pair) = names.windows(2).find(|pair| pair[0] >= pair[1]) {
        let what = if pair[0] == pair[1] { "stands twice" } else { "is not in order" };
        return Err(Error::damaged(key, format!("`{}` {what}", pair[1])));
    }
    Ok(names)
}

fn refuse_unknown(
    entries: &BTreeMap<&str, (usize, &str)>,
    environment: &Environment,
) -> Result<(), Error> {
    let known: BTreeSet<String> = environment.lines().map(|(key, _)| key).collect();
    let unknown = entries.iter().filter(|(key, _)| !known.contains(**key));
    match unknown.min_by_key(|(_, (line, _))| line) {
        None => Ok(()),
        Some((key, _)) => Err(Error::damaged(*key, "unknown key")),
    }
}

fn assemble(values: &Values) -> Result<Environment, Error> {
    let services = names(keys::SERVICES, values)?;
    let externals = names(keys::EXTERNALS, values)?;
    let all = [&services[..], &externals].concat();
    let capabilities = list(keys::CAPABILITIES, values)?;
    let mut environment = Environment {
        run_id: required(keys::RUN_ID, values)?,
        tag: required(keys::TAG, values)?,
        consumer: required(keys::CONSUMER, values)?,
        backend: required(keys::BACKEND, values)?,
        run_dir: required(keys::RUN_DIR, values)?,
        databases: BTreeSet::new(),
        services: BTreeMap::new(),
        externals: BTreeMap::new(),
        capabilities: BTreeSet::new(),
    };
    for name in &services {
        let key = |suffix: &str| keys::service_key(name, suffix);
        let service = Service {
            image: required(&key(keys::IMAGE_SUFFIX), values)?,
            digest: required(&key(keys::DIGEST_SUFFIX), values)?,
            address: address(&key, values)?,
            ports: ports(name, &all, values)?,
        };
        environment.services.insert(name.clone(), service);
    }
    for name in externals {
        let key = |suffix: &str| keys::service_key(&name, suffix);
        let suffixes = [keys::IMAGE_SUFFIX, keys::DIGEST_SUFFIX];
        let image = pair(&key, suffixes, values)?;
        let address = address(&key, values)?;
        if environment.services.contains_key(&name) {
            return Err(Error::damaged(keys::EXTERNALS, format!("`{name}` is a service as well")));
        }
        environment.externals.insert(name, External { image, address });
    }
    if values.contains_key(keys::DATABASE) {
        for database in names(keys::DATABASE, values)? {
            environment.databases.insert(database);
        }
    }
    for capability in capabilities {
        if let Some(twice) = environment.capabilities.replace(capability) {
            return Err(Error::damaged(keys::CAPABILITIES, format!("`{twice}` stands twice")));
        }
    }
    Ok(environment)
}

/// An address whose keys end with these suffixes: both of them, or none.
fn address(key: &dyn Fn(&str) -> String, values: &Values) -> Result<Option<Address>, Error> {
    let suffixes = [keys::URL_SUFFIX, keys::INTERNAL_URL_SUFFIX];
    let address = pair(key, suffixes, values)?;
    Ok(address.map(|(url, internal_url)| Address { url, internal_url }))
}

/// The values of two keys that are there both, or not at all.
fn pair(
    key: &dyn Fn(&str) -> String,
    suffixes: [&str; 2],
    values: &Values,
) -> Result<Option<(String, String)>, Error> {
    if suffixes.iter().all(|suffix| !values.contains_key(&key(suffix))) {
        return Ok(None);
    }
    let [first, second] = suffixes.map(|suffix| required(&key(suffix), values));
    Ok(Some((first?, second?)))
}

/// The further ports of a service: all that have `ONETAG_<SERVICE>_<PORT>_URL` and
/// `…_INTERNAL_URL`, unless these are addresses of another service.
fn ports(
    service: &str,
    services: &[String],
    values: &Values,
) -> Result<BTreeMap<String, Address>, Error> {
    let port = |service: &str, key: &str| {
        let rest = key.strip_prefix(&keys::service_key(service, ""))?;
        let port = rest.strip_suffix(keys::URL_SUFFIX)?.strip_suffix('_')?;
        let port = port.to_ascii_lowercase().replace('_', "-");
        let internal = keys::port_key(service, &port, keys::INTERNAL_URL_SUFFIX);
        (!port.is_empty() && values.contains_key(&internal)).then_some(port)
    };
    let is_of_another = |key: &str| {
        let others = services.iter().filter(|other| {
            other.len() > service.len() && other.starts_with(&format!("{service}-"))
        });
        others.into_iter().any(|other| {
            key == keys::service_key(other, keys::URL_SUFFIX) || port(other, key).is_some()
        })
    };
    let keys = values.keys().filter(|key| !is_of_another(key));
    let mut ports = BTreeMap::new();
    for port in keys.filter_map(|key| port(service, key)) {
        let key = |suffix: &str| keys::port_key(service, &port, suffix);
        if let Some(address) = address(&key, values)? {
            ports.insert(port, address);
        }
    }
    Ok(ports)
}

fn required(key: &str, values: &Values) -> Result<String, Error> {
    values.get(key).cloned().ok_or_else(|| Error::damaged(key, "missing"))
}

/// An empty value is an empty list, not a list of one empty name.
fn list(key: &str, values: &Values) -> Result<Vec<String>, Error> {
    let text = required(key, values)?;
    let names = text.split(',').filter(|_| !text.is_empty());
    Ok(names.map(str::to_owned).collect())
}
