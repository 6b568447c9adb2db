import { ensureLogCollectionImages } from '../log-collection/images.ts';
import { linesInLoki } from '../log-collection/loki.ts';
import {
  backendName,
  fluentPVCName,
  manifests,
  namespace as home,
} from '../log-collection/objects.ts';
import { copyConfigMap, type Example } from './example.ts';

/** ConfigMap that sidecar and finalizer Job mount. */
const CONFIG_MAP = 'collector';

/** What people use: OpenTelemetry Collectors ship to Loki. */
export const logCollectionExample: Example = {
  name: 'log-collection',
  async install({ cluster, kubectl, reporter }) {
    await ensureLogCollectionImages(cluster, reporter);
    await kubectl('apply', '-f', manifests.backend, '-f', manifests.fluentPVC);
    await kubectl('rollout', 'status', `deployment/${backendName}`, '-n', home, '--timeout=180s');
  },
  async prepare({ kubectl }, namespace) {
    await copyConfigMap(kubectl, CONFIG_MAP, { from: home, to: namespace });
  },
  writer: { fluentPVC: fluentPVCName, path: '$LOG_FILE', user: 10_001 },
  fileOf: ({ namespace, name, uid }) => `${namespace}_${name}_${uid}.log`,
  sidecar: 'collector',
  isDrainer: (command) => command.includes('drain.sh') && !command.includes('prepare'),
  backend: { namespace: home, name: backendName },
  received: ({ kubectl }, uid) => linesInLoki(kubectl, uid),
  receivedInAll: async ({ kubectl }) => (await linesInLoki(kubectl)).length,
};
