import { describe, expect, test } from "bun:test";
import manifest from "../../package.json" with { type: "json" };
import { percentOf, readLcov } from "../../scripts/coverage.ts";
import { executableKind, executableKindOf } from "../../scripts/executable-kind.ts";
import { countTests, skippedTests, summaryLine } from "../../scripts/junit.ts";
import { RELEASE_TARGETS } from "../../scripts/release.ts";
import { bill, type Lock, readLock, shippedPackages } from "../../scripts/sbom.ts";
import { ROOT } from "../../scripts/step.ts";

describe("the counts of a test run", () => {
  const report = (attributes: string): string => `<?xml version="1.0"?>\n<testsuites ${attributes}>\n</testsuites>`;

  test.each([
    [
      "all passed",
      report('name="bun test" tests="10" assertions="7" failures="0" skipped="2" time="1"'),
      true,
      [8, 0, 2],
    ],
    ["some failed", report('tests="10" failures="3" skipped="0"'), false, [7, 3, 0]],
    ["a file did not load", report('tests="10" failures="0" skipped="0"'), false, [10, 1, 0]],
    ["the runner crashed before its report", "", false, [0, 1, 0]],
    ["a report without counts", report('name="bun test"'), true, [0, 1, 0]],
  ] as const)("%s", (_title, xml, isOk, [passed, failed, skipped]) => {
    expect(countTests(xml, isOk)).toEqual({ passed, failed, skipped });
  });

  test("come with what was skipped, one line a group", () => {
    const testcase = (name: string, group: string, inner: string): string =>
      `<testcase name="${name}" classname="${group}" file="test/a.test.ts" line="1">${inner}</testcase>`;
    const xml = [
      testcase("one", "alone (skipped as root)", "\n <skipped />\n"),
      testcase("two", "data &amp; more", "<skipped />"),
      testcase("three", "data &amp; more", "<skipped />"),
      testcase("four", "data &amp; more", "<failure />"),
      '<testcase name="five" classname="data" file="test/a.test.ts" line="1" />',
    ].join("\n");
    expect(skippedTests(xml)).toEqual([
      "skipped in test/a.test.ts: alone (skipped as root) > one",
      "skipped 2 in test/a.test.ts: data & more",
    ]);
  });

  test("end as one line", () => expect(summaryLine(12, 3)).toBe("12 passed, 3 failed"));
});

describe("the kind of an executable", () => {
  test("this Bun is one for this machine", async () => {
    const system = { linux: "elf", darwin: "macho", win32: "pe" }[String(process.platform)];
    expect(await executableKindOf(process.execPath)).toBe(`${system}-${process.arch}` as "elf-x64");
  });

  /** A header of 4 KiB with 16-bit little-endian words at offsets. */
  function header(start: readonly number[], words: Readonly<Record<number, number>>): Uint8Array {
    const bytes = new Uint8Array(4096);
    bytes.set(start);
    const view = new DataView(bytes.buffer);
    for (const [offset, word] of Object.entries(words)) view.setUint16(Number(offset), word, true);
    return bytes;
  }

  const ELF = [0x7f, 0x45, 0x4c, 0x46];
  test.each([
    ["ELF of x86-64", header(ELF, { 18: 62 }), "elf-x64"],
    ["ELF of AArch64", header(ELF, { 18: 183 }), "elf-arm64"],
    ["ELF of RISC-V", header(ELF, { 18: 243 }), "unknown"],
    ["Mach-O of arm64", header([0xcf, 0xfa, 0xed, 0xfe, 0x0c, 0, 0, 1], {}), "macho-arm64"],
    ["Mach-O of x64", header([0xcf, 0xfa, 0xed, 0xfe, 0x07, 0, 0, 1], {}), "macho-x64"],
    ["PE of x64", header([0x4d, 0x5a], { 60: 128, 128: 0x4550, 132: 0x8664 }), "pe-x64"],
    ["PE of arm64", header([0x4d, 0x5a], { 60: 128, 128: 0x4550, 132: 0xaa64 }), "unknown"],
    ["PE whose header lies outside", header([0x4d, 0x5a], { 60: 0xffff }), "unknown"],
    ["a script", header([0x23, 0x21], {}), "unknown"],
    ["nothing", new Uint8Array(), "unknown"],
  ] as const)("%s is told by its header", (_title, head, want) => expect(executableKind(head)).toBe(want));
});

describe("the bill of materials", () => {
  const LOCK: Lock = {
    workspaces: { "": { dependencies: { a: "1.0.0" } } },
    packages: {
      a: ["a@1.0.0", "", { dependencies: { "@s/b": "^2", c: "^1" } }, `sha512-${Buffer.from("ab").toString("base64")}`],
      "@s/b": ["@s/b@2.1.0", "", {}],
      c: ["c@9.0.0", "", {}],
      "a/c": ["c@1.0.0", "", {}],
      tool: ["tool@1.0.0", "", {}],
    },
  };

  test("lists what ships, and not the tools", () => {
    expect(shippedPackages(LOCK)).toEqual(["@s/b", "a", "a/c"]);
  });

  test("is CycloneDX with purls, hashes and licences, and the same every time", () => {
    const product = { version: "1.2.3", bunVersion: "1.4.5" };
    const text = bill(LOCK, product, (name) => (name === "a" ? "MIT" : undefined));
    expect(bill(LOCK, product, (name) => (name === "a" ? "MIT" : undefined))).toBe(text);
    const { specVersion, components } = JSON.parse(text);
    expect(specVersion).toBe("1.6");
    expect(components.map(({ purl }: { purl: string }) => purl)).toEqual([
      "pkg:npm/bun@1.4.5",
      "pkg:npm/%40s/b@2.1.0",
      "pkg:npm/a@1.0.0",
      "pkg:npm/c@1.0.0",
    ]);
    expect(components[2]).toMatchObject({
      hashes: [{ alg: "SHA-512", content: "6162" }],
      licenses: [{ license: { id: "MIT" } }],
    });
  });

  test("of this checkout holds every runtime dependency", () => {
    expect(shippedPackages(readLock(`${ROOT}bun.lock`))).toEqual(
      expect.arrayContaining(Object.keys(manifest.dependencies)),
    );
  });
});

describe("the coverage report", () => {
  const LCOV = [
    "TN:\nSF:src/a.ts\nDA:1,1\nLF:10\nLH:9\nend_of_record",
    "TN:\nSF:src/b.ts\nLF:30\nLH:30\nend_of_record",
    "TN:\nSF:test/fixture.ts\nLF:100\nLH:0\nend_of_record\n",
  ].join("\n");

  test("counts only lines of src/, over all files together", () => {
    const files = readLcov(LCOV);
    expect(files.map(({ file }) => file)).toEqual(["src/a.ts", "src/b.ts"]);
    expect(percentOf(files)).toBe(97.5);
  });

  test("of nothing is no success", () => expect(percentOf(readLcov(""))).toBe(0));
});

describe("the release targets", () => {
  test("cover the promised machines, each file once", () => {
    const files = RELEASE_TARGETS.map(({ file }) => file.replace("lodestar-", "").replace(".exe", ""));
    expect(new Set(files).size).toBe(files.length);
    expect(files).toEqual(
      expect.arrayContaining([
        "linux-x64",
        "linux-x64-baseline",
        "linux-x64-musl",
        "linux-arm64",
        "darwin-x64",
        "darwin-arm64",
        "windows-x64",
      ]),
    );
  });
});
