import { lockState, writeReady } from "../../../src/host/state-lock.ts";

// A second process for the lock tests: takes the state directory, says how that went, and stays.
const [stateDir = "", mode = ""] = process.argv.slice(2);
const lock = lockState(stateDir);
if (lock.ok && mode === "ready") {
  const url = "http://127.0.0.1:4000";
  writeReady(stateDir, {
    apiUrl: url,
    adminUrl: "http://127.0.0.1:8080",
    pid: process.pid,
    version: "1.2.3",
    startedAt: 5,
  });
}
if (mode === "fail") {
  console.error("first line");
  console.error("port 4000 is taken");
  process.exit(3);
}
console.log(JSON.stringify(lock.ok ? { ok: true } : { ok: false, error: lock.error }));
if (!lock.ok) process.exit(1);
setInterval(() => undefined, 60_000);
