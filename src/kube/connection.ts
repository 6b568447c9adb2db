import { KubeConfig } from '@kubernetes/client-node';
import { existsSync } from 'node:fs';
import type { RequestOptions } from 'node:https';
import { isDeepStrictEqual } from 'node:util';
import { Agent, ProxyAgent, type Dispatcher } from 'undici';
import type { Clock } from '../clock.ts';
import { messageOf, UserError } from '../errors.ts';

/** How to reach the API server and who we are there. */
export interface Connection {
  /** Scheme, host, port and path prefix, without a trailing slash. */
  readonly server: string;
  /** What a request made now goes over and is authenticated by. */
  authenticated(): Promise<Authenticated>;
  /** Forget the credentials: the API server did not take them. The kubeconfig is read anew. */
  renew(): void;
  close(): Promise<void>;
}

/** How a request goes, by the credentials of now. */
export interface Authenticated {
  /** Connections are kept and reused; as many as there are requests at once. */
  dispatcher: Dispatcher;
  headers: Record<string, string>;
}

/** Tokens are read anew this often: a mounted service account token is replaced within the hour. */
const CREDENTIALS_LIFETIME_MS = 60_000;

/**
 * A connection by the kubeconfig of that file, else by KUBECONFIG, ~/.kube/config or the service
 * account of the Pod that we run in, as kubectl does.
 *
 * @throws UserError KubeconfigInvalid
 */
export async function connect(options: {
  kubeconfig: string | undefined;
  clock: Clock;
}): Promise<Connection> {
  const { kubeconfig: file, clock } = options;
  let config = load(file);
  // A person may switch to another cluster: what was begun here goes on here.
  const context = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null) throw invalid(file, 'it has no current context that names a cluster');
  let credentials = await authenticate(config, file);
  let readAt = clock.uptime();
  let dispatcher = createDispatcher(credentials.tls, cluster.proxyUrl);
  let refused = false;
  let closed = false;
  let refreshing: Promise<void> | undefined;

  const reload = (): void => {
    const fresh = load(file);
    if (fresh.getContextObject(context) === null) {
      throw invalid(file, `it has no context "${context}" any more`);
    }
    fresh.setCurrentContext(context);
    config = fresh;
  };

  const refresh = async (): Promise<void> => {
    const forced = refused;
    readAt = clock.uptime();
    try {
      // Only then: an exec plugin's token is kept in the old one.
      if (forced) reload();
      const fresh = await authenticate(config, file);
      if (!closed && !isDeepStrictEqual(fresh.tls, credentials.tls)) {
        // Client certificates belong to connections: requests under way end on the old ones.
        void dispatcher.close();
        dispatcher = createDispatcher(fresh.tls, cluster.proxyUrl);
      }
      credentials = fresh;
      if (forced) refused = false;
    } catch (error) {
      // Those that there are may still be good: the API server says so if they are not.
      if (forced) throw error;
    }
  };
  return {
    server: cluster.server.replace(/\/+$/, ''),
    authenticated: async () => {
      if (
        refused ||
        refreshing !== undefined ||
        clock.uptime() - readAt > CREDENTIALS_LIFETIME_MS
      ) {
        // One for all who ask meanwhile.
        refreshing ??= refresh().finally(() => (refreshing = undefined));
        await refreshing;
      }
      return { dispatcher, headers: credentials.headers };
    },
    renew: () => {
      refused = true;
    },
    // destroy, not close: a watch never ends by itself.
    close: () => {
      closed = true;
      return dispatcher.destroy();
    },
  };
}

function load(file: string | undefined): KubeConfig {
  const config = new KubeConfig();
  if (file !== undefined && !existsSync(file)) throw invalid(file, 'there is no such file');
  try {
    if (file === undefined) config.loadFromDefault();
    else config.loadFromFile(file);
  } catch (error) {
    throw invalid(file, messageOf(error).split('\n')[0] ?? '');
  }
  return config;
}

interface Credentials {
  headers: Record<string, string>;
  tls: Pick<RequestOptions, 'ca' | 'cert' | 'key' | 'servername' | 'rejectUnauthorized'>;
}

/** client-node knows all the ways of kubeconfigs: certificates, tokens, exec plugins, OIDC. */
async function authenticate(config: KubeConfig, file: string | undefined): Promise<Credentials> {
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw invalid(file, messageOf(error));
  }
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers[name.toLowerCase()] = value;
  }
  if (options.auth) {
    headers.authorization = `Basic ${Buffer.from(options.auth).toString('base64')}`;
  }
  const { ca, cert, key, servername, rejectUnauthorized } = options;
  return {
    headers,
    tls: Object.fromEntries(
      Object.entries({ ca, cert, key, servername, rejectUnauthorized }).filter(
        ([, value]) => value !== undefined,
      ),
    ),
  };
}

function createDispatcher(tls: Credentials['tls'], proxy: string | undefined): Dispatcher {
  const options = {
    // Over HTTP/2 all requests share one connection and its limit of streams, and destroying it with
    // a watch open is an uncaught error of undici's.
    allowH2: false,
    // A watch is silent for long; it has a deadline of its own (reflector.ts).
    bodyTimeout: 0,
    // Kept for the next request, but for less than load balancers allow a silent connection.
    keepAliveTimeout: 30_000,
  };
  const connect = { ...tls, keepAlive: true, keepAliveInitialDelay: 30_000, timeout: 10_000 };
  // undici's option types want concrete values where node's allow more; what they take is the same.
  const secured = connect as NonNullable<Agent.Options['connect']>;
  return proxy === undefined
    ? new Agent({ ...options, connect: secured })
    : new ProxyAgent({ ...options, uri: proxy, requestTls: secured as object });
}

function invalid(file: string | undefined, why: string): UserError {
  const what = file === undefined ? 'the default kubeconfig' : `kubeconfig ${file}`;
  return new UserError(`cannot use ${what}: ${why}`, 'KubeconfigInvalid');
}
