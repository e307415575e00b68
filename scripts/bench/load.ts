import type { Job } from "./load/job.ts";
import { runJob } from "./load/manners.ts";

/**
 * The load generator, a program of its own: the first line of standard input is the job, standard output gets `begun` where
 * streams are held and then the result, each a line of JSON. The end of standard input ends a held job.
 */
async function main(): Promise<void> {
  const lines = console[Symbol.asyncIterator]();
  const first = await lines.next();
  // Written by the benchmark itself.
  const job = JSON.parse(String(first.value)) as Job;
  const ending = lines.next().then(() => undefined);
  const result = await runJob(job, { begun: () => console.log('{"begun":true}'), ending });
  console.log(JSON.stringify(result));
  process.exit(0);
}

if (import.meta.main) await main();
