import { describe, expect, test } from "bun:test";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { placeBinary, previousPath, rollBackBinary } from "../../../src/features/update/swap.ts";
import { findOffer, installOffer } from "../../../src/features/update/update.ts";
import { fakeBinary, serveFolder, temporaryFolder, textOf, writeExecutable, writeRelease } from "./fixture.ts";

const ASSET = "lodestar-linux-x64";
const OLD = fakeBinary("1.0.0");
const NEW = fakeBinary("1.1.0");

/** An installed 1.0.0, and a place with 1.1.0. */
function scene(root: string, content = NEW): { readonly binary: string; readonly release: string } {
  mkdirSync(join(root, "bin"));
  writeExecutable(join(root, "bin/lodestar"), OLD);
  return {
    binary: join(root, "bin/lodestar"),
    release: writeRelease(join(root, "release"), "1.1.0", { [ASSET]: content }),
  };
}

async function offerFrom(from: string | null, version: string | null = null) {
  return findOffer({ from, version, current: "1.0.0" });
}

/** Finds and installs, and returns the problem's code, or the version. */
async function updateFrom(from: string, binary: string, version: string | null = null): Promise<string> {
  const offer = await offerFrom(from, version);
  if (!offer.ok) return offer.error.code;
  const installed = await installOffer(offer.value, ASSET, binary);
  return installed.ok ? installed.value.version : installed.error.code;
}

describe("looking for an update", () => {
  test("a newer release on a web server is an offer", async () => {
    using folder = temporaryFolder();
    using server = serveFolder(scene(folder.path).release);
    const offer = await offerFrom(server.url);
    expect(offer.ok && { version: offer.value.index.version, isNewer: offer.value.isNewer }).toEqual({
      version: "1.1.0",
      isNewer: true,
    });
  });

  test.each([
    ["1.0.0", false],
    ["0.9.9", false],
    ["1.0.1", true],
  ])("a release %s is newer than 1.0.0: %p", async (version, isNewer) => {
    using folder = temporaryFolder();
    const offer = await offerFrom(writeRelease(folder.path, version, {}));
    expect(offer.ok && offer.value.isNewer).toBe(isNewer);
  });

  test("a certain version lies in the folder of its name", async () => {
    using folder = temporaryFolder();
    const { release } = scene(folder.path);
    writeRelease(join(release, "0.9.0"), "0.9.0", { [ASSET]: fakeBinary("0.9.0") });
    using server = serveFolder(release);
    const offer = await offerFrom(server.url, "0.9.0");
    expect(offer.ok && offer.value.source.place).toBe(`${server.url}/0.9.0`);
  });

  test("the latest can be asked for by its version", async () => {
    using folder = temporaryFolder();
    const offer = await offerFrom(scene(folder.path).release, "1.1.0");
    expect(offer.ok && offer.value.index.version).toBe("1.1.0");
  });

  test.each([
    ["without a source", null, null, "no_update_source"],
    ["over plain http from another machine", "http://releases.example", null, "update_source_refused"],
    ["over ftp", "ftp://releases.example", null, "update_source_refused"],
    ["with a version that is a path", "https://releases.example", "../../etc", "bad_version"],
    ["from a server that is not there", "http://127.0.0.1:1", null, "update_source_unreadable"],
    ["from an empty folder", "/nonexistent-release", null, "update_not_found"],
  ])("%s it says why and what to do", async (_title, from, version, code) => {
    const offer = await offerFrom(from, version);
    expect(offer.ok ? "" : offer.error.code).toBe(code);
  });

  test("a version nobody published is named", async () => {
    using folder = temporaryFolder();
    const offer = await offerFrom(scene(folder.path).release, "7.0.0");
    expect(offer.ok ? "" : offer.error.message).toContain("no version 7.0.0");
  });

  test("a web page in the place of VERSION is refused", async () => {
    using folder = temporaryFolder();
    using server = serveFolder(folder.path, () => new Response("<html>"));
    const offer = await offerFrom(server.url);
    expect(offer.ok ? "" : offer.error.code).toBe("update_source_invalid");
  });
});

