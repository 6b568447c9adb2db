import { ensureLogCollectionImages } from '../log-collection/images.ts';
import { linesInLoki } from '../log-collection/loki.ts';
import {
  applyCollector,
  applyLogCollection,
  backendName,
  fluentPVCName,
  namespace as home,
} from '../log-collection/objects.ts';
import type { Example } from './example.ts';

/** What people use: OpenTelemetry Collectors ship to Loki. */
export const logCollectionExample: Example = {
  name: 'log-collection',
  async install({ cluster, kubectl, reporter }) {
    await ensureLogCollectionImages(cluster, reporter);
    await applyLogCollection(kubectl);
    await kubectl('rollout', 'status', `deployment/${backendName}`, '-n', home, '--timeout=180s');
  },
  async prepare({ kubectl }, namespace) {
    await applyCollector(kubectl, namespace);
    await kubectl('label', 'namespace', namespace, 'log-collection=enabled');
  },
  writer: { fluentPVC: fluentPVCName, path: '$LOG_FILE', user: 10_001 },
  fileOf: ({ namespace, name, uid }) => `${namespace}_${name}_${uid}.log`,
  sidecar: 'collector',
  isDrainer: (command) => command.includes('drain.sh') && !command.includes('prepare'),
  backend: { namespace: home, name: backendName },
  // Loki has one of two lines with the same time, and each line begins with its time.
  keepsEveryDelivery: false,
  received: ({ kubectl }, uid) => linesInLoki(kubectl, uid),
  receivedInAll: async ({ kubectl }) => (await linesInLoki(kubectl)).length,
};
