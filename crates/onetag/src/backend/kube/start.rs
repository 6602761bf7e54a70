//! Making what services need, and starting them.

use anyhow::Context as _;
use serde_json::Value;

use super::cluster::Delivery;
use super::images::KubeImage;
use super::kubectl::Kubectl;
use super::objects::{self, Frame, Object, PodSecurity, PullPolicy};
use super::pods::Pods;
use super::resource::{KubeResource, NAMESPACE, WORKLOAD};
use super::runtime::KubeRuntime;
use super::started::{KubePrepared, Started};
use super::stop::END;
use super::{LABEL_RUN, namespace_name, remains};
use crate::backend::container::port_inside;
use crate::backend::process::{self, PROCESS};
use crate::backend::{Instance, ServicePorts, ServiceSpec, lock};
use crate::run::ledger::Ledger;
use crate::workspace::DATABASE_SERVER;

/// The kinds of what runs pods.
pub(super) const WORKLOADS: [&str; 2] = ["Deployment", "StatefulSet"];

impl KubeRuntime {
    /// The namespace of the run, the watch of its pods, and the ports.
    pub(super) fn prepare_run(
        &self,
        services: &[ServicePorts],
        before: KubePrepared,
        ledger: &Ledger,
    ) -> anyhow::Result<KubePrepared> {
        let kubectl = self.kubectl()?;
        let is_new = before.ports.is_empty();
        let has_externals =
            before.has_externals || services.iter().any(|service| service.is_external);
        let has_server = before.has_server || has_server(services);
        let prepared = KubePrepared { has_externals, has_server, ports: before.ports };
        *lock(&self.prepared) = prepared.clone();
        let cluster = self.cluster()?;
        if let Delivery::Nodes(kind) = &cluster.delivery {
            kind.ensure(cluster, ledger)?;
        }
        self.make_namespace(&kubectl, ledger)?;
        if self.pods.get().is_none() {
            if !is_new {
                self.end_survivors(&kubectl, ledger)?;
            }
            let forwarders = self.forwarders.clone();
            let selector = format!("{LABEL_RUN}={}", self.folder.run_id());
            let pods = Pods::watch(&kubectl, &selector, move |pods| forwarders.update(pods));
            let _ = self.pods.set(pods);
        }
        let ports = self.leases.prepare(services, &prepared.ports, ledger)?;
        for service in services {
            for port in service.names() {
                let outside = self.leases.port(&service.service, port)?;
                self.forwarders.add(
                    &kubectl,
                    &service.service,
                    port_inside(service, port)?,
                    outside,
                );
            }
        }
        Ok(KubePrepared { ports, ..prepared })
    }

    fn make_namespace(&self, kubectl: &Kubectl, ledger: &Ledger) -> anyhow::Result<()> {
        let name = namespace_name(self.folder.run_id());
        let cluster = self.cluster()?;
        let owned = KubeResource::new(cluster, &name).of(NAMESPACE, "run")?;
        let (outstanding, _) = ledger.record()?.of_backend();
        if !outstanding.contains(&owned) {
            ledger.owns(&owned)?;
        }
        let objects = self.with_frame(|frame| {
            let mut objects = objects::namespace(frame)?;
            if let Some(secret) = &frame.settings.pull_secret {
                objects.push(copied(kubectl, frame, secret)?);
            }
            Ok(objects)
        })?;
        kubectl
            .apply(&objects::list(objects), ledger)
            .with_context(|| format!("cannot make the namespace {name}"))
    }

    /// Ends what an earlier keeper left: its services are started anew. Their claims stay.
    fn end_survivors(&self, kubectl: &Kubectl, ledger: &Ledger) -> anyhow::Result<()> {
        let selector = format!("{LABEL_RUN}={}", self.folder.run_id());
        let limit = END + super::GRACE;
        let all = ["delete", "deployments,statefulsets", "--selector", &selector];
        kubectl.end(all.into_iter().chain(["--cascade=foreground"]), limit)?;
        kubectl.end(["delete", "pods", "--selector", &selector, "--grace-period=1"], limit)?;
        let (outstanding, _) = ledger.record()?.of_backend();
        for resource in &outstanding {
            let ended = match resource.what.as_str() {
                WORKLOAD => true,
                PROCESS => process::remove(self.folder.run_id(), resource)?,
                _ => false,
            };
            if ended {
                ledger.released(resource)?;
            }
        }
        Ok(())
    }

    pub(super) fn start_level(
        &self,
        level: &[ServiceSpec],
        ledger: &Ledger,
    ) -> anyhow::Result<Vec<Instance>> {
        let kubectl = self.kubectl()?;
        let mut objects = Vec::new();
        for spec in level {
            let service = spec.service();
            let image: KubeImage = serde_json::from_value(spec.image.details.clone())?;
            let spec = ServiceSpec { reference: image.name.clone(), ..spec.clone() };
            let made =
                self.with_frame(|frame| objects::service(frame, &spec, image.is_external))?;
            let kind = made.iter().map(Object::kind).find(|kind| WORKLOADS.contains(kind));
            let kind = kind.context("a service has a workload")?.to_owned();
            let earlier = self.started().remove(service);
            let workload = KubeResource::new(self.cluster()?, service).of(WORKLOAD, service)?;
            match earlier {
                Some(earlier) => {
                    if earlier.kind != kind {
                        kubectl
                            .end(["delete", &earlier.kind, service, "--ignore-not-found"], END)?;
                    }
                }
                None => ledger.owns(&workload)?,
            }
            remains::release_images(service, &image.name, ledger)?;
            self.started().insert(service.to_owned(), Started::new(spec, image, &kind));
            objects.extend(made);
        }
        kubectl.apply(&objects::list(objects), ledger).with_context(|| {
            let names: Vec<_> = level.iter().map(|spec| format!("`{}`", spec.service())).collect();
            format!("cannot start {}", names.join(", "))
        })?;
        let instance = |spec: &ServiceSpec| {
            let service = spec.service().to_owned();
            Instance { id: service.clone().into(), service }
        };
        Ok(level.iter().map(instance).collect())
    }

    /// Does something with what all objects of the run have in common.
    pub(super) fn with_frame<T>(
        &self,
        work: impl FnOnce(&Frame<'_>) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        let cluster = self.cluster()?;
        let (run_id, layout) = (self.folder.run_id(), self.folder.layout());
        let (consumer, namespace) = (self.consumer()?, namespace_name(run_id));
        work(&Frame {
            run_id,
            consumer: &consumer,
            namespace: &namespace,
            target: layout.base(),
            settings: &cluster.settings,
            pull: match cluster.delivery {
                Delivery::Registry(_) => PullPolicy::IfNotPresent,
                Delivery::Containerd(_) | Delivery::Nodes(_) => PullPolicy::Never,
            },
            security: match lock(&self.prepared).has_externals {
                true => PodSecurity::Baseline,
                false => PodSecurity::Restricted,
            },
        })
    }
}

/// The secret with which nodes pull images, for the namespace of the run.
fn copied(kubectl: &Kubectl, frame: &Frame<'_>, secret: &str) -> anyhow::Result<Object> {
    let (namespace, name) = secret.split_once('/').context("it has no namespace")?;
    let there = Kubectl::new(&kubectl.cluster, Some(namespace));
    let told: Option<Value> = there.get(["secret", name])?;
    let told = told.with_context(|| format!("there is no secret `{name}` in `{namespace}`"))?;
    objects::copied_pull_secret(frame, &told)
}

/// Whether services of a plan bring a database server.
fn has_server(services: &[ServicePorts]) -> bool {
    services.iter().any(|service| service.service == DATABASE_SERVER)
}
