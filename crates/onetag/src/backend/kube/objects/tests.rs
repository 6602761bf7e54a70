//! Whole objects, as a cluster gets them. `.ci/kube-schemas` has the schemas of Kubernetes
//! look at the like.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::*;
use crate::backend::{ServicePorts, ServiceSpec, StoredImage};
use crate::build::image::Digest;
use crate::workspace::Ready;

fn frame(settings: &ClusterSettings) -> Frame<'_> {
    Frame {
        run_id: RunId::parse("018f0000000070008000000000000001").unwrap(),
        consumer: "orders",
        namespace: "onetag-018f0000000070008000000000000001",
        target: "/ws/target/onetag".into(),
        settings,
        pull: PullPolicy::Never,
        security: PodSecurity::Restricted,
    }
}

fn spec(service: &str) -> ServiceSpec {
    ServiceSpec {
        run_id: frame(&ClusterSettings::default()).run_id,
        generation: 1,
        ports: ServicePorts {
            service: service.to_owned(),
            port: Some(8080),
            ports: BTreeMap::new(),
            volume: None,
            is_external: false,
        },
        reference: format!("localhost/onetag/{service}:orders-018f"),
        image: StoredImage { digest: Digest::of(b"image"), details: Value::Null },
        args: Vec::new(),
        environment: BTreeMap::new(),
        secrets: BTreeSet::new(),
        config: BTreeMap::new(),
        ready: Ready::Http("/health/ready".to_owned()),
        ready_key: String::new(),
        needs: Vec::new(),
        database: false,
        memory: None,
        replicas: 1,
        manifests: Vec::new(),
    }
}

fn map<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.map(|(key, value)| (key.to_owned(), value.to_owned())).into()
}

/// The objects of a service in a run without settings.
fn objects(spec: &ServiceSpec) -> Vec<Value> {
    let settings = ClusterSettings::default();
    let objects = service(&frame(&settings), spec, spec.ports.is_external).unwrap();
    objects.into_iter().map(Value::from).collect()
}

fn text(objects: impl serde::Serialize) -> String {
    serde_json::to_string_pretty(&objects).unwrap()
}

/// The pods of the last of these objects.
fn pod(objects: &[Value]) -> &Value {
    &objects.last().unwrap()["spec"]["template"]["spec"]
}

