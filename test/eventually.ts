/**
 * Asks again and again until `check` gives neither undefined nor false and does not throw. When `deadlineMs` is over
 * it throws what the last try threw.
 */
export async function eventually<T>(check: () => T | Promise<T>, deadlineMs = 5000): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    try {
      const value = await check();
      if (value !== undefined && value !== null && value !== false) return value;
      if (performance.now() > end) throw new Error(`Not so after ${deadlineMs} ms: ${check.toString()}`);
    } catch (error) {
      if (performance.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
