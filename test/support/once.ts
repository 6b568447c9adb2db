import { expect } from '@jest/globals';
import { createHash } from 'node:crypto';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Where the process of a test file ends by itself, by an error that nobody caught, jest runs the file
 * again and says nothing: a crash would pass as a success, or as whatever fails because the first run
 * has left its objects. Here the second run fails, and says why.
 */

const { TEST_RUN: folder } = process.env;
const { testPath } = expect.getState();
if (folder !== undefined && testPath !== undefined) {
  const begun = join(folder, createHash('sha256').update(testPath).digest('hex'));
  if (existsSync(begun)) {
    throw new Error(
      'jest runs this file again, for the process of its first run ended by itself; see above why',
    );
  }
  writeFileSync(begun, '');
}
