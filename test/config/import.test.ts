import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { IMPORTERS, type ImportKind, importConfig } from "../../src/config/import.ts";
import { complaints, loaded, makeSandbox } from "./sandbox.ts";

function imported(kind: ImportKind, text: string): string {
  const result = importConfig(kind, text, "theirs");
  if (!result.ok) throw new Error(complaints(result));
  return result.value.text;
}

describe("LiteLLM's config.yaml", () => {
  const text = `
model_list:
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_API_KEY, rpm: 60 }
  - model_name: gpt-4o
    litellm_params: { model: openai/gpt-4o, api_key: os.environ/OPENAI_KEY_TWO }
  - model_name: claude
    litellm_params: { model: anthropic/claude-sonnet-5, api_key: sk-ant-in-the-file }
  - model_name: local
    litellm_params: { model: ollama_chat/llama3.2:3b, api_base: "http://127.0.0.1:11434" }
  - model_name: lab
    litellm_params: { model: openai/qwen-7b, api_base: "http://lab:8000/v1", api_key: none }
  - model_name: pool
    litellm_params: { model: gemini/gemini-3.1-flash-lite }
  - model_name: pool
    litellm_params: { model: groq/llama-3.1-8b-instant }
  - model_name: "openai/*"
    litellm_params: { model: "openai/*" }
  - model_name: cloud
    litellm_params: { model: azure/gpt-4o-eu, api_base: https://x.openai.azure.com, api_key: os.environ/A }
  - model_name: vertex
    litellm_params: { model: vertex_ai/gemini-3 }
  - model_name: my model
    litellm_params: { model: xai/grok-4.5 }
litellm_settings:
  drop_params: true
  fallbacks: [{ claude: [pool, local] }, { "*": [local] }]
router_settings:
  model_group_alias: { fast: pool, main: claude }
  num_retries: 3
general_settings: { master_key: sk-1234 }
environment_variables: { X: y }
`;

  test("becomes providers, accounts, aliases and chains, with what is left told", () => {
    const result = imported("litellm", text);
    expect(result).not.toContain("sk-ant-in-the-file");
    expect(result).toMatchInlineSnapshot(`
      "# Imported from theirs.
      # Not carried over, or to be done:
      # - Of the model gpt-4o: rpm.
      # - The key of anthropic stood in the file itself: export it as ANTHROPIC_API_KEY, or run \`lodestar provider add anthropic\`.
      # - The model vertex is at "vertex_ai", which Lodestar has no provider for.
      # - The name my model cannot be a name of yours: ask for xai/grok-4.5.
      # - Of litellm_settings and router_settings: drop_params.
      # - The master key: create keys for your clients with \`lodestar keys create\`.
      # - The sections environment_variables.

      providers:
        openai:
          accounts:
            - key: env:OPENAI_API_KEY
            - key: env:OPENAI_KEY_TWO
        anthropic:
          key: env:ANTHROPIC_API_KEY
        ollama:
          baseUrl: http://127.0.0.1:11434
        lab-8000:
          dialect: openai-chat
          baseUrl: http://lab:8000/v1
        google: {}
        groq: {}
        azure:
          baseUrl: https://x.openai.azure.com
          key: env:A
        xai: {}
      aliases:
        gpt-4o: openai/gpt-4o
        local: ollama/llama3.2:3b
        lab: lab-8000/qwen-7b
        cloud: azure/gpt-4o-eu
        fast: pool
        main: claude
      chains:
        pool:
          - google/gemini-3.1-flash-lite
          - groq/llama-3.1-8b-instant
        claude:
          - anthropic/claude-sonnet-5
          - google/gemini-3.1-flash-lite
          - groq/llama-3.1-8b-instant
          - ollama/llama3.2:3b
        default:
          - ollama/llama3.2:3b
      retries:
        attempts: 4
      "
    `);
  });

  test("and loads", () => {
    const load = loaded(makeSandbox(imported("litellm", text)).load({ OPENAI_API_KEY: "sk-1234567890" }));
    expect(load.settings.chains.claude?.[0]).toBe("anthropic/claude-sonnet-5");
  });
});

describe("claude-code-router's config.json", () => {
  const text = JSON.stringify({
    LOG_LEVEL: "trace",
    HOST: "127.0.0.1",
    PORT: 3456,
    APIKEY: "secret-of-the-router",
    API_TIMEOUT_MS: 600_000,
    Providers: [
      {
        name: "openrouter",
        api_base_url: "https://openrouter.ai/api/v1/chat/completions",
        api_key: "$OPENROUTER_API_KEY",
        models: ["x/y"],
        transformer: { use: ["openrouter"] },
      },
      {
        name: "ollama",
        api_base_url: "http://localhost:11434/v1/chat/completions",
        api_key: "ollama",
        models: ["qwen3:8b"],
      },
      { name: "my lab", api_base_url: "http://lab:8000/v1/messages", api_key: "sk-lab-secret", models: ["m"] },
      { name: "bad", api_base_url: "nowhere" },
    ],
    Router: {
      default: "openrouter,x/y",
      background: "ollama,qwen3:8b",
      longContext: "my lab,m",
      longContextThreshold: 60_000,
    },
  });

  test("becomes providers, a default chain and aliases, with what is left told", () => {
    const result = imported("ccr", text);
    expect(result).not.toContain("secret");
    expect(result).toMatchInlineSnapshot(`
      "# Imported from theirs.
      # Not carried over, or to be done:
      # - The transformers of openrouter: Lodestar translates by itself.
      # - The key of my-lab stood in the file itself: export it as MY_LAB_API_KEY, or run \`lodestar provider add my-lab\`.
      # - The provider bad: its address cannot be used.
      # - The route longContextThreshold.
      # - The APIKEY: create keys for your clients with \`lodestar keys create\`.
      # - API_TIMEOUT_MS.

      server:
        host: 127.0.0.1
        port: 3456
      providers:
        openrouter:
          key: env:OPENROUTER_API_KEY
          models:
            - x/y
        ollama:
          models:
            - qwen3:8b
        my-lab:
          dialect: anthropic
          baseUrl: http://lab:8000/v1
          key: env:MY_LAB_API_KEY
          models:
            - m
      aliases:
        background: ollama/qwen3:8b
        long-context: my-lab/m
      chains:
        default:
          - openrouter/x/y
      log:
        level: debug
      "
    `);
    expect(makeSandbox(result).load().ok).toBe(true);
  });
});

