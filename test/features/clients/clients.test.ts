import { describe, expect, test } from "bun:test";
import type { CatalogueModel } from "../../../src/features/clients/catalogue.ts";
import { readCatalogue } from "../../../src/features/clients/catalogue.ts";
import type { Client, Place, Target } from "../../../src/features/clients/client.ts";
import { CLIENTS } from "../../../src/features/clients/clients.ts";
import { writeEntries } from "../../../src/features/clients/edit.ts";
import { FORMATS } from "../../../src/features/clients/formats/formats.ts";

const MODELS: readonly CatalogueModel[] = readCatalogue({
  data: [
    { id: "auto", pricing: { prompt: null, completion: null }, context_length: null },
    { id: "free" },
    {
      id: "deepseek/deepseek-v4-flash",
      context_length: 128_000,
      max_output_tokens: 8_192,
      pricing: { prompt: "0.00000014", completion: "0.00000028" },
      capabilities: { tools: true, images: false, reasoning: true },
    },
    {
      id: "ollama/qwen2.5-coder:1.5b",
      context_length: 32_768,
      max_output_tokens: null,
      pricing: { prompt: "0", completion: "0" },
      capabilities: { tools: true, images: true, reasoning: null },
    },
    "no model",
  ],
});

const PLACE: Place = { home: "/home/me", cwd: "/home/me/app", environment: {}, platform: "linux" };

function target(more: Partial<Target> = {}): Target {
  return {
    baseUrl: "http://127.0.0.1:4000",
    key: null,
    model: "auto",
    models: MODELS,
    headers: {},
    since: "2026-11-22T12:00:00.000Z",
    ...more,
  };
}

const FULL = target({
  key: "ls-secret-of-this-test",
  model: "deepseek/deepseek-v4-flash",
  headers: { "x-lodestar-project": "app" },
});

/** The files of a client as they are written where there were none. */
function filesOf(client: Client, given: Target, scope: "global" | "project"): string {
  return client
    .files(given, PLACE, scope, () => false)
    .map((file) => {
      const text = writeEntries("", FORMATS[file.format], file.entries);
      if (!text.ok) throw new Error(JSON.stringify(text.error));
      return `== ${file.path}${file.isSecret ? " (0600)" : ""}\n${text.value.text}`;
    })
    .join("\n");
}

describe.each(CLIENTS.map((client) => [client.id, client] as const))("%s", (_id, client) => {
  test("is written without a key as it should be", () => {
    expect(filesOf(client, target({ model: client.defaultModel(MODELS) }), "global")).toMatchSnapshot();
  });

  test("is written with a key, a model and a project as it should be", () => {
    expect(filesOf(client, FULL, client.scopes.includes("project") ? "project" : "global")).toMatchSnapshot();
    expect(client.notes(FULL, "global")).toMatchSnapshot();
  });

  test("is launched with the project and the session, and without any file of the user's being changed", () => {
    const headers = { "x-lodestar-project": "app", "x-session-id": "s-1" };
    const plan = client.launch({ ...FULL, headers }, PLACE, "/state/launch/s-1", () => null);
    expect(plan).toMatchSnapshot();
    const carried = JSON.stringify(plan);
    if (plan !== null) for (const word of ["4000", "app", "s-1", FULL.key ?? ""]) expect(carried).toContain(word);
    expect(plan?.args.join(" ") ?? "").not.toContain(String(FULL.key));
  });

  test("writes no key where others may read it", () => {
    for (const scope of client.scopes) {
      for (const file of client.files(FULL, PLACE, scope, () => false)) {
        expect([file.path, file.isSecret]).toEqual([
          file.path,
          JSON.stringify(file.entries).includes(String(FULL.key)),
        ]);
      }
    }
  });

  test("is where its own variables say", () => {
    const environment = {
      CLAUDE_CONFIG_DIR: "/elsewhere/x",
      CODEX_HOME: "/elsewhere/x",
      XDG_CONFIG_HOME: "/elsewhere/x",
      GEMINI_CLI_HOME: "/elsewhere/x",
      QWEN_HOME: "/elsewhere/x",
      CLINE_DIR: "/elsewhere/x",
      CONTINUE_GLOBAL_DIR: "/elsewhere/x",
    };
    const [first] = client.files(target(), { ...PLACE, environment }, "global", () => false);
    const isFixed = client.id === "aider";
    expect(first?.path.startsWith("/elsewhere/x")).toBe(!isFixed);
    expect(client.trace({ ...PLACE, environment }).startsWith("/elsewhere/x")).toBe(!isFixed);
  });
});

describe("the details", () => {
  const find = (id: string): Client => {
    const client = CLIENTS.find((candidate) => candidate.id === id);
    if (client === undefined) throw new Error(id);
    return client;
  };

  test("Claude Code and Gemini CLI keep their own model names where their provider is configured", () => {
    const anthropic = readCatalogue({ data: [{ id: "anthropic/claude-opus-5" }, { id: "google/gemini-3" }] });
    expect([find("claude").defaultModel(anthropic), find("gemini").defaultModel(anthropic)]).toEqual([null, null]);
    expect([find("claude").defaultModel(MODELS), find("gemini").defaultModel(MODELS)]).toEqual(["auto", "free"]);
    expect(find("gemini").defaultModel(readCatalogue({ data: [{ id: "cheap" }, { id: "lab/one" }] }))).toBe("cheap");
    expect(filesOf(find("claude"), target({ model: null }), "global")).not.toContain('MODEL"');
  });

  test("opencode's commented file is taken where there is one", () => {
    const files = find("opencode").files(target(), PLACE, "global", (path) => path.endsWith(".jsonc"));
    expect(files[0]?.path).toBe("/home/me/.config/opencode/opencode.jsonc");
  });

  test.each([
    ["darwin", "/home/me/Library/Application Support/Code/User/chatLanguageModels.json"],
    ["win32", "/home/me/AppData/Roaming/Code/User/chatLanguageModels.json"],
  ] as const)("Visual Studio Code on %s", (platform, path) => {
    expect(find("vscode").files(target(), { ...PLACE, platform }, "global", () => false)[0]?.path).toBe(path);
  });

  test("Gemini CLI's launch keeps the user's other settings, and gets by where they are broken", () => {
    const launch = (text: string) => find("gemini").launch(target(), PLACE, "/l", () => text)?.files[0]?.text;
    expect(launch('{ "ui": { "theme": "dark" } } // mine')).toContain('"theme": "dark"');
    expect(JSON.parse(launch("{ broken") ?? "")).toEqual({
      security: { auth: { selectedType: "gemini-api-key" } },
      model: { name: "auto" },
    });
  });

  test("a catalogue of another kind has no models", () => {
    for (const reply of [undefined, null, [], { data: 1 }, { data: [{ id: 1 }, null] }]) {
      expect(readCatalogue(reply)).toEqual([]);
    }
  });
});
