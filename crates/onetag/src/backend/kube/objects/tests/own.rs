//! Objects that a package brings itself.

use super::*;

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
    insta::assert_snapshot!(text(objects(&spec)), @"
    apiVersion: v1
    kind: Secret
    metadata:
      labels:
        onetag.service: orders
      name: orders
    stringData:
      KEY: hunter2
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        onetag.service: orders
      name: orders
    spec:
      replicas: 2
      selector:
        matchLabels:
          app: orders
      template:
        metadata:
          annotations:
            onetag.image: localhost/orders:orders-018f0000000070008000000000000001
          labels:
            app: orders
            onetag.generation: '1'
            onetag.service: orders
        spec:
          containers:
          - env:
            - name: ZONE
              value: '1'
            - name: KEY
              valueFrom:
                secretKeyRef:
                  key: KEY
                  name: orders
            - name: LOG
              value: debug
            image: localhost/orders:orders-018f0000000070008000000000000001
            imagePullPolicy: Never
            name: orders
          - image: docker.io/envoyproxy/envoy:v1
            name: proxy
    ");
}