describe("Aider's .aider.conf.yml", () => {
  test("becomes a default chain and aliases", () => {
    const result = imported(
      "aider",
      "model: openrouter/deepseek/deepseek-v4\nweak-model: gpt-5.4-nano\neditor-model: sonnet\nanthropic-api-key: sk-ant-secret\napi-key: [groq=gsk-secret, nobody=x]\nalias:\n  - 'fast:gemini/gemini-3.1-flash-lite'\ndark-mode: true\n",
    );
    expect(result).not.toContain("secret");
    expect(result).toMatchInlineSnapshot(`
      "# Imported from theirs.
      # Not carried over, or to be done:
      # - The key of groq stood in the file itself: export it as GROQ_API_KEY, or run \`lodestar provider add groq\`.
      # - The key of nobody, which Lodestar has no provider for.
      # - The key of anthropic stood in the file itself: export it as ANTHROPIC_API_KEY, or run \`lodestar provider add anthropic\`.
      # - The model "sonnet" (editor): say whose it is, as provider/model.
      # - Everything else in the file is Aider's own and stays there; point Aider at Lodestar with \`openai-api-base\`.

      providers:
        groq:
          key: env:GROQ_API_KEY
        anthropic:
          key: env:ANTHROPIC_API_KEY
        openai:
          key: env:OPENAI_API_KEY
        google:
          key: env:GEMINI_API_KEY
        openrouter:
          key: env:OPENROUTER_API_KEY
      aliases:
        weak: openai/gpt-5.4-nano
        fast: google/gemini-3.1-flash-lite
      chains:
        default:
          - openrouter/deepseek/deepseek-v4
      "
    `);
    expect(makeSandbox(result).load().ok).toBe(true);
  });

  test("with an address of its own becomes a provider under that name", () => {
    const result = imported(
      "aider",
      "openai-api-base: https://gw.example/v1\nopenai-api-key: sk-x-secret\nmodel: openai/qwen\n",
    );
    const load = loaded(makeSandbox(result).load({ GW_EXAMPLE_API_KEY: "key-1234567890" }));
    expect(load.settings.chains.default).toEqual(["gw.example/qwen"]);
    expect(load.settings.providers[0]).toMatchObject({
      provider: { id: "gw.example", endpoints: [{ baseUrl: "https://gw.example/v1" }] },
      accounts: [{ key: "key-1234567890" }],
    });
  });
});

describe("whatever the file", () => {
  const names = fc.constantFrom(
    ..."model_list model_name litellm_params model api_base api_key router_settings fallbacks model_group_alias num_retries".split(
      " ",
    ),
    ..."Providers name api_base_url models Router default PORT HOST weak-model alias openai-api-base x * a/b".split(
      " ",
    ),
  );
  const values = fc.oneof(
    fc.constantFrom(
      "openai/gpt-4o",
      "gemini/x",
      "http://h:1/v1",
      "https://u:p@h",
      "os.environ/A",
      "a,b",
      "x:gpt-4o",
      "1",
    ),
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.constant(null),
  );
  const node = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 6 },
      values,
      fc.array(tie("node"), { maxLength: 3 }),
      fc.dictionary(names, tie("node"), { maxKeys: 5 }),
    ),
  })).node;
  const deployment = fc.record({
    model_name: values,
    litellm_params: fc.record({ model: values, api_base: values, api_key: values }),
  });
  const root = fc.oneof(
    node,
    fc.record({ model_list: fc.array(deployment, { maxLength: 4 }), router_settings: node }),
    fc.record({
      Providers: fc.array(fc.record({ name: values, api_base_url: values, api_key: values })),
      Router: node,
    }),
  );

  test.each(Object.keys(IMPORTERS) as ImportKind[])(
    "an import from %s never throws and gives a file that parses",
    (kind) => {
      fc.assert(
        fc.property(root, (value) => expect(importConfig(kind, JSON.stringify(value), "theirs").ok).toBe(true)),
        { numRuns: 200 },
      );
    },
  );

  test("text that is no YAML is refused at its place", () => {
    expect(complaints(importConfig("litellm", "a: [", "theirs"))).toContain("theirs:1:5: is not valid YAML");
  });
});
