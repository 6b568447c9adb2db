/*
 * What the tests of the cluster run on it: something of each kind that a node has to know.
 */

/** A claim for a volume of the default class. */
export const claim = {
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'buffer' },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
};
const volumes = [{ name: 'buffer', persistentVolumeClaim: { claimName: 'buffer' } }];
const volumeMounts = [{ name: 'buffer', mountPath: '/buffer' }];
const forever = (first: string): readonly string[] => [
  ...['sh', '-c', `${first}; trap 'exit 0' TERM; while :; do sleep 1 & wait; done`],
];

/** A Pod that serves a page, and whose native sidecar writes a line into the claim, not as root. */
export const podWithSidecar = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'app', labels: { app: 'web' } },
  spec: {
    initContainers: [
      {
        name: 'sidecar',
        image: 'alpine',
        restartPolicy: 'Always',
        securityContext: { runAsUser: 65534 },
        command: forever('echo from the sidecar | tee /buffer/line'),
        volumeMounts,
      },
    ],
    containers: [
      {
        name: 'web',
        image: 'busybox',
        command: forever('mkdir /www; echo page > /www/index.html; httpd -h /www -p 8080'),
        readinessProbe: { httpGet: { path: '/', port: 8080 }, periodSeconds: 1 },
        volumeMounts,
      },
    ],
    volumes,
  },
};

/** The Service of that Pod. */
export const service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web' },
  spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }] },
};

/** A Pod to run commands in. */
export const client = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'client' },
  spec: { containers: [{ name: 'client', image: 'busybox', command: forever(':') }] },
};

/** Says what is in the claim. */
export const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'drain' },
  spec: {
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [
          { name: 'drain', image: 'busybox', command: ['cat', '/buffer/line'], volumeMounts },
        ],
        volumes,
      },
    },
  },
};
