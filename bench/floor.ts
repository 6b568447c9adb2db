import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { fastify } from 'fastify';
import { systemClock } from '../src/clock.ts';
import { connect } from '../src/kube/connection.ts';

/*
 * The least that a webhook of this kind can do: for each Pod the two writes that the operator makes,
 * side by side, and nothing else. It does not look at the Pod, injects nothing, checks nothing, undoes
 * nothing. What it takes is the floor that the operator is compared with. On a second path it answers
 * with the operator's own patch, made beforehand: what the API server does with that is its share.
 */

/** A write as it goes over the wire. */
interface FloorWrite {
  readonly path: string;
  readonly body: string;
}

/** What it is to write and to answer, and the word in it that stands for the uid of the admission. */
export interface FloorScript {
  readonly placeholder: string;
  readonly writes: readonly FloorWrite[];
  /** JSON patch. */
  readonly patch: string;
}

const { values } = parseArgs({
  options: {
    kubeconfig: { type: 'string', default: '' },
    'cert-dir': { type: 'string', default: '' },
    port: { type: 'string', default: '0' },
    'ready-port': { type: 'string', default: '0' },
    script: { type: 'string', default: '' },
  },
});
const { placeholder, writes, patch } = JSON.parse(
  readFileSync(values.script, 'utf8'),
) as FloorScript;
const connection = await connect({ kubeconfig: values.kubeconfig, clock: systemClock });
const { dispatcher, headers } = await connection.authenticated();

async function write({ path, body }: FloorWrite, uid: string): Promise<void> {
  const answer = await dispatcher.request({
    origin: connection.server,
    path,
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
    body: body.replaceAll(placeholder, uid),
  });
  const text = await answer.body.text();
  if (answer.statusCode !== 201) throw new Error(`POST ${path}: ${answer.statusCode} ${text}`);
}

const webhook = fastify({
  https: {
    cert: readFileSync(join(values['cert-dir'], 'tls.crt')),
    key: readFileSync(join(values['cert-dir'], 'tls.key')),
  },
  bodyLimit: 8 * 1024 * 1024,
});
async function answer(body: unknown, withPatch: boolean): Promise<object> {
  const { request } = body as { request: { uid: string; dryRun?: boolean } };
  const { uid, dryRun } = request;
  if (dryRun !== true) await Promise.all(writes.map((each) => write(each, uid)));
  const own = patch.replaceAll(placeholder, uid);
  const patched = { patchType: 'JSONPatch', patch: Buffer.from(own).toString('base64') };
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true, ...(withPatch ? patched : {}) },
  };
}
webhook.post('/pod/mutate', ({ body }) => answer(body, false));
webhook.post('/pod/patch', ({ body }) => answer(body, true));
await webhook.listen({ host: '0.0.0.0', port: Number(values.port) });

const ready = fastify();
ready.get('/readyz', () => 'ok');
await ready.listen({ host: '127.0.0.1', port: Number(values['ready-port']) });
