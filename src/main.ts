import { VERSION } from "./version.ts";

/** Hands the command line over. The version is asked for by scripts and installers all the time: it loads no command tree. */
async function main(words: readonly string[]): Promise<void> {
  const [word] = words;
  if ((word === "--version" || word === "-v") && words.length === 1) {
    process.stdout.write(`${VERSION}\n`);
    return;
  }
  const { runProcess } = await import("./cli/process.ts");
  await runProcess(VERSION);
}

// Not awaited here: while a module's top level waits, Bun 1.4 prints an error that nobody caught and goes on as if nothing were.
if (import.meta.main) void main(process.argv.slice(2));
