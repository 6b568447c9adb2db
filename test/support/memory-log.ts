import type { Log, LogFields, LogLevel } from '../../src/log.ts';

/** Where several processes of a test share a log, each has its name in it. */
type Fields = LogFields & { process?: string };

export interface Line {
  level: LogLevel;
  message: string;
  fields: Fields;
}

/** A log that keeps its lines. */
export interface MemoryLog extends Log {
  readonly lines: Line[];
  /** Messages of that level. */
  at(level: LogLevel): string[];
}

export function memoryLog(lines: Line[] = [], common: Fields = {}): MemoryLog {
  const write =
    (level: LogLevel) =>
    (message: string, fields: LogFields = {}): void => {
      lines.push({ level, message, fields: { ...common, ...fields } });
    };
  return {
    lines,
    at: (level) => lines.filter((line) => line.level === level).map(({ message }) => message),
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => memoryLog(lines, { ...common, ...fields }),
  };
}
