import { describe, expect, test } from "bun:test";
import { command } from "../../../src/cli/update.ts";
import { runCommand } from "../run-command.ts";
import { serveFolder, temporaryFolder, writeRelease } from "./fixture.ts";

const lodestarUpdate = (args: readonly string[], environment: Readonly<Record<string, string>> = {}) =>
  runCommand(command, args, environment);

describe("lodestar update", () => {
  test("--check says that there is a newer version and how to get it", async () => {
    using folder = temporaryFolder();
    using server = serveFolder(writeRelease(folder.path, "1.1.0", {}));
    const run = await lodestarUpdate(["--check"], { LODESTAR_UPDATE_URL: server.url });
    expect(run).toEqual({
      code: 0,
      out: "Lodestar 1.1.0 is available; this is 1.0.0. Install it with: lodestar update\n",
      talk: "",
    });
  });

  test("--check --json prints one line of data", async () => {
    using folder = temporaryFolder();
    const place = writeRelease(folder.path, "1.0.0", {});
    const run = await lodestarUpdate(["--check", "--json", "--from", place]);
    expect(JSON.parse(run.out)).toEqual({ current: "1.0.0", latest: "1.0.0", isNewer: false, source: place });
  });

  test("--check says that all is up to date", async () => {
    using folder = temporaryFolder();
    const run = await lodestarUpdate(["--check", "--from", writeRelease(folder.path, "0.9.0", {})]);
    expect(run.out).toContain("Lodestar 1.0.0 is up to date");
  });

  test("without a source it says that this build has none and how to name one", async () => {
    const run = await lodestarUpdate(["--check"]);
    expect(run.code).toBe(1);
    expect(run.talk).toContain("does not know where new versions are published");
    expect(run.talk).toContain("LODESTAR_UPDATE_URL");
  });

  test("from the sources there is nothing to replace", async () => {
    const run = await lodestarUpdate(["--from", "/nowhere"]);
    expect(run.code).toBe(1);
    expect(run.talk).toContain("not_a_binary");
  });

  test("--rollback goes alone", async () => {
    const run = await lodestarUpdate(["--rollback", "--to", "1.0.0"]);
    expect(run.code).toBe(2);
    expect(run.talk).toContain("conflicting_flags");
  });
});
