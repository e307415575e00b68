import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { assetName, thisMachine } from "../../../src/features/update/asset.ts";
import { compareVersions, isVersion, readIndex } from "../../../src/features/update/release-index.ts";

const DIGEST = "a".repeat(64);

describe("versions", () => {
  // The order of Semantic Versioning 2.0.0, section 11.
  const ORDERED = [
    "0.1.0",
    "0.9.0",
    "0.10.0",
    "1.0.0-alpha",
    "1.0.0-alpha.1",
    "1.0.0-alpha.beta",
    "1.0.0-beta",
    "1.0.0-beta.2",
    "1.0.0-beta.11",
    "1.0.0-rc.1",
    "1.0.0",
    "2.0.0",
  ];

  test("compare as Semantic Versioning orders them", () => {
    for (const [left, a] of ORDERED.entries()) {
      for (const [right, b] of ORDERED.entries()) {
        expect({ a, b, sign: Math.sign(compareVersions(a, b)) }).toEqual({ a, b, sign: Math.sign(left - right) });
      }
    }
  });

  test("compare by number, whatever the numbers", () => {
    const version = fc.tuple(fc.nat(), fc.nat(), fc.nat());
    fc.assert(
      fc.property(version, version, (left, right) => {
        const order = compareVersions(left.join("."), right.join("."));
        const first = left.findIndex((part, index) => part !== right[index]);
        const want = first === -1 ? 0 : Math.sign((left[first] ?? 0) - (right[first] ?? 0));
        expect(Math.sign(order)).toBe(want);
      }),
    );
  });

  test.each(["1.2.3", "0.0.1-rc.1", "10.20.30"])("%s is a version", (text) => expect(isVersion(text)).toBe(true));
  test.each(["", "1.2", "v1.2.3", "1.2.3.4", "../1.2.3", "1.2.3/.."])("%p is none", (text) =>
    expect(isVersion(text)).toBe(false),
  );
});

describe("the index of a release", () => {
  test("is read from VERSION and SHA256SUMS, in text and binary notation", () => {
    const index = readIndex("1.2.3\n", `${DIGEST}  lodestar-linux-x64\n${DIGEST} *lodestar-windows-x64.exe\n\n`);
    expect(index).toEqual({
      ok: true,
      value: {
        version: "1.2.3",
        sums: new Map([
          ["lodestar-linux-x64", DIGEST],
          ["lodestar-windows-x64.exe", DIGEST],
        ]),
      },
    });
  });

  test.each([
    ["a page instead of a version", "<!doctype html>", "", "which is no version"],
    ["a digest that is too short", "1.0.0", "abc  lodestar-linux-x64", "bad line"],
    ["a file name that climbs", "1.0.0", `${DIGEST}  ../lodestar`, "bad line"],
    ["no file name", "1.0.0", DIGEST, "bad line"],
  ])("is refused with %s", (_title, version, sums, reason) => {
    const index = readIndex(version, sums);
    expect(index.ok ? "" : index.error).toContain(reason);
  });
});

describe("the file for a machine", () => {
  const MACHINES = [
    [{ platform: "linux", arch: "x64", isMusl: false, hasAvx2: true }, "lodestar-linux-x64"],
    [{ platform: "linux", arch: "x64", isMusl: false, hasAvx2: false }, "lodestar-linux-x64-baseline"],
    [{ platform: "linux", arch: "x64", isMusl: true, hasAvx2: true }, "lodestar-linux-x64-musl"],
    [{ platform: "linux", arch: "x64", isMusl: true, hasAvx2: false }, "lodestar-linux-x64-musl-baseline"],
    [{ platform: "linux", arch: "arm64", isMusl: false, hasAvx2: false }, "lodestar-linux-arm64"],
    [{ platform: "linux", arch: "arm64", isMusl: true, hasAvx2: false }, "lodestar-linux-arm64-musl"],
    [{ platform: "darwin", arch: "arm64", isMusl: false, hasAvx2: true }, "lodestar-darwin-arm64"],
    [{ platform: "darwin", arch: "x64", isMusl: false, hasAvx2: true }, "lodestar-darwin-x64"],
    [{ platform: "win32", arch: "x64", isMusl: false, hasAvx2: true }, "lodestar-windows-x64.exe"],
    [{ platform: "win32", arch: "arm64", isMusl: false, hasAvx2: true }, null],
    [{ platform: "linux", arch: "riscv64", isMusl: false, hasAvx2: false }, null],
    [{ platform: "freebsd", arch: "x64", isMusl: false, hasAvx2: true }, null],
  ] as const;

  for (const [machine, want] of MACHINES) {
    const { platform, arch, isMusl, hasAvx2 } = machine;
    const title = `${platform} ${arch}${isMusl ? " with musl" : ""}${hasAvx2 ? "" : " without AVX2"}`;
    test(`${title} takes ${want ?? "none"}`, () => expect(assetName(machine)).toBe(want));
  }

  test("this machine has one", () => {
    expect(assetName(thisMachine())).toStartWith("lodestar-");
  });
});
