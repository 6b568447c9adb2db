import {
  backendName,
  fluentPVCName,
  manifests,
  namespace as home,
  sidecarName,
} from '../demo/objects.ts';
import { copyConfigMap, type Example } from './example.ts';

const RECEIVED = '/data/received';

/** The light shipper and the light backend of the README's demo: busybox, and no image to build. */
export const demoExample: Example = {
  name: 'demo',
  async install({ kubectl }) {
    await kubectl('apply', '-f', manifests.backend, '-f', manifests.fluentPVC);
    await kubectl('rollout', 'status', `deployment/${backendName}`, '--timeout=120s');
  },
  async prepare({ kubectl }, namespace) {
    await copyConfigMap(kubectl, 'demo-shipper', { from: home, to: namespace });
    // Its shipper knows the backend by a name of its own namespace.
    await kubectl.feed('apply', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { namespace, name: backendName },
      spec: { type: 'ExternalName', externalName: `${backendName}.${home}.svc.cluster.local` },
    });
  },
  writer: { fluentPVC: fluentPVCName, path: '/buffer/lines', user: 65_534 },
  fileOf: () => 'lines',
  sidecar: sidecarName,
  isDrainer: (command) => command.includes('ship.sh\0drain'),
  backend: { namespace: home, name: backendName },
  keepsEveryDelivery: true,
  async received({ kubectl }, uid) {
    const script = `cat $(grep -l -r ${uid} ${RECEIVED}) </dev/null | grep ${uid} || true`;
    const text = await kubectl('exec', `deployment/${backendName}`, '--', 'sh', '-c', script);
    return text.split('\n').filter((line) => line !== '');
  },
  async receivedInAll({ kubectl }) {
    const script = `find ${RECEIVED} -type f -exec cat {} + | wc -l`;
    return Number(await kubectl('exec', `deployment/${backendName}`, '--', 'sh', '-c', script));
  },
};
