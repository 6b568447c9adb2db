import { ascending, percentile, type Measured } from './statistics.ts';

/** Curves that are drawn over each other. */
export interface Panel {
  readonly title: string;
  /** By subject. */
  readonly lines: Readonly<Record<string, Measured>>;
}

const WIDTH = 640;
const HEIGHT = 240;
const LEFT = 60;
const BOTTOM = 40;
const TOP = 30;
const RIGHT = 120;
const COLOURS = ['#888888', '#1f77b4', '#d62728', '#2ca02c', '#9467bd'];
/** Shares of the requests that are drawn, and the one in 1,000 at the end. */
const SHARES = [...Array.from({ length: 99 }, (_, index) => (index + 1) / 100), 0.995, 0.999];
const MARKED = [0.5, 0.9, 0.99, 0.999];

/**
 * How large a share of the requests took how long: one panel below the other, as SVG. Both axes are
 * logarithmic, so that the slowest one in a hundred is as wide as the fastest half.
 */
export function picture(panels: readonly Panel[]): string {
  const height = panels.length * HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="11">`,
    `<rect width="${WIDTH}" height="${height}" fill="white"/>`,
    ...panels.map(
      (panel, index) => `<g transform="translate(0 ${index * HEIGHT})">${drawn(panel)}</g>`,
    ),
    '</svg>',
    '',
  ].join('\n');
}

function drawn({ title, lines }: Panel): string {
  const sorted = Object.entries(lines).map(([name, { ms }]) => ({ name, ms: ascending(ms) }));
  const values = sorted.flatMap(({ ms }) => SHARES.map((share) => percentile(ms, share)));
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const y = (ms: number): number =>
    scale(Math.log(ms), Math.log(low), Math.log(high), HEIGHT - BOTTOM, TOP);
  const x = (share: number): number =>
    scale(-Math.log(1 - share), 0, -Math.log(0.001), LEFT, WIDTH - RIGHT);
  const frame = MARKED.map(
    (share) =>
      `<path d="M${x(share)} ${TOP}V${HEIGHT - BOTTOM}" stroke="#dddddd"/>` +
      text(x(share), HEIGHT - BOTTOM + 15, `${share * 100} %`, 'middle'),
  );
  const levels = ticks(low, high).map(
    (ms) =>
      `<path d="M${LEFT} ${fixed(y(ms))}H${WIDTH - RIGHT}" stroke="#dddddd"/>` +
      text(LEFT - 5, y(ms) + 4, `${ms} ms`, 'end'),
  );
  const curves = sorted.map(({ name, ms }, index) => {
    const colour = COLOURS[index % COLOURS.length] ?? 'black';
    const points = SHARES.map((share) => `${fixed(x(share))},${fixed(y(percentile(ms, share)))}`);
    return (
      `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>` +
      `<text x="${WIDTH - RIGHT + 10}" y="${TOP + 15 * (index + 1)}" fill="${colour}">${name}</text>`
    );
  });
  return [text(LEFT, 18, title, 'start'), ...frame, ...levels, ...curves].join('');
}

/** 1, 2 and 5 of each power of ten in the range. */
function ticks(low: number, high: number): number[] {
  const found: number[] = [];
  for (let power = -2; power < 6; power += 1) {
    for (const digit of [1, 2, 5]) {
      const value = digit * 10 ** power;
      if (value >= low && value <= high) found.push(Number(value.toPrecision(1)));
    }
  }
  return found;
}

function scale(value: number, from: number, to: number, start: number, end: number): number {
  return to === from ? start : start + ((value - from) / (to - from)) * (end - start);
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${fixed(x)}" y="${fixed(y)}" text-anchor="${anchor}">${content}</text>`;
}

function fixed(value: number): string {
  return value.toFixed(1);
}
