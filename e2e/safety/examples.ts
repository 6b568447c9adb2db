import * as demo from '../demo/objects.ts';
import { ensureLogCollectionImages } from '../log-collection/images.ts';
import { linesInLoki } from '../log-collection/loki.ts';
import * as logs from '../log-collection/objects.ts';
import { configMapOf, type Example } from './example.ts';

/** Where the backend of the demo keeps what it receives. */
const RECEIVED = '/data/received';

/** By the name that the user says. */
export const examples: Readonly<Record<Example['name'], Example>> = {
  /** The light shipper and the light backend of the README's demo: busybox, and no image to build. */
  demo: {
    name: 'demo',
    async install({ kubectl }) {
      await kubectl('apply', '-f', demo.manifests.backend, '-f', demo.manifests.fluentPVC);
      await kubectl('rollout', 'status', `deployment/${demo.backendName}`, '--timeout=120s');
    },
    async prepare({ kubectl }, namespace) {
      const configMap = await configMapOf(kubectl, 'demo-shipper', {
        from: demo.namespace,
        to: namespace,
      });
      // Its shipper knows the backend by a name of its own namespace.
      const service = {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { namespace, name: demo.backendName },
        spec: {
          type: 'ExternalName',
          externalName: `${demo.backendName}.${demo.namespace}.svc.cluster.local`,
        },
      };
      const items = [configMap, service];
      await kubectl.feed('create', { apiVersion: 'v1', kind: 'List', items });
    },
    writer: { fluentPVC: demo.fluentPVCName, path: '/buffer/lines', user: 65_534 },
    fileOf: () => 'lines',
    sidecar: demo.sidecarName,
    isDrainer: (command) => command.includes('ship.sh\0drain'),
    backend: { namespace: demo.namespace, name: demo.backendName },
    keepsEveryDelivery: true,
    async received({ kubectl }, uid) {
      const script = `cat $(grep -l -r ${uid} ${RECEIVED}) </dev/null | grep ${uid} || true`;
      const backend = `deployment/${demo.backendName}`;
      const text = await kubectl('exec', backend, '--', 'sh', '-c', script);
      return text.split('\n').filter((line) => line !== '');
    },
    async receivedInAll({ kubectl }) {
      const script = `find ${RECEIVED} -type f -exec cat {} + | wc -l`;
      const backend = `deployment/${demo.backendName}`;
      return Number(await kubectl('exec', backend, '--', 'sh', '-c', script));
    },
  },

  /** What people use: OpenTelemetry Collectors ship to Loki. */
  'log-collection': {
    name: 'log-collection',
    async install({ cluster, kubectl, reporter }) {
      await ensureLogCollectionImages(cluster, reporter);
      await logs.applyLogCollection(kubectl);
      const backend = [`deployment/${logs.backendName}`, '--namespace', logs.namespace];
      await kubectl('rollout', 'status', ...backend, '--timeout=180s');
    },
    async prepare({ kubectl }, namespace) {
      await logs.applyCollector(kubectl, namespace);
      await kubectl('label', 'namespace', namespace, 'log-collection=enabled');
    },
    writer: { fluentPVC: logs.fluentPVCName, path: '$LOG_FILE', user: 10_001 },
    fileOf: ({ namespace, name, uid }) => `${namespace}_${name}_${uid}.log`,
    sidecar: 'collector',
    isDrainer: (command) => command.includes('drain.sh') && !command.includes('prepare'),
    backend: { namespace: logs.namespace, name: logs.backendName },
    // Loki has one of two lines with the same time, and each line begins with its time.
    keepsEveryDelivery: false,
    received: ({ kubectl }, uid) => linesInLoki(kubectl, uid),
    receivedInAll: async ({ kubectl }) => (await linesInLoki(kubectl)).length,
  },
};
