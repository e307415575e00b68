/** Runs `work` with the wall clock so many milliseconds ahead: cooldowns are measured by it. */
export async function later<Value>(ms: number, work: () => Promise<Value>): Promise<Value> {
  const realNow = Date.now;
  Date.now = () => realNow() + ms;
  try {
    return await work();
  } finally {
    Date.now = realNow;
  }
}
