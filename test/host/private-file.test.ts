import { describe, expect, test } from "bun:test";
import { chmodSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  createPrivateFileOnce,
  errorCode,
  errorText,
  readIfPresent,
  writePrivateFile,
} from "../../src/host/private-file.ts";
import { temporaryFolder } from "./temporary.ts";

const isPosix = process.platform !== "win32";

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o777;
}

describe("a private file", () => {
  test("is replaced as a whole, with mode 0600 whatever it had before", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "file");
    writeFileSync(path, "old");
    chmodSync(path, 0o666);
    writePrivateFile(path, "new");
    expect(readFileSync(path, "utf8")).toBe("new");
    if (isPosix) expect(modeOf(path)).toBe(0o600);
    expect(readdirSync(folder.path)).toEqual(["file"]);
  });

  test.if(isPosix)("that is a link is replaced, and what it points to is left alone", () => {
    using folder = temporaryFolder();
    const target = join(folder.path, "target");
    writeFileSync(target, "precious");
    symlinkSync(target, join(folder.path, "file"));
    writePrivateFile(join(folder.path, "file"), "new");
    expect(readFileSync(target, "utf8")).toBe("precious");
  });

  test("leaves nothing behind when it cannot be placed", () => {
    using folder = temporaryFolder();
    mkdirSync(join(folder.path, "file"));
    writeFileSync(join(folder.path, "file", "inside"), "");
    expect(() => writePrivateFile(join(folder.path, "file"), "new")).toThrow();
    expect(readdirSync(folder.path)).toEqual(["file"]);
  });

  test("is made once: the second maker is not even asked", () => {
    using folder = temporaryFolder();
    const path = join(folder.path, "file");
    createPrivateFileOnce(path, () => "first");
    createPrivateFileOnce(path, () => {
      throw new Error("must not be asked");
    });
    expect(readFileSync(path, "utf8")).toBe("first");
    if (isPosix) expect(modeOf(path)).toBe(0o600);
  });

  test("that cannot be made leaves nothing behind", () => {
    using folder = temporaryFolder();
    expect(() =>
      createPrivateFileOnce(join(folder.path, "file"), () => {
        throw new Error("no randomness");
      }),
    ).toThrow("no randomness");
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("made by several processes at once has one content, which all of them see", async () => {
    using folder = temporaryFolder();
    const program = join(import.meta.dir, "programs", "make-token.ts");
    const children = Array.from({ length: 4 }, () => Bun.spawn([process.execPath, program, folder.path]));
    const tokens = await Promise.all(children.map((child) => new Response(child.stdout).text()));
    expect(new Set(tokens).size).toBe(1);
    expect(tokens[0]).toMatch(/^[\w-]{43}$/);
    expect(readdirSync(folder.path)).toEqual(["admin.token"]);
  });

  test("that is missing reads as null, and what is no file is an error", () => {
    using folder = temporaryFolder();
    expect(readIfPresent(join(folder.path, "missing"))).toBeNull();
    expect(() => readIfPresent(folder.path)).toThrow();
  });
});

describe("an error", () => {
  const cases: [unknown, string, string][] = [
    [Object.assign(new Error("no entry"), { code: "ENOENT" }), "ENOENT", "no entry"],
    [new Error("plain"), "", "plain"],
    ["text", "", "text"],
    [null, "", "null"],
    [undefined, "", "undefined"],
  ];
  for (const [error, code, text] of cases) {
    test(`such as ${String(error)} has a code and a text`, () => {
      expect([errorCode(error), errorText(error)]).toEqual([code, text]);
    });
  }
});
