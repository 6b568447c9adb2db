import { connect } from 'node:tls';
import type { AddressInfo } from 'node:net';
import type { KubeObject, Stored } from '../../src/api/object.ts';
import type { Secret } from '../../src/api/secret.ts';
import { isAborted } from '../../src/clock.ts';
import { createWriter } from '../../src/kube/writer.ts';
import { bundlesOf, type Configuration } from '../../webhook/ca-bundle.ts';
import {
  createCertificateKeeper,
  type CertificateKeeper,
} from '../../webhook/certificate-keeper.ts';
import {
  createServedCertificate,
  type ServedCertificate,
} from '../../webhook/served-certificate.ts';
import { createServer } from '../../webhook/server.ts';
import { HOST, Letters, OF } from './certifying.ts';
import { fakeCache, type FakeCache } from './fake-cache.ts';
import type { FakeClock } from './fake-clock.ts';
import { memoryApi, refusal, type MemoryApi } from './memory-api.ts';
import { memoryLog, type MemoryLog } from './memory-log.ts';

/* Replicas of the webhook that keep a certificate together, and API servers that call them over TLS. */

const KINDS = ['MutatingWebhookConfiguration', 'ValidatingWebhookConfiguration'] as const;

export interface Replica {
  served: ServedCertificate;
  keeper: CertificateKeeper;
  log: MemoryLog;
  port: number;
  /** Its process is killed. */
  kill(): Promise<void>;
  readonly isKilled: boolean;
}

export class Cluster {
  readonly api: MemoryApi;
  readonly #clock: FakeClock;
  readonly #tell = new Set<(object: Stored<KubeObject>, gone: boolean) => void>();
  /** What the API server trusted, and since when. */
  readonly #trust: { since: number; bundles: string[] }[] = [];

  constructor(clock: FakeClock) {
    this.#clock = clock;
    this.api = memoryApi(...KINDS.map((kind) => new Letters().configuration(kind, '')));
    this.#noteTrust();
  }

  get secret(): Stored<Secret> | undefined {
    return this.api.find('Secret', OF.name) as Stored<Secret> | undefined;
  }

  /** The bundles of both configurations. */
  get bundles(): string[] {
    return KINDS.map((kind) => this.api.find(kind, OF.instance) as Stored<Configuration>)
      .flatMap(bundlesOf)
      .map((cas) => cas.join(''));
  }

  /** What somebody else does. */
  async change(what: (api: MemoryApi) => Promise<unknown>): Promise<void> {
    const before = this.secret;
    await what(this.api);
    this.#changed(before);
  }

  /**
   * @param lagMs how late it is told of each change
   * @param writes how many writes it makes before it is killed in the middle of the next
   */
  async start({ lagMs = 0, writes = Infinity } = {}): Promise<Replica> {
    const log = memoryLog();
    const stop = new AbortController();
    const caches = {
      certificateSecret: fakeCache<Secret>(this.secret === undefined ? [] : [this.secret]),
      mutatingConfiguration: this.#cacheOf(KINDS[0]),
      validatingConfiguration: this.#cacheOf(KINDS[1]),
    };
    const tell = (object: Stored<KubeObject>, gone: boolean): void => {
      const cache = Object.values(caches)[['Secret', ...KINDS].indexOf(object.kind)];
      const put = (): void => {
        if (gone) (cache as FakeCache<KubeObject>).remove(object);
        else (cache as FakeCache<KubeObject>).set(object);
      };
      if (lagMs === 0) put();
      else this.#clock.after(lagMs, put);
    };
    this.#tell.add(tell);
    const served = createServedCertificate(log);
    const client = { ...this.api };
    let left = writes;
    let isKilled = false;
    const counted = async <T>(call: () => Promise<T>): Promise<T> => {
      if (left === 0) void kill();
      if (isKilled) throw refusal(500, 'Killed');
      left -= 1;
      const before = this.secret;
      const answer = await call();
      this.#changed(before);
      return answer;
    };
    client.create = (object, options) => counted(() => this.api.create(object, options));
    client.patch = (ref, patch, options) => counted(() => this.api.patch(ref, patch, options));
    const reporter = { controller: 'test', instance: 'test' };
    const clock = this.#clock;
    const writer = createWriter({ client, clock, log, reporter });
    const keeper = createCertificateKeeper({
      of: OF,
      hosts: [HOST],
      caches,
      writer,
      served,
      clock,
      log,
    });
    const done = keeper.run(stop.signal);
    const closing: (() => Promise<unknown>)[] = [() => done];
    const kill = async (): Promise<void> => {
      isKilled = true;
      stop.abort();
      this.#tell.delete(tell);
      await Promise.all(closing.map((close) => close()));
    };
    const certificate = await this.#until(served.first);
    const routes = {
      '/pod/mutate': () => Promise.resolve({ allowed: true as const }),
      '/fluent-pvc/validate': () => Promise.resolve({ allowed: true as const }),
    };
    const server = createServer({ certificate, routes, observe: () => undefined, log });
    served.serveBy(server);
    closing.push(() => server.close());
    if (this.#tell.has(tell)) await server.listen({ host: '127.0.0.1', port: 0 });
    const address = server.server.address() as AddressInfo | null;
    return {
      served,
      keeper,
      log,
      kill,
      port: address?.port ?? 0,
      get isKilled() {
        return isKilled;
      },
    };
  }

  /**
   * Opens a connection as an API server does that knows the configurations as they were so long ago.
   *
   * @throws Error that says why it does not trust the replica
   */
  async handshake({ port }: Replica, lateMs = 0): Promise<void> {
    const at = this.#clock.uptime() - lateMs;
    const known = this.#trust.findLast(({ since }) => since <= at) ?? this.#trust.at(0);
    for (const ca of new Set(known?.bundles)) {
      await new Promise<void>((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', servername: HOST, ca }, () => {
          socket.destroy();
          resolve();
        });
        socket.on('error', reject);
      });
    }
  }

  #changed(before: Stored<Secret> | undefined): void {
    const after = this.secret;
    for (const tell of this.#tell) {
      if (after !== undefined) tell(after, false);
      else if (before !== undefined) tell(before, true);
      for (const kind of KINDS) {
        const found = this.api.find(kind, OF.instance);
        if (found !== undefined) tell(found, false);
      }
    }
    this.#noteTrust();
  }

  #noteTrust(): void {
    const { bundles } = this;
    if (bundles.join(' ') === this.#trust.at(-1)?.bundles.join(' ')) return;
    this.#trust.push({ since: this.#clock.uptime(), bundles });
  }

  #cacheOf(kind: (typeof KINDS)[number]): FakeCache<Configuration> {
    const found = this.api.find(kind, OF.instance) as Stored<Configuration> | undefined;
    return fakeCache(found === undefined ? [] : [found]);
  }

  /** Keys are made in threads, which no fake clock waits for. */
  async #until<T>(promise: Promise<T>): Promise<T> {
    const done = new AbortController();
    void promise.then(() => {
      done.abort();
    });
    while (!isAborted(done.signal)) {
      await this.#clock.advance(100);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return promise;
  }
}