describe("installing an update", () => {
  test("puts the new binary in place and keeps the old one", async () => {
    using folder = temporaryFolder();
    const { binary, release } = scene(folder.path);
    using server = serveFolder(release);
    expect(await updateFrom(server.url, binary)).toBe("1.1.0");
    expect(textOf(binary)).toBe(NEW);
    expect(statSync(binary).mode & 0o111).toBe(0o111);
    expect(textOf(previousPath(binary))).toBe(OLD);
    expect(readdirSync(join(folder.path, "bin")).sort()).toEqual(["lodestar", "lodestar.previous"]);
  });

  test("works from a folder, twice, and keeps only the last previous one", async () => {
    using folder = temporaryFolder();
    const { binary, release } = scene(folder.path);
    expect(await updateFrom(release, binary)).toBe("1.1.0");
    writeRelease(release, "1.2.0", { [ASSET]: fakeBinary("1.2.0") });
    expect(await updateFrom(release, binary)).toBe("1.2.0");
    expect(textOf(previousPath(binary))).toBe(NEW);
  });

  const REFUSALS: readonly (readonly [title: string, content: string, code: string])[] = [
    ["says another version", fakeBinary("6.6.6"), "update_does_not_run"],
    ["ends badly", fakeBinary("1.1.0", 3), "update_does_not_run"],
    ["is made for another machine", "\x7fELF not for us", "update_does_not_run"],
  ];
  for (const [title, content, code] of REFUSALS) {
    test(`leaves all as it was when the new binary ${title}`, async () => {
      using folder = temporaryFolder();
      const { binary, release } = scene(folder.path, content);
      expect(await updateFrom(release, binary)).toBe(code);
      expect(textOf(binary)).toBe(OLD);
      expect(readdirSync(join(folder.path, "bin"))).toEqual(["lodestar"]);
    });
  }

  test("leaves all as it was when the checksum differs", async () => {
    using folder = temporaryFolder();
    const { binary, release } = scene(folder.path);
    writeFileSync(join(release, ASSET), fakeBinary("1.1.0 # tampered"));
    using server = serveFolder(release);
    expect(await updateFrom(server.url, binary)).toBe("update_checksum_mismatch");
    expect(textOf(binary)).toBe(OLD);
    expect(readdirSync(join(folder.path, "bin"))).toEqual(["lodestar"]);
  });

  test("says so when the release has no file for this machine", async () => {
    using folder = temporaryFolder();
    const { binary, release } = scene(folder.path);
    writeRelease(release, "1.1.0", { "lodestar-darwin-arm64": NEW });
    expect(await updateFrom(release, binary)).toBe("update_not_for_this_machine");
  });

  test("says so when the binary cannot be replaced, and cleans up", () => {
    using folder = temporaryFolder();
    const binary = join(folder.path, "lodestar");
    mkdirSync(join(binary, "not-empty"), { recursive: true });
    writeExecutable(join(folder.path, "made"), NEW);
    const outcome = placeBinary(join(folder.path, "made"), binary);
    expect(outcome.ok ? "" : outcome.error.code).toBe("update_not_written");
    expect(readdirSync(folder.path)).toEqual(["lodestar"]);
  });

  test("says so when the file cannot be fetched", async () => {
    using folder = temporaryFolder();
    const { binary, release } = scene(folder.path);
    using server = serveFolder(release, (path) =>
      path.endsWith(ASSET) ? new Response("no", { status: 403 }) : undefined,
    );
    expect(await updateFrom(server.url, binary)).toBe("update_source_unreadable");
    expect(textOf(binary)).toBe(OLD);
  });

  test.skipIf(process.getuid?.() === 0)(
    "says so when the folder is not ours (skipped as root, who may write anywhere)",
    async () => {
      using folder = temporaryFolder();
      const { binary, release } = scene(folder.path);
      chmodSync(join(folder.path, "bin"), 0o555);
      const outcome = await updateFrom(release, binary);
      chmodSync(join(folder.path, "bin"), 0o755);
      expect(["update_source_unreadable", "update_not_written"]).toContain(outcome);
    },
  );
});

describe("rolling back", () => {
  test("brings the previous binary back, and a second time undoes that", async () => {
    using folder = temporaryFolder();
    const { binary, release } = scene(folder.path);
    await updateFrom(release, binary);
    expect(rollBackBinary(binary).ok).toBe(true);
    expect([textOf(binary), textOf(previousPath(binary))]).toEqual([OLD, NEW]);
    expect(rollBackBinary(binary).ok).toBe(true);
    expect([textOf(binary), textOf(previousPath(binary))]).toEqual([NEW, OLD]);
  });

  test("that fails half-way leaves both as they were", async () => {
    using folder = temporaryFolder();
    const binary = join(folder.path, "lodestar");
    mkdirSync(join(binary, "not-empty"), { recursive: true });
    writeExecutable(previousPath(binary), OLD);
    const outcome = rollBackBinary(binary);
    expect(outcome.ok ? "" : outcome.error.code).toBe("update_not_written");
    expect(textOf(previousPath(binary))).toBe(OLD);
    expect(readdirSync(folder.path).sort()).toEqual(["lodestar", "lodestar.previous"]);
  });

  test("without a previous binary changes nothing and says what to do instead", () => {
    using folder = temporaryFolder();
    const { binary } = scene(folder.path);
    const outcome = rollBackBinary(binary);
    expect(outcome.ok ? "" : outcome.error.code).toBe("no_previous_binary");
    expect(outcome.ok ? "" : outcome.error.fix).toContain("--to");
    expect(existsSync(previousPath(binary))).toBe(false);
    expect(textOf(binary)).toBe(OLD);
  });
});