#[test]
fn namespace_allows_little_and_has_an_account() {
    let settings = ClusterSettings {
        quota: map([("pods", "20"), ("memory", "4Gi")]),
        ..ClusterSettings::default()
    };
    insta::assert_snapshot!(text(list(namespace(&frame(&settings)).unwrap())), @r#"
    {
      "apiVersion": "v1",
      "items": [
        {
          "apiVersion": "v1",
          "kind": "Namespace",
          "metadata": {
            "annotations": {
              "onetag.target-folder": "/ws/target/onetag"
            },
            "labels": {
              "onetag.consumer": "orders",
              "onetag.run": "018f0000000070008000000000000001",
              "onetag.target": "99c0ae96e8a0f70d",
              "pod-security.kubernetes.io/enforce": "restricted"
            },
            "name": "onetag-018f0000000070008000000000000001"
          }
        },
        {
          "apiVersion": "v1",
          "automountServiceAccountToken": false,
          "kind": "ServiceAccount",
          "metadata": {
            "annotations": {
              "onetag.target-folder": "/ws/target/onetag"
            },
            "labels": {
              "onetag.consumer": "orders",
              "onetag.run": "018f0000000070008000000000000001",
              "onetag.target": "99c0ae96e8a0f70d"
            },
            "name": "onetag",
            "namespace": "onetag-018f0000000070008000000000000001"
          }
        },
        {
          "apiVersion": "v1",
          "kind": "ResourceQuota",
          "metadata": {
            "annotations": {
              "onetag.target-folder": "/ws/target/onetag"
            },
            "labels": {
              "onetag.consumer": "orders",
              "onetag.run": "018f0000000070008000000000000001",
              "onetag.target": "99c0ae96e8a0f70d"
            },
            "name": "onetag",
            "namespace": "onetag-018f0000000070008000000000000001"
          },
          "spec": {
            "hard": {
              "memory": "4Gi",
              "pods": "20"
            }
          }
        }
      ],
      "kind": "List"
    }
    "#);

    let settings = ClusterSettings::default();
    let open = Frame { security: PodSecurity::Baseline, ..frame(&settings) };
    let objects: Vec<Value> = namespace(&open).unwrap().into_iter().map(Value::from).collect();
    assert_eq!(objects[0]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"], "baseline");
    assert_eq!(objects.len(), 2, "no quota is asked for");
}

#[test]
fn stateless_service_is_a_deployment() {
    let mut spec = spec("orders");
    spec.environment = map([("KEY", "secret"), ("LOG", "debug"), ("TEXT", "$(KEY) $1")]);
    spec.secrets = ["KEY".to_owned()].into();
    spec.args = vec!["--price=$(TEXT)".to_owned()];
    spec.ports.ports = BTreeMap::from([("metrics-of-this-service".to_owned(), 9090)]);
    spec.memory = Some(256 << 20);
    spec.replicas = 2;
    insta::assert_snapshot!(text(objects(&spec)), @r#"
    [
      {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "orders",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "orders",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "stringData": {
          "KEY": "secret"
        }
      },
      {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "orders",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "orders",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "spec": {
          "ports": [
            {
              "name": "port-8080",
              "port": 8080,
              "targetPort": 8080
            },
            {
              "name": "port-9090",
              "port": 9090,
              "targetPort": 9090
            }
          ],
          "publishNotReadyAddresses": true,
          "selector": {
            "onetag.service": "orders"
          }
        }
      },
      {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "orders",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "orders",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "spec": {
          "replicas": 2,
          "revisionHistoryLimit": 0,
          "selector": {
            "matchLabels": {
              "onetag.service": "orders"
            }
          },
          "strategy": {
            "type": "Recreate"
          },
          "template": {
            "metadata": {
              "labels": {
                "onetag.consumer": "orders",
                "onetag.generation": "1",
                "onetag.run": "018f0000000070008000000000000001",
                "onetag.service": "orders",
                "onetag.target": "99c0ae96e8a0f70d"
              }
            },
            "spec": {
              "automountServiceAccountToken": false,
              "containers": [
                {
                  "args": [
                    "--price=$$(TEXT)"
                  ],
                  "env": [
                    {
                      "name": "KEY",
                      "valueFrom": {
                        "secretKeyRef": {
                          "key": "KEY",
                          "name": "orders"
                        }
                      }
                    },
                    {
                      "name": "LOG",
                      "value": "debug"
                    },
                    {
                      "name": "TEXT",
                      "value": "$$(KEY) $$1"
                    }
                  ],
                  "image": "localhost/onetag/orders:orders-018f",
                  "imagePullPolicy": "Never",
                  "name": "orders",
                  "ports": [
                    {
                      "containerPort": 8080,
                      "name": "port-8080"
                    },
                    {
                      "containerPort": 9090,
                      "name": "port-9090"
                    }
                  ],
                  "readinessProbe": {
                    "failureThreshold": 1,
                    "httpGet": {
                      "path": "/health/ready",
                      "port": 8080
                    },
                    "periodSeconds": 1,
                    "timeoutSeconds": 5
                  },
                  "resources": {
                    "limits": {
                      "memory": "256Mi"
                    },
                    "requests": {
                      "cpu": "10m",
                      "memory": "16Mi"
                    }
                  },
                  "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": {
                      "drop": [
                        "ALL"
                      ]
                    },
                    "readOnlyRootFilesystem": true
                  },
                  "terminationMessagePolicy": "FallbackToLogsOnError",
                  "volumeMounts": [
                    {
                      "mountPath": "/tmp",
                      "name": "tmp"
                    }
                  ]
                }
              ],
              "enableServiceLinks": false,
              "securityContext": {
                "fsGroup": 65532,
                "runAsGroup": 65532,
                "runAsNonRoot": true,
                "runAsUser": 65532,
                "seccompProfile": {
                  "type": "RuntimeDefault"
                }
              },
              "serviceAccountName": "onetag",
              "shareProcessNamespace": true,
              "terminationGracePeriodSeconds": 25,
              "volumes": [
                {
                  "emptyDir": {
                    "sizeLimit": "64Mi"
                  },
                  "name": "tmp"
                }
              ]
            }
          }
        }
      }
    ]
    "#);
}

#[test]
fn service_that_keeps_something_is_a_stateful_set() {
    let mut spec = spec("orders");
    spec.ports.volume = Some("/data".into());
    spec.database = true;
    spec.generation = 3;
    insta::assert_snapshot!(text(objects(&spec)), @r#"
    [
      {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "orders",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "orders",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "spec": {
          "ports": [
            {
              "name": "port-8080",
              "port": 8080,
              "targetPort": 8080
            }
          ],
          "publishNotReadyAddresses": true,
          "selector": {
            "onetag.service": "orders"
          }
        }
      },
      {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "orders",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "orders",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "spec": {
          "persistentVolumeClaimRetentionPolicy": {
            "whenDeleted": "Delete",
            "whenScaled": "Retain"
          },
          "podManagementPolicy": "Parallel",
          "replicas": 1,
          "revisionHistoryLimit": 0,
          "selector": {
            "matchLabels": {
              "onetag.service": "orders"
            }
          },
          "serviceName": "orders",
          "template": {
            "metadata": {
              "labels": {
                "onetag.consumer": "orders",
                "onetag.generation": "3",
                "onetag.run": "018f0000000070008000000000000001",
                "onetag.service": "orders",
                "onetag.target": "99c0ae96e8a0f70d"
              }
            },
            "spec": {
              "automountServiceAccountToken": false,
              "containers": [
                {
                  "image": "localhost/onetag/orders:orders-018f",
                  "imagePullPolicy": "Never",
                  "name": "orders",
                  "ports": [
                    {
                      "containerPort": 8080,
                      "name": "port-8080"
                    }
                  ],
                  "readinessProbe": {
                    "failureThreshold": 1,
                    "httpGet": {
                      "path": "/health/ready",
                      "port": 8080
                    },
                    "periodSeconds": 1,
                    "timeoutSeconds": 5
                  },
                  "resources": {
                    "requests": {
                      "cpu": "10m",
                      "memory": "16Mi"
                    }
                  },
                  "securityContext": {
                    "allowPrivilegeEscalation": false,
                    "capabilities": {
                      "drop": [
                        "ALL"
                      ]
                    },
                    "readOnlyRootFilesystem": true
                  },
                  "terminationMessagePolicy": "FallbackToLogsOnError",
                  "volumeMounts": [
                    {
                      "mountPath": "/database",
                      "name": "database"
                    },
                    {
                      "mountPath": "/tmp",
                      "name": "tmp"
                    },
                    {
                      "mountPath": "/data",
                      "name": "volume"
                    }
                  ]
                }
              ],
              "enableServiceLinks": false,
              "securityContext": {
                "fsGroup": 65532,
                "runAsGroup": 65532,
                "runAsNonRoot": true,
                "runAsUser": 65532,
                "seccompProfile": {
                  "type": "RuntimeDefault"
                }
              },
              "serviceAccountName": "onetag",
              "shareProcessNamespace": true,
              "terminationGracePeriodSeconds": 25,
              "volumes": [
                {
                  "emptyDir": {
                    "sizeLimit": "64Mi"
                  },
                  "name": "tmp"
                }
              ]
            }
          },
          "volumeClaimTemplates": [
            {
              "metadata": {
                "name": "volume"
              },
              "spec": {
                "accessModes": [
                  "ReadWriteOnce"
                ],
                "resources": {
                  "requests": {
                    "storage": "1Gi"
                  }
                }
              }
            },
            {
              "metadata": {
                "name": "database"
              },
              "spec": {
                "accessModes": [
                  "ReadWriteOnce"
                ],
                "resources": {
                  "requests": {
                    "storage": "1Gi"
                  }
                }
              }
            }
          ]
        }
      }
    ]
    "#);

    // Nothing acknowledged is lost with a pod.
    spec.ports.volume = None;
    let objects = objects(&spec);
    let set = objects.last().unwrap();
    assert_eq!(set["kind"], "StatefulSet");
    assert_eq!(set["spec"]["volumeClaimTemplates"][0]["metadata"]["name"], "database");
}

#[test]
fn external_service_runs_as_its_image_says() {
    let mut spec = spec("alertmanager");
    spec.ports.is_external = true;
    spec.reference = format!("docker.io/prom/alertmanager@{}", Digest::of(b"index"));
    spec.config = map([("alertmanager.yml", "route: {}\n")]);
    spec.ready = Ready::Tcp;
    insta::assert_snapshot!(text(objects(&spec)), @r#"
    [
      {
        "apiVersion": "v1",
        "data": {
          "alertmanager.yml": "route: {}\n"
        },
        "kind": "ConfigMap",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "alertmanager",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "alertmanager",
          "namespace": "onetag-018f0000000070008000000000000001"
        }
      },
      {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "alertmanager",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "alertmanager",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "spec": {
          "ports": [
            {
              "name": "port-8080",
              "port": 8080,
              "targetPort": 8080
            }
          ],
          "publishNotReadyAddresses": true,
          "selector": {
            "onetag.service": "alertmanager"
          }
        }
      },
      {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "alertmanager",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "alertmanager",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "spec": {
          "replicas": 1,
          "revisionHistoryLimit": 0,
          "selector": {
            "matchLabels": {
              "onetag.service": "alertmanager"
            }
          },
          "strategy": {
            "type": "Recreate"
          },
          "template": {
            "metadata": {
              "labels": {
                "onetag.consumer": "orders",
                "onetag.generation": "1",
                "onetag.run": "018f0000000070008000000000000001",
                "onetag.service": "alertmanager",
                "onetag.target": "99c0ae96e8a0f70d"
              }
            },
            "spec": {
              "automountServiceAccountToken": false,
              "containers": [
                {
                  "image": "docker.io/prom/alertmanager@sha256:1bc04b5291c26a46d918139138b992d2de976d6851d0893b0476b85bfbdfc6e6",
                  "imagePullPolicy": "IfNotPresent",
                  "name": "alertmanager",
                  "ports": [
                    {
                      "containerPort": 8080,
                      "name": "port-8080"
                    }
                  ],
                  "readinessProbe": {
                    "failureThreshold": 1,
                    "periodSeconds": 1,
                    "tcpSocket": {
                      "port": 8080
                    },
                    "timeoutSeconds": 5
                  },
                  "resources": {
                    "requests": {
                      "cpu": "10m",
                      "memory": "16Mi"
                    }
                  },
                  "terminationMessagePolicy": "FallbackToLogsOnError",
                  "volumeMounts": [
                    {
                      "mountPath": "/config",
                      "name": "config",
                      "readOnly": true
                    }
                  ]
                }
              ],
              "enableServiceLinks": false,
              "securityContext": {
                "seccompProfile": {
                  "type": "RuntimeDefault"
                }
              },
              "serviceAccountName": "onetag",
              "terminationGracePeriodSeconds": 25,
              "volumes": [
                {
                  "configMap": {
                    "name": "alertmanager"
                  },
                  "name": "config"
                }
              ]
            }
          }
        }
      }
    ]
    "#);
}

#[test]
fn service_without_a_port_has_no_address() {
    let mut spec = spec("worker");
    spec.ports.port = None;
    spec.ready = Ready::Started;
    let objects = objects(&spec);
    assert_eq!(objects.len(), 1, "{}", text(&objects));
    assert_eq!(pod(&objects)["containers"][0].get("readinessProbe"), None);
}

#[test]
fn settings_of_the_workspace_are_those_of_pods() {
    let settings = ClusterSettings {
        node_selector: map([("disk", "ssd")]),
        pull_secret: Some("ci/registry".to_owned()),
        service_account: Some("tester".to_owned()),
        ..ClusterSettings::default()
    };
    let frame = Frame { pull: PullPolicy::IfNotPresent, ..frame(&settings) };
    let objects = service(&frame, &spec("orders"), false).unwrap();
    let objects: Vec<Value> = objects.into_iter().map(Value::from).collect();
    let pod = pod(&objects);
    assert_eq!(pod["nodeSelector"], json!({ "disk": "ssd" }));
    assert_eq!(pod["imagePullSecrets"], json!([{ "name": "registry" }]));
    assert_eq!(pod["serviceAccountName"], "tester");
    assert_eq!(pod["containers"][0]["imagePullPolicy"], "IfNotPresent");

    let told = json!({
        "kind": "Secret",
        "metadata": { "name": "registry", "namespace": "ci", "uid": "1" },
        "type": "kubernetes.io/dockerconfigjson",
        "data": { ".dockerconfigjson": "e30=" },
    });
    let copy = Value::from(copied_pull_secret(&frame, &told).unwrap());
    assert_eq!(copy["metadata"]["namespace"], frame.namespace);
    assert_eq!((&copy["type"], &copy["data"]), (&told["type"], &told["data"]));
}

#[test]
fn what_is_written_nowhere_is_masked() {
    let mut spec = spec("orders");
    spec.environment = map([("KEY", "hunter2")]);
    spec.secrets = ["KEY".to_owned()].into();
    let settings = ClusterSettings::default();
    let objects = service(&frame(&settings), &spec, false).unwrap();
    let masked = objects.into_iter().map(|object| Value::from(object.masked()));
    let masked: Vec<Value> = masked.collect();
    assert_eq!(masked[0]["stringData"], json!({ "KEY": "<secret>" }));
    assert!(!text(masked).contains("hunter2"));
}

#[test]
fn objects_of_the_package_are_those_of_the_run() {
    let mut spec = spec("orders");
    spec.reference = format!("localhost/orders:orders-{}", spec.run_id);
    spec.environment = map([("KEY", "hunter2"), ("LOG", "debug")]);
    spec.secrets = ["KEY".to_owned()].into();
    spec.replicas = 2;
    let deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "orders", "namespace": "production" },
        "spec": {
            "replicas": 5,
            "selector": { "matchLabels": { "app": "orders" } },
            "template": {
                "metadata": { "labels": { "app": "orders" } },
                "spec": { "containers": [
                    {
                        "name": "orders",
                        "image": spec.reference,
                        "imagePullPolicy": "Always",
                        "env": [
                            { "name": "LOG", "value": "info" },
                            { "name": "ZONE", "value": "1" },
                        ],
                    },
                    { "name": "proxy", "image": "docker.io/envoyproxy/envoy:v1" },
                ] },
            },
        },
    });
    spec.manifests = vec![deployment];
    insta::assert_snapshot!(text(objects(&spec)), @r#"
    [
      {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "orders",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "orders",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "stringData": {
          "KEY": "hunter2"
        }
      },
      {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {
          "annotations": {
            "onetag.target-folder": "/ws/target/onetag"
          },
          "labels": {
            "onetag.consumer": "orders",
            "onetag.run": "018f0000000070008000000000000001",
            "onetag.service": "orders",
            "onetag.target": "99c0ae96e8a0f70d"
          },
          "name": "orders",
          "namespace": "onetag-018f0000000070008000000000000001"
        },
        "spec": {
          "replicas": 2,
          "selector": {
            "matchLabels": {
              "app": "orders"
            }
          },
          "template": {
            "metadata": {
              "labels": {
                "app": "orders",
                "onetag.consumer": "orders",
                "onetag.generation": "1",
                "onetag.run": "018f0000000070008000000000000001",
                "onetag.service": "orders",
                "onetag.target": "99c0ae96e8a0f70d"
              }
            },
            "spec": {
              "containers": [
                {
                  "env": [
                    {
                      "name": "ZONE",
                      "value": "1"
                    },
                    {
                      "name": "KEY",
                      "valueFrom": {
                        "secretKeyRef": {
                          "key": "KEY",
                          "name": "orders"
                        }
                      }
                    },
                    {
                      "name": "LOG",
                      "value": "debug"
                    }
                  ],
                  "image": "localhost/orders:orders-018f0000000070008000000000000001",
                  "imagePullPolicy": "Never",
                  "name": "orders"
                },
                {
                  "image": "docker.io/envoyproxy/envoy:v1",
                  "name": "proxy"
                }
              ]
            }
          }
        }
      }
    ]
    "#);
}
