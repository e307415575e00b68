import { mkdirSync } from "node:fs";
import { clientsFolder } from "../test/clients/install.ts";
import { summaryLine } from "./junit.ts";
import { ROOT } from "./step.ts";
import { runTests } from "./test.ts";

/**
 * `bun run test:clients`: real coding agents through the compiled binary, and what goes upstream against the documents that
 * OpenAI, Anthropic and Google publish. They are installed from npm and PyPI, about two
 * gigabytes, into `LODESTAR_TEST_CLIENTS` or a folder of the user's cache, and stay there; so this is no part of
 * `bun run test`, and of `.ci/run` only where that variable is set. Writes `docs/clients-tested.md` when all is well,
 * and ends with a line `N passed, N failed`. Words after it narrow the tests: `bun run test:clients -- -t Codex`.
 */
async function testClients(args: readonly string[]): Promise<number> {
  process.env.LODESTAR_TEST_CLIENTS = clientsFolder();
  mkdirSync(clientsFolder(), { recursive: true });
  const report = `${ROOT}.cache/clients-tested.md`;
  process.env.LODESTAR_CLIENTS_REPORT = report;
  const counts = await runTests(["--timeout=900000", "./test/clients", ...args]);
  const isWhole = counts.failed === 0 && args.length === 0;
  if (isWhole) await Bun.write(`${ROOT}docs/clients-tested.md`, Bun.file(report));
  console.log(summaryLine(counts.passed, counts.failed));
  return counts.failed === 0 ? 0 : 1;
}

process.exitCode = await testClients(process.argv.slice(2));
