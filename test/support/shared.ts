import { afterAll, afterEach, beforeAll } from '@jest/globals';

/**
 * What the tests of a file share: opened before the first of them, closed after the last one, in
 * the opposite order. What was open when a later part failed to open is closed too, and the failure
 * stays the only one that is told.
 *
 * @param open leaves in `parts` how each part is closed, as soon as it is there
 * @param tidy comes after each test, unless `open` has failed
 */
export function shared(
  open: (parts: AsyncDisposableStack) => Promise<void>,
  tidy?: () => Promise<void>,
): void {
  const parts = new AsyncDisposableStack();
  let isOpen = false;
  beforeAll(async () => {
    await open(parts);
    isOpen = true;
  });
  if (tidy !== undefined) {
    afterEach(async () => {
      if (isOpen) await tidy();
    });
  }
  afterAll(() => parts.disposeAsync());
}
