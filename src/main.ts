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

if (import.meta.main) await main(process.argv.slice(2));
