import type { Log, LogFields, LogLevel } from '../../src/log.ts';

export interface Line {
  level: LogLevel;
  message: string;
  fields: LogFields;
}

/** A log that keeps its lines. */
export interface MemoryLog extends Log {
  readonly lines: Line[];
  /** Messages of that level. */
  at(level: LogLevel): string[];
}

export function memoryLog(lines: Line[] = [], common: LogFields = {}): MemoryLog {
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
