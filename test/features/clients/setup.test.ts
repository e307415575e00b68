import { afterAll, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import type { ClientFile } from "../../../src/features/clients/client.ts";
import type { FormatName } from "../../../src/features/clients/formats/format.ts";
import { readRecord, removeRecord, type SetupRecord } from "../../../src/features/clients/record.ts";
import { carryOutSetup, isSettled, planSetup } from "../../../src/features/clients/setup.ts";
import { carryOutUndo, planUndo } from "../../../src/features/clients/undo.ts";
import { COMMENT, DOCUMENTS, ENTRIES } from "./documents.ts";

const folder = mkdtempSync(join(tmpdir(), "lodestar-clients-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NAMES: readonly FormatName[] = ["jsonc", "toml", "yaml", "dotenv"];
const HEAD = {
  version: 1 as const,
  client: "test",
  scope: "global" as const,
  since: "2026-11-22T12:00:00.000Z",
  baseUrl: "http://x",
  model: null,
};

let count = 0;

/** A client's file in a folder of its own, and a record beside it. */
function scene(name: FormatName, text: string | null, isSecret = false) {
  count += 1;
  const home = join(folder, String(count));
  const path = join(home, "config", "deep", "file");
  if (text !== null) {
    mkdirSync(join(home, "config", "deep"), { recursive: true });
    writeFileSync(path, text, { mode: 0o640 });
    chmodSync(path, 0o640);
  } else mkdirSync(home);
  const file: ClientFile = { path, format: name, entries: ENTRIES[name], isSecret };
  return { home, path, file, record: join(home, "record.json") };
}

function stored(path: string): SetupRecord {
  const record = readRecord(path);
  if (!record.ok || record.value === null) throw new Error("there is no record");
  return record.value;
}

function setUp(file: ClientFile, record: string) {
  const earlier = readRecord(record);
  if (!earlier.ok) throw new Error(earlier.error.message);
  const plan = planSetup([file], earlier.value);
  if (!plan.ok) throw new Error(plan.error.message);
  expect(carryOutSetup(plan.value, HEAD, record)).toBeNull();
  return plan.value;
}

function undo(record: string) {
  const plan = planUndo(stored(record));
  if (!plan.ok) throw new Error(plan.error.message);
  expect(carryOutUndo(plan.value)).toBeNull();
  removeRecord(record);
  return plan.value;
}

/** A remark that somebody adds at the start of a file, in the words of its format. */
function foreignEdit(name: FormatName, text: string): string {
  return name === "jsonc" ? `// ${COMMENT}, theirs\n${text}` : `# ${COMMENT}, theirs\n${text}`;
}

describe.each(NAMES.map((name) => [name]))("setting up a %s file", (name) => {
  test("and undoing it gives back every byte and the mode", () => {
    fc.assert(
      fc.property(DOCUMENTS[name], (text) => {
        const { file, path, record } = scene(name, text);
        setUp(file, record);
        expect(readFileSync(path, "utf8")).not.toBe(text);
        expect(undo(record)[0]?.how).toBe("restored");
        expect(readFileSync(path, "utf8")).toBe(text);
        expect(statSync(path).mode & 0o777).toBe(0o640);
      }),
      { numRuns: 15 },
    );
  });

  test("twice, with somebody's edit between or without, is setting it up once", () => {
    fc.assert(
      fc.property(DOCUMENTS[name], fc.boolean(), (text, isEdited) => {
        const { file, path, record } = scene(name, text);
        setUp(file, record);
        const between = isEdited ? foreignEdit(name, readFileSync(path, "utf8")) : readFileSync(path, "utf8");
        writeFileSync(path, between);
        const plan = setUp(file, record);
        const after = readFileSync(path, "utf8");
        if (!isEdited) expect([isSettled(plan), after]).toEqual([true, between]);
        expect(after.includes("theirs")).toBe(isEdited);
        undo(record);
        const left = readFileSync(path, "utf8");
        if (!isEdited) expect(left).toBe(text);
        expect(left.split(COMMENT).length).toBe(text.split(COMMENT).length + (isEdited ? 1 : 0));
        expect(left).not.toContain("Lodestar");
      }),
      { numRuns: 15 },
    );
  });

  test("that is not there makes it with its folders, and undoing removes them", () => {
    const { file, path, record, home } = scene(name, null);
    setUp(file, record);
    expect(existsSync(path)).toBe(true);
    undo(record);
    expect(readdirSync(home)).toEqual([]);
  });

  test("that somebody edited since takes out our part only", () => {
    fc.assert(
      fc.property(DOCUMENTS[name], (text) => {
        const { file, path, record } = scene(name, text);
        setUp(file, record);
        writeFileSync(path, foreignEdit(name, readFileSync(path, "utf8")));
        expect(undo(record)[0]?.how).toBe("cleaned");
        const left = readFileSync(path, "utf8");
        expect(left).toContain("theirs");
        expect(left).not.toContain("127.0.0.1");
      }),
      { numRuns: 15 },
    );
  });
});

describe("a set-up", () => {
  test("leaves a setting that somebody changed since, and says which", () => {
    const { file, path, record } = scene("jsonc", '{\n  "a": "mine"\n}\n');
    setUp(file, record);
    writeFileSync(path, readFileSync(path, "utf8").replace('"any"', '"theirs"'));
    expect(undo(record)[0]?.kept).toEqual(["env.KEY"]);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({ a: "mine", env: { KEY: "theirs" } });
  });

  test("removes a part that is all ours even if its inside was changed", () => {
    const { file, path, record } = scene("toml", "[other]\nx = 1\n");
    setUp(file, record);
    writeFileSync(path, readFileSync(path, "utf8").replace('name = "L"', 'name = "M"'));
    expect(undo(record)[0]?.kept).toEqual([]);
    expect(readFileSync(path, "utf8")).toBe("\n[other]\nx = 1\n");
  });

  test("with a key in it is readable by its owner alone until it is undone", () => {
    const { file, path, record } = scene("jsonc", "{}", true);
    setUp(file, record);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(record).mode & 0o777).toBe(0o600);
    undo(record);
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test("goes through a link into a folder of dotfiles and leaves the link", () => {
    const { file, path, record, home } = scene("jsonc", "{}");
    const real = join(home, "dotfile.json");
    writeFileSync(real, '{ "a": 1 }\n');
    rmSync(path);
    symlinkSync(real, path);
    setUp(file, record);
    expect(lstatSync(path).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain("Lodestar");
    undo(record);
    expect(readFileSync(real, "utf8")).toBe('{ "a": 1 }\n');
  });

  test("of a broken file names file and line, and touches nothing", () => {
    const { file, path } = scene("jsonc", '{\n  "a": \n}');
    const plan = planSetup([file], null);
    expect(plan).toMatchObject({ ok: false, error: { code: "client_config_broken", exitCode: 3 } });
    expect(!plan.ok && plan.error.message).toStartWith(`${path}:3:1: value expected`);
    expect(readFileSync(path, "utf8")).toBe('{\n  "a": \n}');
  });

  test("of a file that says it in another way is refused rather than changed", () => {
    const { file, path } = scene("toml", 'model_providers = { other = { name = "x" } }\n');
    const plan = planSetup([file], null);
    expect(plan).toMatchObject({ ok: false, error: { code: "client_config_unfit" } });
    expect(readFileSync(path, "utf8")).toBe('model_providers = { other = { name = "x" } }\n');
  });

  test("of a file that is no text is refused", () => {
    const { file, path } = scene("jsonc", "{}");
    writeFileSync(path, new Uint8Array([0x7b, 0xff, 0x7d]));
    expect(planSetup([file], null)).toMatchObject({ ok: false, error: { code: "client_file_unreadable" } });
  });

  test("that cannot write its second file puts the first one back", () => {
    const first = scene("jsonc", '{ "a": 1 }');
    const second = scene("jsonc", null);
    writeFileSync(join(second.home, "config"), "a file where a folder should be");
    const plan = planSetup([first.file, { ...second.file, path: join(second.home, "new") }], null);
    if (!plan.ok) throw new Error(plan.error.message);
    const [one, two] = plan.value.files;
    if (one === undefined || two === undefined) throw new Error("two files were planned");
    const blocked = { ...plan.value, files: [one, { ...two, path: second.path }] };
    const failed = carryOutSetup(blocked, HEAD, first.record);
    expect(failed?.code).toBe("client_file_unwritable");
    expect(readFileSync(first.path, "utf8")).toBe('{ "a": 1 }');
    expect(existsSync(first.record)).toBe(false);
  });

  test("that moved to another file takes its part out of the first", () => {
    const { file, path, record, home } = scene("jsonc", '{ "a": 1 }');
    setUp(file, record);
    setUp({ ...file, path: join(home, "other.json") }, record);
    expect(readFileSync(path, "utf8")).toBe('{ "a": 1 }');
    expect(stored(record).files.map((entry) => entry.path)).toEqual([join(home, "other.json")]);
  });

  test("whose file is gone has nothing to undo there", () => {
    const { file, path, record } = scene("jsonc", "{}");
    setUp(file, record);
    rmSync(path);
    expect(undo(record)[0]?.how).toBe("gone");
    expect(existsSync(path)).toBe(false);
  });

  test("with a record that is none of ours says where it is", () => {
    const { record } = scene("jsonc", "{}");
    writeFileSync(record, "[]");
    expect(readRecord(record)).toMatchObject({ ok: false, error: { code: "setup_record_invalid" } });
  });
});
