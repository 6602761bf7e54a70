//! What containers in the namespace of a run have: what the witness sees.

use anyhow::{Context as _, anyhow, ensure};

use super::pod::{ContainerSpec, List, Pod};
use super::runtime::KubeRuntime;
use super::started::Started;
use super::state;
use crate::backend::{Instance, Replica, Seen};
use crate::error::Attach as _;

impl KubeRuntime {
    /// The pods of the run as the API server has them now: a watch that stalls tells for
    /// ever what was.
    pub(super) fn pods_now(&self) -> anyhow::Result<Vec<Pod>> {
        let pods = self.kubectl()?.get::<List<Pod>>(["pods"])?;
        let mut pods = pods.unwrap_or_default().items;
        pods.sort_by(|one, other| one.metadata.name.cmp(&other.metadata.name));
        self.check_images(&pods)?;
        Ok(pods)
    }

    /// Makes sure that containers have the images which this generation of the run gave them.
    fn check_images(&self, pods: &[Pod]) -> anyhow::Result<()> {
        let started = self.started();
        let images = started.values().flat_map(Started::images).collect();
        let run_id = self.folder.run_id().to_string();
        for pod in pods {
            if let Some(other) = state::other_image(&images, pod) {
                return Err(
                    anyhow!("{other}").hint("what is in the namespace of a run is the run's")
                );
            }
            // Another service's manifest may have it, which was applied before.
            let is_current = |image: &str| started.values().any(|one| one.spec.reference == image);
            let is_old =
                |one: &&ContainerSpec| one.image.contains(&run_id) && !is_current(&one.image);
            if let Some(old) = pod.container_specs().find(is_old) {
                let (name, image, pod) = (&old.name, &old.image, &pod.metadata.name);
                return Err(anyhow!("container `{name}` of pod {pod} still has the image {image}")
                    .hint("end the run with `down`, and start it again"));
            }
        }
        Ok(())
    }

    /// What the replicas of a service run, of these pods.
    pub(super) fn seen(&self, instance: &Instance, pods: &[Pod]) -> anyhow::Result<Vec<Seen>> {
        let service = &instance.service;
        let spec = self.started_service(service)?.spec;
        let own: Vec<&Pod> = pods.iter().filter(|pod| pod.service() == service).collect();
        let wanted = spec.replicas as usize;
        ensure!(own.len() == wanted, "{} of {wanted} pods are there", own.len());
        let mut seen = Vec::new();
        for (pod, replica) in own.iter().zip(state::replicas(service, &own)) {
            ensure!(pod.runs(), "{replica} does not run");
            for container in pod.containers_of(&spec.reference) {
                let untold = || format!("{replica} does not tell its image");
                let digest = container.digest().with_context(untold)?;
                seen.push(Seen { replica: replica.clone(), digest, program: None });
            }
        }
        // What runs it in pods of others, as far as it ever started there.
        for pod in pods.iter().filter(|pod| pod.service() != service) {
            let name = &pod.metadata.name;
            seen.extend(pod.containers_of(&spec.reference).filter_map(|container| {
                let location = format!("container {} of pod {name}", container.name);
                let replica = Replica { name: format!("{service} in {name}"), location };
                Some(Seen { replica, digest: container.digest()?, program: None })
            }));
        }
        Ok(seen)
    }
}
