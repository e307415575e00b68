import { afterAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { blobInModelfile, findBlob, freeBytesAt, modelFolders } from "../../../src/features/local-catalog/blob.ts";
import { readModelFile } from "../../../src/features/local-catalog/gguf-file.ts";
import { modelMetadata, text, u32, writeGguf } from "../../support/gguf-writer.ts";

const folder = mkdtempSync(join(tmpdir(), "lodestar-models-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DIGEST = "a".repeat(64);
const BLOB = join(folder, "blobs", `sha256-${DIGEST}`);

function put(path: string, content: string | Uint8Array): string {
  const whole = join(folder, path);
  mkdirSync(join(whole, ".."), { recursive: true });
  writeFileSync(whole, content);
  return whole;
}

function manifest(path: string, digest: string): void {
  const layers = [
    { mediaType: "application/vnd.ollama.image.license", digest: `sha256:${"b".repeat(64)}` },
    { mediaType: "application/vnd.ollama.image.model", digest },
  ];
  put(join("manifests", path), JSON.stringify({ schemaVersion: 2, layers }));
}

describe("the file of an installed model", () => {
  put(join("blobs", `sha256-${DIGEST}`), "weights");
  manifest("registry.ollama.ai/library/qwen2.5-coder/1.5b", `sha256:${DIGEST}`);
  manifest("registry.ollama.ai/somebody/own/latest", `sha256:${DIGEST}`);
  manifest("hf.co/somebody/model-GGUF/Q4_K_M", `sha256:${DIGEST}`);
  manifest("registry.ollama.ai/library/evil/latest", "sha256:../../../../etc/passwd");
  put("manifests/registry.ollama.ai/library/broken/latest", "{");

  const names: readonly (readonly [string, string | null])[] = [
    ["qwen2.5-coder:1.5b", BLOB],
    ["somebody/own", BLOB],
    ["hf.co/somebody/model-GGUF:Q4_K_M", BLOB],
    ["qwen2.5-coder:3b", null],
    ["evil", null],
    ["broken", null],
    ["../../etc/passwd", null],
    ["..", null],
    ["a/b/c/d", null],
  ];
  test.each(names)("of %p is found by its manifest, or not at all", async (name, expected) => {
    expect(await findBlob(name, null, [join(folder, "nowhere"), folder])).toBe(expected);
  });

  test("is where the server says, if it can be read from here", async () => {
    expect(await findBlob("any", `# made by ollama\nFROM ${BLOB}\nTEMPLATE x`, [])).toBe(BLOB);
    expect(await findBlob("any", `FROM ${BLOB}0`, [])).toBeNull();
    expect(blobInModelfile("FROM qwen2.5-coder:3b")).toBeNull();
    expect(blobInModelfile("FROM /etc/passwd")).toBeNull();
  });

  test("lies in the folder of OLLAMA_MODELS before the usual ones", () => {
    expect(modelFolders({ OLLAMA_MODELS: "/data/models" })[0]).toBe("/data/models");
    expect(modelFolders({ OLLAMA_MODELS: "" })).toEqual(modelFolders({}));
  });

  test("is on a disk whose free bytes are known, where its folder can be seen", async () => {
    expect(await freeBytesAt(BLOB, [])).toBeGreaterThan(0);
    expect(await freeBytesAt(null, [join(folder, "nowhere"), folder])).toBeGreaterThan(0);
    expect(await freeBytesAt(null, [join(folder, "nowhere")])).toBeNull();
  });
});

describe("a model file", () => {
  const metadata = modelMetadata("llama", {
    block_count: u32(1),
    embedding_length: u32(64),
    "attention.head_count": u32(2),
  });

  test("is read by its header only, however long that is", async () => {
    const long = [...metadata, ["tokenizer.chat_template", text("x".repeat(9 * 1024 * 1024))] as const];
    const path = put("long.gguf", writeGguf({ metadata: long, tensors: [] }));
    expect(await readModelFile(path, "long")).toMatchObject({
      ok: true,
      value: { name: "long", source: "file", facts: { hasChatTemplate: true } },
    });
  });

  const broken: readonly (readonly [string, Uint8Array | string, RegExp])[] = [
    ["a web page", "<!doctype html><html></html>", /not with "GGUF" \(not-gguf at byte 0\)/],
    ["an empty file", "", /truncated at byte 0/],
    ["a download that broke off", writeGguf({ metadata, tensors: [] }).subarray(0, 100), /at byte \d+\)/],
    [
      "a model without layers",
      writeGguf({ metadata: [["general.architecture", text("x")]], tensors: [] }),
      /block_count/,
    ],
  ];
  test.each(broken)("that is %s is told with the place and what to do", async (name, content, message) => {
    const read = await readModelFile(put(`${name}.gguf`, content), name);
    expect(read).toMatchObject({
      ok: false,
      error: { code: "bad_gguf", message: expect.stringMatching(message), fix: expect.stringContaining("download") },
    });
  });
});
