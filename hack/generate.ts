import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chartFiles } from './chart-files.ts';

// Writes everything in the repository that is generated from the sources.
const root = join(import.meta.dirname, '..');
for (const { path, content } of chartFiles()) {
  writeFileSync(join(root, path), content);
  process.stdout.write(`wrote ${path}\n`);
}
