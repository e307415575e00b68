import { describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DialectName } from "../../src/core/request.ts";
import { brokenRules } from "./schemas-rules.ts";
import { sampleBodies } from "./schemas-samples.ts";
import { NAMES, SAMPLES, type Sent, TRANSLATED, withDetail } from "./schemas-translated.ts";

const ROOT = join(import.meta.dir, "../..");
/**
 * The SDKs' own request types. Gemini's have enums in place of the words on the wire; Ollama's lag behind its server, whose
 * types are in api/types.go.
 */
const PRELUDE = `import type OpenAI from "openai";
import type Anthropic from "@anthropic-ai/sdk";
import type * as Google from "@google/genai";
import type * as Ollama from "ollama";
type Wire<T> = T extends string ? \`\${T}\` : T extends (infer I)[] ? Wire<I>[] : T extends object ? { [K in keyof T]: Wire<T[K]> } : T;
interface GenerateContent {
  contents: Google.Content[];
  systemInstruction?: Google.Content;
  tools?: Google.Tool[];
  toolConfig?: Google.ToolConfig;
  generationConfig?: Google.GenerationConfig;
  safetySettings?: Google.SafetySetting[];
  cachedContent?: string;
}
export type Chat = OpenAI.Chat.ChatCompletionCreateParams;
export type Responses = OpenAI.Responses.ResponseCreateParams;
export type Messages = Anthropic.MessageCreateParams;
export type Gemini = Wire<GenerateContent>;
interface OllamaCall { id?: string; function: { index?: number; name: string; arguments: Record<string, unknown> } }
interface OllamaMessage extends Omit<Ollama.Message, "tool_calls"> { tool_call_id?: string; tool_calls?: OllamaCall[] }
interface OllamaTool { type: "function"; function: { name: string; description?: string; parameters?: object } }
export interface OllamaChat extends Omit<Ollama.ChatRequest, "messages" | "tools"> {
  messages: OllamaMessage[];
  tools?: OllamaTool[];
  truncate?: boolean;
  shift?: boolean;
}
`;

const TYPES: Readonly<Record<DialectName, string>> = {
  "openai-chat": "Chat",
  "openai-responses": "Responses",
  anthropic: "Messages",
  gemini: "Gemini",
  ollama: "OllamaChat",
};

/** What the compiler says of these requests, a line each. */
async function typeErrors(sent: readonly Sent[]): Promise<readonly string[]> {
  mkdirSync(join(ROOT, ".cache"), { recursive: true });
  const folder = mkdtempSync(join(ROOT, ".cache/schemas-"));
  try {
    writeFileSync(join(folder, "types.ts"), PRELUDE);
    const lines = sent.map(({ to, body }, index) => `export const r${index}: ${TYPES[to]} = ${withDetail(body)};`);
    const imports = `import type { ${Object.values(TYPES).join(", ")} } from "./types.ts";`;
    writeFileSync(join(folder, "requests.ts"), [imports, ...lines].join("\n"));
    const options = {
      extends: join(ROOT, "tsconfig.json"),
      include: [join(folder, "*.ts")],
      compilerOptions: { exactOptionalPropertyTypes: false },
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
    const command = [
      process.execPath,
      join(ROOT, "node_modules/typescript/bin/tsc"),
      "-p",
      folder,
      "--pretty",
      "false",
    ];
    const checking = Bun.spawn(command, { cwd: ROOT, stdout: "pipe", stderr: "inherit" });
    const text = await checking.stdout.text();
    const code = await checking.exited;
    const errors = text.split("\n").filter((line) => /error TS/.test(line));
    if (code !== 0 && errors.length === 0) throw new Error(`tsc ended with ${code}: ${text}`);
    return errors.map((line) => {
      const found = sent[Number(/requests\.ts\((\d+),/.exec(line)?.[1] ?? 0) - 2];
      return `${found?.from} to ${found?.to}: ${line.replace(/^.*?error /, "")}`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

describe("what Lodestar sends upstream", () => {
  test("the samples themselves are requests that each SDK's types allow", async () => {
    const own = NAMES.flatMap((name) => sampleBodies(name, SAMPLES).map((body) => ({ from: name, to: name, body })));
    expect([...new Set(await typeErrors(own))]).toEqual([]);
  }, 60_000);

  test("every request, from each dialect to each, is one that the official SDK's types allow", async () => {
    expect(TRANSLATED.length).toBe(NAMES.length * NAMES.length * SAMPLES);
    expect([...new Set(await typeErrors(TRANSLATED))]).toEqual([]);
  }, 60_000);

  test("the compiler does see a wrong field, a wrong value and a missing one", async () => {
    const wrong: readonly Sent[] = [
      { from: "openai-chat", to: "openai-chat", body: { model: "m", messages: [], top_k: 1 } },
      {
        from: "openai-chat",
        to: "anthropic",
        body: { model: "m", messages: [{ role: "tool", content: "x" }], max_tokens: 1 },
      },
      { from: "openai-chat", to: "gemini", body: { generationConfig: {} } },
      {
        from: "openai-chat",
        to: "gemini",
        body: { contents: [], toolConfig: { functionCallingConfig: { mode: "any" } } },
      },
    ];
    const errors = await typeErrors(wrong);
    for (const { to } of wrong) expect(errors.some((line) => line.startsWith(`openai-chat to ${to}`))).toBe(true);
  }, 60_000);

  test.each(NAMES)("every request to %s keeps the rules that its service enforces and no type can say", (to) => {
    const broken = TRANSLATED.filter((sent) => sent.to === to).flatMap(({ from, body }) =>
      brokenRules(to, body).map((rule) => `${from} to ${to}: ${rule}`),
    );
    expect([...new Set(broken)]).toEqual([]);
  });
});
