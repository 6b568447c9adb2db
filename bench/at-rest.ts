import type { AuditLog } from '../e2e/audit.ts';
import type { Report } from './report.ts';
import type { Serving } from './shipped.ts';
import type { Stand } from './stand.ts';

/** An operator with so many bindings that has nothing to do. */
export interface AtRest {
  readonly stand: Stand;
  readonly audit: AuditLog;
  /** The one that has made the bindings, in mode `all`. */
  readonly operator: Serving;
  readonly floor: Serving;
  readonly bindings: number;
  /** How often it is looked at, and for how long. */
  readonly looks: number;
  readonly seconds: number;
  readonly report: Report;
}
