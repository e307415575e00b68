// The way in from a clean clone where only Node and npm exist: `node scripts/bootstrap.mjs start|test|build|run FILE`.
// Fetches the pinned Bun and the dependencies where they are missing or stale, says nothing where all is well.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const OLDEST_NODE = 18;
const REPEATED_SIGNAL_MS = 500;
const PARENT_CHECK_MS = 500;

function say(line) {
  process.stderr.write(`[lodestar] ${line}\n`);
}

/** Installs the locked dependencies unless the stamp says that this very lock file is installed. */
function installDependencies(bun, SetupError) {
  const digest = createHash("sha256");
  for (const file of ["package.json", "bun.lock"]) digest.update(readFileSync(join(ROOT, file)));
  const want = digest.digest("hex");
  const stamp = join(ROOT, "node_modules", ".lodestar-installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === want) return;
  say("Installing the locked dependencies");
  const run = spawnSync(bun, ["install", "--frozen-lockfile", "--no-progress"], { cwd: ROOT, encoding: "utf8" });
  if (run.status !== 0) {
    throw new SetupError(
      `bun install failed.\n${(run.stderr || run.stdout || String(run.error)).trim()}\nOffline? Connect once and run this again.`,
    );
  }
  linkRuntime(bun);
  writeFileSync(stamp, want);
}

/** Puts Bun beside the other tools, so that `node_modules/.bin` on PATH is a whole tool box. Not needed for anything here. */
function linkRuntime(bun) {
  const link = join(ROOT, "node_modules", ".bin", "bun");
  if (process.platform === "win32" || existsSync(link)) return;
  mkdirSync(join(link, ".."), { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(bun, link);
}

/** Runs a script of ours with Bun, its output straight through; returns the exit code. */
function runScript(bun, args) {
  const run = spawnSync(bun, args, { cwd: ROOT, stdio: "inherit" });
  return run.status ?? 1;
}

/**
 * Runs the built gateway until it ends, passing signals on. It gets a process group of its own, because a terminal's Ctrl-C
 * would otherwise reach it three times (terminal, npm, this process) and its second signal means "abort". Signals are
 * listened for before it is started: one that came in between would end this process and leave the gateway alone.
 */
function serve(args) {
  let lastSignalAt = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(signal, () => {
      const now = Date.now();
      if (now - lastSignalAt > REPEATED_SIGNAL_MS) child.kill(signal === "SIGHUP" ? "SIGTERM" : signal);
      lastSignalAt = now;
    });
  }
  const isWindows = process.platform === "win32";
  const child = spawn(join(ROOT, "dist", isWindows ? "lodestar.exe" : "lodestar"), ["serve", ...args], {
    stdio: "inherit",
    detached: !isWindows,
  });
  stopWithParent(() => child.kill("SIGTERM"));
  child.on("error", (error) => {
    say(`dist/lodestar does not start: ${error.message}`);
    process.exitCode = 1;
  });
  child.on("exit", (code, signal) => {
    process.exitCode = code ?? (signal === "SIGINT" ? 130 : 143);
  });
}

/** Calls `stop` when the parent is gone: a signal to npm ends npm and its shell, but does not reach this process. */
function stopWithParent(stop) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, PARENT_CHECK_MS);
  timer.unref();
}

async function main([task = "", ...args]) {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE) {
    say(`Node ${process.versions.node} is too old: Node ${OLDEST_NODE} or newer is needed (https://nodejs.org).`);
    return 1;
  }
  const { ensureRuntime, SetupError } = await import("./bun-runtime.mjs");
  try {
    const bun = ensureRuntime(ROOT, say);
    installDependencies(bun, SetupError);
    if (task === "run") return runScript(bun, args);
    if (task === "build") return runScript(bun, ["scripts/build.ts", ...args]);
    if (task === "test") return runScript(bun, ["scripts/test.ts", ...args]);
    if (task !== "start") {
      say(`unknown task "${task}": use start, test, build or run FILE`);
      return 2;
    }
    const built = runScript(bun, ["scripts/build.ts", "--if-stale"]);
    if (built === 0) serve(args);
    return built;
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
