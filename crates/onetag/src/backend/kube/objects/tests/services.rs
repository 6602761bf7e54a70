//! The objects of services.

use super::*;

#[test]
fn stateless_service_is_a_deployment() {
    let mut spec = spec("orders");
    spec.environment = map([("KEY", "secret"), ("LOG", "debug"), ("TEXT", "$(KEY) $1")]);
    spec.secrets = ["KEY".to_owned()].into();
    spec.args = vec!["--price=$(TEXT)".to_owned()];
    spec.ports.ports = BTreeMap::from([("metrics-of-this-service".to_owned(), 9090)]);
    spec.memory = Some(256 << 20);
    spec.replicas = 2;
    insta::assert_snapshot!(text(objects(&spec)), @"
    apiVersion: v1
    kind: Secret
    metadata:
      labels:
        onetag.service: orders
      name: orders
    stringData:
      KEY: secret
    ---
    apiVersion: v1
    kind: Service
    metadata:
      labels:
        onetag.service: orders
      name: orders
    spec:
      ports:
      - name: port-8080
        port: 8080
        targetPort: 8080
      - name: port-9090
        port: 9090
        targetPort: 9090
      publishNotReadyAddresses: true
      selector:
        onetag.service: orders
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        onetag.service: orders
      name: orders
    spec:
      replicas: 2
      revisionHistoryLimit: 0
      selector:
        matchLabels:
          onetag.service: orders
      strategy:
        type: Recreate
      template:
        metadata:
          labels:
            onetag.generation: '1'
            onetag.service: orders
        spec:
          automountServiceAccountToken: false
          containers:
          - args:
            - --price=$$(TEXT)
            env:
            - name: KEY
              valueFrom:
                secretKeyRef:
                  key: KEY
                  name: orders
            - name: LOG
              value: debug
            - name: TEXT
              value: $$(KEY) $$1
            image: localhost/onetag/orders:orders-018f
            imagePullPolicy: Never
            name: orders
            ports:
            - containerPort: 8080
              name: port-8080
            - containerPort: 9090
              name: port-9090
            readinessProbe:
              failureThreshold: 1
              httpGet:
                path: /health/ready
                port: 8080
              periodSeconds: 1
              timeoutSeconds: 5
            resources:
              limits:
                memory: 256Mi
              requests:
                cpu: 10m
                memory: 16Mi
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                - ALL
              readOnlyRootFilesystem: true
            terminationMessagePolicy: FallbackToLogsOnError
            volumeMounts:
            - mountPath: /tmp
              name: tmp
          enableServiceLinks: false
          securityContext:
            fsGroup: 65532
            runAsGroup: 65532
            runAsNonRoot: true
            runAsUser: 65532
            seccompProfile:
              type: RuntimeDefault
          serviceAccountName: onetag
          shareProcessNamespace: true
          terminationGracePeriodSeconds: 25
          volumes:
          - emptyDir:
              sizeLimit: 64Mi
            name: tmp
    ");
}

#[test]
fn service_that_keeps_something_is_a_stateful_set() {
    let mut spec = spec("orders");
    spec.ports.volume = Some("/data".into());
    spec.database = true;
    spec.generation = 3;
    insta::assert_snapshot!(text(objects(&spec)), @"
    apiVersion: v1
    kind: Service
    metadata:
      labels:
        onetag.service: orders
      name: orders
    spec:
      ports:
      - name: port-8080
        port: 8080
        targetPort: 8080
      publishNotReadyAddresses: true
      selector:
        onetag.service: orders
    ---
    apiVersion: apps/v1
    kind: StatefulSet
    metadata:
      labels:
        onetag.service: orders
      name: orders
    spec:
      podManagementPolicy: Parallel
      replicas: 1
      revisionHistoryLimit: 0
      selector:
        matchLabels:
          onetag.service: orders
      serviceName: orders
      template:
        metadata:
          labels:
            onetag.generation: '3'
            onetag.service: orders
        spec:
          automountServiceAccountToken: false
          containers:
          - image: localhost/onetag/orders:orders-018f
            imagePullPolicy: Never
            name: orders
            ports:
            - containerPort: 8080
              name: port-8080
            readinessProbe:
              failureThreshold: 1
              httpGet:
                path: /health/ready
                port: 8080
              periodSeconds: 1
              timeoutSeconds: 5
            resources:
              requests:
                cpu: 10m
                memory: 16Mi
            securityContext:
              allowPrivilegeEscalation: false
              capabilities:
                drop:
                - ALL
              readOnlyRootFilesystem: true
            terminationMessagePolicy: FallbackToLogsOnError
            volumeMounts:
            - mountPath: /database
              name: database
            - mountPath: /tmp
              name: tmp
            - mountPath: /data
              name: volume
          enableServiceLinks: false
          securityContext:
            fsGroup: 65532
            runAsGroup: 65532
            runAsNonRoot: true
            runAsUser: 65532
            seccompProfile:
              type: RuntimeDefault
          serviceAccountName: onetag
          shareProcessNamespace: true
          terminationGracePeriodSeconds: 25
          volumes:
          - emptyDir:
              sizeLimit: 64Mi
            name: tmp
      volumeClaimTemplates:
      - metadata:
          name: volume
        spec:
          accessModes:
          - ReadWriteOnce
          resources:
            requests:
              storage: 1Gi
      - metadata:
          name: database
        spec:
          accessModes:
          - ReadWriteOnce
          resources:
            requests:
              storage: 1Gi
    ");

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
    insta::assert_snapshot!(text(objects(&spec)), @"
    apiVersion: v1
    data:
      alertmanager.yml: |
        route: {}
    kind: ConfigMap
    metadata:
      labels:
        onetag.service: alertmanager
      name: alertmanager
    ---
    apiVersion: v1
    kind: Service
    metadata:
      labels:
        onetag.service: alertmanager
      name: alertmanager
    spec:
      ports:
      - name: port-8080
        port: 8080
        targetPort: 8080
      publishNotReadyAddresses: true
      selector:
        onetag.service: alertmanager
    ---
    apiVersion: apps/v1
    kind: Deployment
    metadata:
      labels:
        onetag.service: alertmanager
      name: alertmanager
    spec:
      replicas: 1
      revisionHistoryLimit: 0
      selector:
        matchLabels:
          onetag.service: alertmanager
      strategy:
        type: Recreate
      template:
        metadata:
          labels:
            onetag.generation: '1'
            onetag.service: alertmanager
        spec:
          automountServiceAccountToken: false
          containers:
          - image: docker.io/prom/alertmanager@sha256:1bc04b5291c26a46d918139138b992d2de976d6851d0893b0476b85bfbdfc6e6
            imagePullPolicy: IfNotPresent
            name: alertmanager
            ports:
            - containerPort: 8080
              name: port-8080
            readinessProbe:
              failureThreshold: 1
              periodSeconds: 1
              tcpSocket:
                port: 8080
              timeoutSeconds: 5
            resources:
              requests:
                cpu: 10m
                memory: 16Mi
            terminationMessagePolicy: FallbackToLogsOnError
            volumeMounts:
            - mountPath: /config
              name: config
              readOnly: true
          enableServiceLinks: false
          securityContext:
            seccompProfile:
              type: RuntimeDefault
          serviceAccountName: onetag
          terminationGracePeriodSeconds: 25
          volumes:
          - configMap:
              name: alertmanager
            name: config
    ");
}

#[test]
fn service_without_a_port_has_no_address() {
    let mut spec = spec("worker");
    spec.ports.port = None;
    spec.ready = Ready::Started;
    let objects = objects(&spec);
    assert_eq!(objects.len(), 1, "{objects:?}");
    assert_eq!(pod(&objects)["containers"][0].get("readinessProbe"), None);
}
