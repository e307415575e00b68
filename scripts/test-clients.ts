import { existsSync, mkdirSync, rmSync } from "node:fs";
import { clientsFolder } from "../test/clients/install.ts";
import { summaryLine } from "./junit.ts";
import { ROOT } from "./step.ts";
import { runTests } from "./test.ts";

/** For a check: the page stays as it is committed. */
const KEEP_PAGE = "--keep-page";

/**
 * `bun run test:clients`: real coding agents through the compiled binary, and what goes upstream against the documents that
 * OpenAI, Anthropic and Google publish. They are installed from npm and PyPI, about two
 * gigabytes, into `LODESTAR_TEST_CLIENTS` or a folder of the user's cache, and stay there; so this is no part of
 * `bun run test`, but a step of `.ci/run`. What cannot be installed is skipped, and told with the reason. Writes
 * `docs/clients-tested.md` when all is well, but not with `--keep-page`, and ends with a line `N passed, N failed`. Other
 * words after it narrow the tests: `bun run test:clients -- -t Codex`.
 */
async function testClients(words: readonly string[]): Promise<number> {
  const args = words.filter((word) => word !== KEEP_PAGE);
  process.env.LODESTAR_TEST_CLIENTS = clientsFolder();
  mkdirSync(clientsFolder(), { recursive: true });
  const report = `${ROOT}.cache/clients-tested.md`;
  rmSync(report, { force: true });
  process.env.LODESTAR_CLIENTS_REPORT = report;
  const counts = await runTests(["--timeout=900000", "./test/clients", ...args]);
  const isWhole = counts.failed === 0 && words.length === 0;
  if (isWhole && existsSync(report)) await Bun.write(`${ROOT}docs/clients-tested.md`, Bun.file(report));
  console.log(summaryLine(counts.passed, counts.failed));
  return counts.failed === 0 ? 0 : 1;
}

process.exitCode = await testClients(process.argv.slice(2));
