import { pino } from 'pino';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/**
 * What a line may have besides `level`, `time` and `msg`. People search by these keys: docs/health.md says
 * what each means, and they stay what they are.
 */
export const LOG_KEYS = [
  'account',
  'at',
  'binding',
  'controller',
  'denial',
  'error',
  'holder',
  'identity',
  'key',
  'keys',
  'kind',
  'kubernetes',
  'mode',
  'namespace',
  'notAfter',
  'notBefore',
  'object',
  'objects',
  'pod',
  'reason',
  'requestUid',
  'server',
  'stack',
  'url',
  'version',
  'waitMs',
  'waiting',
  'why',
  'writes',
] as const;

/** Values are strings and numbers so that lines stay greppable. */
export type LogFields = Partial<
  Record<(typeof LOG_KEYS)[number], string | number | boolean | undefined>
>;

/** One line a decision at info, none at rest. An error is logged once, where it ends. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  /** A log whose lines all carry these fields. */
  with(fields: LogFields): Log;
}

/** JSON lines on standard error: `level`, `time` (RFC 3339), `msg` and the fields. */
export function createLog(options: { level: LogLevel }): Log {
  return wrap(
    pino(
      {
        level: options.level,
        base: null,
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      pino.destination({ fd: 2, sync: true }),
    ),
  );
}

function wrap(logger: ReturnType<typeof pino>): Log {
  return {
    debug: (message, fields = {}) => {
      logger.debug(fields, message);
    },
    info: (message, fields = {}) => {
      logger.info(fields, message);
    },
    warn: (message, fields = {}) => {
      logger.warn(fields, message);
    },
    error: (message, fields = {}) => {
      logger.error(fields, message);
    },
    with: (fields) => wrap(logger.child(fields)),
  };
}

/** For tests and for callers that have nowhere to log to. */
export const silentLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  with: () => silentLog,
};
