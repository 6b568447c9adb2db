import { Agent, request } from 'node:https';
import type { Access } from './kubeconfig.ts';

/** An answer of the API server. */
export interface ApiAnswer {
  readonly status: number;
  /** Parsed where it is JSON, else the text. */
  readonly body: unknown;
}

/** Just enough of a client to set a cluster up and ask how it is. */
export interface ApiClient {
  get(path: string): Promise<ApiAnswer>;
  /** Server-side apply of one object at its path; any answer but 2xx is an error. */
  apply(path: string, object: object): Promise<void>;
  close(): void;
}

/** A client with its own connections; nothing of it outlives `close`. */
export function createApiClient(access: Omit<Access, 'name'>): ApiClient {
  const agent = new Agent({
    keepAlive: true,
    ca: access.authority,
    cert: access.credentials.certificate,
    key: access.credentials.key,
  });

  function ask(method: string, path: string, type?: string, body?: string): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const headers = { accept: 'application/json', ...(type && { 'content-type': type }) };
      const url = new URL(path, access.server);
      const call = request(url, { method, agent, headers, timeout: 10_000 }, (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, body: parsed(text) });
        });
      });
      call.on('timeout', () => call.destroy(new Error(`no answer from ${url.host} in 10 s`)));
      call.on('error', reject);
      call.end(body);
    });
  }

  return {
    get: (path) => ask('GET', path),
    async apply(path, object) {
      const query = '?fieldManager=embedded-cluster&force=true';
      const type = 'application/apply-patch+yaml';
      const answer = await ask('PATCH', `${path}${query}`, type, JSON.stringify(object));
      if (answer.status < 200 || answer.status > 299) {
        throw new Error(`applying ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
      }
    },
    close() {
      agent.destroy();
    },
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
