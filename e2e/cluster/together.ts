/** Work that ends soon after its signal was aborted. */
export type Task = (signal: AbortSignal) => Promise<unknown>;

/**
 * Runs tasks side by side. The first failure aborts the others and is thrown when all have ended:
 * whoever cleans up after it must not have something started behind its back.
 */
export async function together(tasks: readonly Task[], signal: AbortSignal): Promise<void> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const failures: unknown[] = [];
  await Promise.all(
    tasks.map((task) =>
      task(either).catch((thrown: unknown) => {
        failures.push(thrown);
        failed.abort();
      }),
    ),
  );
  if (failures.length > 0) throw failures[0];
}
