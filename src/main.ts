#!/usr/bin/env bun
import { VERSION } from "./version.ts";

const [word, ...more] = process.argv.slice(2);

// The version is asked for by scripts and installers all the time: it costs no import of the command tree.
if ((word === "--version" || word === "-v") && more.length === 0) {
  process.stdout.write(`${VERSION}\n`);
} else {
  const { runProcess } = await import("./cli/process.ts");
  await runProcess(VERSION);
}
