import { describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import {
  checkSecret,
  isPlaceholder,
  listSecrets,
  readSecret,
  removeSecret,
  resolveSecret,
  storeSecret,
} from "../../src/host/secrets.ts";

const KEY = "sk-canary-0123456789";

function folder(): string {
  return mkdtempSync(join(tmpdir(), "lodestar-secrets-"));
}

function fileWith(text: string, mode = 0o600): { configDir: string; path: string } {
  const configDir = folder();
  const path = join(configDir, "a.key");
  writeFileSync(path, text, { mode });
  chmodSync(path, mode);
  return { configDir, path };
}

describe("placeholders", () => {
  test.each([
    ..."sk-xxx sk-xxxxxxxxxxxx SK-XXX xxxx xai-0000000 gsk_xxxxxx *** sk-*** changeme CHANGE-ME change_me".split(" "),
    ..."your-api-key YOUR_API_KEY your_openai_api_key <your-key> <OPENAI_API_KEY> $OPENAI_API_KEY".split(" "),
    ..."sk-... sk-… replace-me REPLACE_WITH_KEY placeholder insert-key-here [key] {{key}} %KEY% api-key-here todo none null".split(
      " ",
    ),
    "$" + "{OPENAI_API_KEY}",
    "sk-ant-your-secret-key",
    "put your token here",
  ])("%p was never replaced", (text) => expect(isPlaceholder(text)).toBe(true));

  test.each([
    ..."sk-1234 sk-test sk-lodestar-test dummy test-key ollama fake sk-mock-upstream key".split(" "),
    "sk-proj-Ab12Cd34Ef56Gh78Ij90",
    "sk-ant-api03-9f8e7d6c5b4a",
    "AIzaSyA-1234567890abcdefghijklmnopqrstu",
    "github_pat_11ABCDEFG0abcdefghij",
    "550e8400-e29b-41d4-a716-446655440000",
  ])("%p may be a key, if only of a local proxy", (text) => expect(isPlaceholder(text)).toBe(false));

  test("no random key is taken for one", () => {
    const random = fc.uint8Array({ minLength: 24, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
    fc.assert(
      fc.property(
        random.filter((text) => new Set(text).size > 4),
        (text) => expect(isPlaceholder(`sk-${text}`)).toBe(false),
      ),
    );
  });
});

describe("checking", () => {
  test("takes white space off the ends", () =>
    expect(checkSecret(`  ${KEY}\r\n`, "it")).toEqual({ ok: true, value: KEY }));

  test.each([
    ["", "secret_missing", "it is empty"],
    [" \n", "secret_missing", "it is empty"],
    ["a b", "secret_malformed", "it holds white space, line breaks or characters that no key has"],
    ["a\nb", "secret_malformed", "it holds white space, line breaks or characters that no key has"],
    ["schlüssel", "secret_malformed", "it holds white space, line breaks or characters that no key has"],
    ["a\0b", "secret_malformed", "it holds white space, line breaks or characters that no key has"],
    ["sk-xxx", "secret_placeholder", "it holds a placeholder, not a key"],
  ])("%p is refused: %s", (text, code, message) => {
    expect(checkSecret(text, "it")).toMatchObject({ ok: false, error: { code, message } });
  });

  test("a refusal never repeats what was given", () => {
    fc.assert(
      fc.property(fc.string({ minLength: 12 }), (text) => {
        const result = checkSecret(`${text} ${KEY}`, "it");
        expect(JSON.stringify(result)).not.toContain(KEY);
      }),
    );
  });
});

describe("env: references", () => {
  const environment = { MY_KEY: ` ${KEY} `, EMPTY: " ", FAKE: "changeme" };
  const resolve = (reference: string) => resolveSecret(reference, { environment, configDir: "/none" });

  test("are looked up by their exact name", () => {
    expect(resolve("env:MY_KEY")).toEqual({ ok: true, value: { value: KEY, file: null, warning: null } });
  });

  test.each([
    ["env:NOT_THERE", "secret_unset", "NOT_THERE is not set"],
    ["env:EMPTY", "secret_unset", "EMPTY is not set"],
    ["env:FAKE", "secret_placeholder", "FAKE holds a placeholder, not a key"],
    [KEY, "secret_malformed", "a key is not written into the configuration itself"],
  ])("%s gives %s", (reference, code, message) => {
    expect(resolve(reference)).toMatchObject({ ok: false, error: { code, message } });
  });
});

describe("file: references", () => {
  test("are read beside the configuration, or at their absolute path", () => {
    const { configDir, path } = fileWith(`${KEY}\n`);
    const expected = { ok: true, value: { value: KEY, file: path, warning: null } } as const;
    expect(resolveSecret("file:a.key", { environment: {}, configDir })).toEqual(expected);
    expect(resolveSecret(`file:${path}`, { environment: {}, configDir: "/none" })).toEqual(expected);
  });

  test("come from systemd's credentials first, whose mode is systemd's affair", () => {
    const credentials = fileWith("from-systemd-123", 0o440);
    const beside = fileWith("from-beside-123");
    const places = { environment: { CREDENTIALS_DIRECTORY: credentials.configDir }, configDir: beside.configDir };
    expect(resolveSecret("file:a.key", places)).toMatchObject({ value: { value: "from-systemd-123", warning: null } });
    const without = { ...places, environment: { CREDENTIALS_DIRECTORY: "/none" } };
    expect(resolveSecret("file:a.key", without)).toMatchObject({ value: { value: "from-beside-123" } });
  });

  test("that others can read are a warning with the command that mends it", () => {
    const { configDir, path } = fileWith(KEY, 0o644);
    expect(resolveSecret("file:a.key", { environment: {}, configDir })).toMatchObject({
      value: { value: KEY, warning: `${path} can be read by other users: chmod 600 ${path}` },
    });
  });

  test("to nothing, a folder, or a huge file are refused", () => {
    const { configDir } = fileWith("x".repeat(20_000));
    mkdirSync(join(configDir, "dir"));
    const codeOf = (name: string): string => {
      const result = resolveSecret(`file:${name}`, { environment: {}, configDir });
      return result.ok ? "found" : result.error.code;
    };
    expect([codeOf("none"), codeOf("dir"), codeOf("a.key")]).toEqual([
      "secret_missing",
      "secret_unreadable",
      "secret_unreadable",
    ]);
  });
});

describe("stored keys", () => {
  test("are private, whole, and come back as they were", () => {
    const stateDir = folder();
    expect(storeSecret(stateDir, "deepseek", ` ${KEY}\n`)).toEqual({ ok: true, value: undefined });
    const path = join(stateDir, "secrets", "deepseek");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(join(stateDir, "secrets")).mode & 0o777).toBe(0o700);
    expect(readFileSync(path, "utf8")).toBe(`${KEY}\n`);
    expect(readSecret(stateDir, "deepseek")).toEqual({ ok: true, value: { value: KEY, file: path, warning: null } });
    expect(readdirSync(join(stateDir, "secrets"))).toEqual(["deepseek"]);
  });

  test("are replaced, listed and removed", () => {
    const stateDir = folder();
    expect(listSecrets(stateDir)).toEqual([]);
    storeSecret(stateDir, "openai", "first-key-123");
    storeSecret(stateDir, "openai", "second-key-123");
    storeSecret(stateDir, "groq", KEY);
    expect(readSecret(stateDir, "openai")).toMatchObject({ value: { value: "second-key-123" } });
    expect(listSecrets(stateDir)).toEqual(["groq", "openai"]);
    expect([removeSecret(stateDir, "groq"), removeSecret(stateDir, "groq")]).toEqual([true, false]);
    expect(readSecret(stateDir, "groq")).toEqual({ ok: true, value: null });
  });

  test("a folder that was open before is closed", () => {
    const stateDir = folder();
    mkdirSync(join(stateDir, "secrets"), { mode: 0o755 });
    chmodSync(join(stateDir, "secrets"), 0o755);
    storeSecret(stateDir, "openai", KEY);
    expect(statSync(join(stateDir, "secrets")).mode & 0o777).toBe(0o700);
  });

  test("a placeholder is not stored", () => {
    const stateDir = folder();
    expect(storeSecret(stateDir, "openai", "sk-xxx")).toMatchObject({ error: { code: "secret_placeholder" } });
    expect(existsSync(join(stateDir, "secrets"))).toBe(false);
  });

  test.each(["../evil", "a/b", "", ".hidden", "x".repeat(65), "a\0b"])("the name %p can never be a path", (name) => {
    expect(() => storeSecret(folder(), name, KEY)).toThrow("not a provider's name");
    expect(() => readSecret(folder(), name)).toThrow("not a provider's name");
    expect(() => removeSecret(folder(), name)).toThrow("not a provider's name");
  });
});
