import { Counter, type Registry } from 'prom-client';

/** What is asked of the API server. */
export interface RequestMetrics {
  /** Once a try; `code` is the HTTP status, or `undefined` where there was no answer. */
  requested: (request: { host: string; method: string; code: number | undefined }) => void;
}

/** As client-go has it. */
const NO_ANSWER = '<error>';

export function requestMetrics(registry: Registry): RequestMetrics {
  const requests = new Counter({
    name: 'rest_client_requests_total',
    help: 'Requests to the API server, by HTTP status (<error> where there was no answer), method and host.',
    labelNames: ['code', 'method', 'host'],
    registers: [registry],
  });
  return {
    requested({ host, method, code }) {
      requests.inc({ code: code === undefined ? NO_ANSWER : String(code), method, host });
    },
  };
}
