import { currentFetchCap, raiseFetchCap } from "../../../src/host/process.ts";

// Restarts itself in place once, then serves and asks itself more often than Bun's default cap would allow at once.
const firstPid = process.env.FIRST_PID ?? String(process.pid);
process.env.FIRST_PID = firstPid;
const outcome = await raiseFetchCap();

const wanted = Number(process.argv[2]);
let open = 0;
let most = 0;
const release = Promise.withResolvers<void>();
const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  async fetch() {
    open += 1;
    most = Math.max(most, open);
    if (most === wanted) release.resolve();
    await release.promise;
    return new Response("ok");
  },
});
const timer = setTimeout(() => release.resolve(), 4000);
await Promise.all(Array.from({ length: wanted }, async () => (await fetch(server.url)).text()));
clearTimeout(timer);
const isSamePid = firstPid === String(process.pid);
console.log(JSON.stringify({ outcome, most, isSamePid, cap: currentFetchCap(), args: process.argv.slice(2) }));
process.exit(0);
