import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { BUILT_IN_ALIASES, expandName, matchesPattern } from "../../src/core/expand.ts";
import { targetName } from "../../src/core/target.ts";
import { directory, source } from "./directory.ts";

const FULL = directory({
  sources: [
    source("ollama", { isLocal: true, models: ["qwen:3b", "deepseek-coder:1b", "llama3:latest"] }),
    source("openai", { models: ["gpt-4o", "shared"], cheap: "nano", strong: "big", cheapPrice: 0.5, strongPrice: 20 }),
    source("anthropic", { models: ["shared"], cheap: "haiku", strong: "opus", cheapPrice: 6, strongPrice: 30 }),
    source("mystery", { models: ["vendor/model"], cheap: "small", strong: "large" }),
    source("plain", { models: ["only-here"] }),
  ],
  unconfigured: [
    { id: "groq", keyEnv: "GROQ_API_KEY" },
    { id: "vllm", keyEnv: "" },
  ],
  aliases: { coder: "ollama/qwen:3b", nick: "coder", twice: "loop", ring: "ring", long: "nick" },
  chains: { default: ["free", "coder", "best"], both: ["coder", "openai/gpt-4o", "nick"], loop: ["twice", "gpt-4o"] },
});

function names(name: string, from = FULL): readonly string[] {
  return expandName(name, from).candidates.map(targetName);
}

describe("looking a name up", () => {
  const cases: readonly (readonly [title: string, name: string, expected: readonly string[]])[] = [
    ["provider/model", "openai/gpt-4o", ["openai/gpt-4o"]],
    ["an unknown model of a configured provider is passed on", "openai/not-yet-released", ["openai/not-yet-released"]],
    ["a model name may hold slashes", "mystery/vendor/model", ["mystery/vendor/model"]],
    ["a model name with slashes is found bare too", "vendor/model", ["mystery/vendor/model"]],
    ["an alias", "coder", ["ollama/qwen:3b"]],
    ["an alias of an alias of an alias", "long", ["ollama/qwen:3b"]],
    ["a chain, each target once", "both", ["ollama/qwen:3b", "openai/gpt-4o"]],
    ["a bare name that one provider has", "only-here", ["plain/only-here"]],
    ["a bare name without its :latest", "llama3", ["ollama/llama3:latest"]],
    ["a bare name that two providers have leads nowhere", "shared", []],
    ["an alias of itself leads nowhere", "ring", []],
    ["a chain in a circle keeps what is not in the circle", "loop", ["openai/gpt-4o"]],
    ["free is the best of each local engine", "free", ["ollama/qwen:3b"]],
    ["cheap goes by price, unknown ones last", "cheap", ["openai/nano", "anthropic/haiku", "mystery/small"]],
    ["best goes by price the other way, unknown ones last", "best", ["anthropic/opus", "openai/big", "mystery/large"]],
    ["auto is the default chain", "auto", ["ollama/qwen:3b", "anthropic/opus", "openai/big", "mystery/large"]],
    ["a built-in name takes its first way that leads somewhere", "gpt-3.5-turbo", ["ollama/deepseek-coder:1b"]],
    ["a built-in name with a pattern", "local-llama", ["ollama/llama3:latest"]],
    ["a pattern without a match leads nowhere", "ollama/nothing*", []],
    ["an empty model leads nowhere", "openai/", []],
    ["an empty provider leads nowhere", "/gpt-4o", []],
    ["nothing leads nowhere", "", []],
  ];
  for (const [title, name, expected] of cases) {
    test(title, () => expect(names(name)).toEqual(expected));
  }

  test("goes in this order: chain, provider/model, alias, bare name, built-in name", () => {
    const sources = [source("p", { models: ["gpt-4o", "x", "free"] }), source("openai")];
    const chained = directory({ sources, chains: { "gpt-4o": ["p/chain"] }, aliases: { "gpt-4o": "p/alias" } });
    expect(names("gpt-4o", chained)).toEqual(["p/chain"]);
    expect(names("gpt-4o", { ...chained, chains: {} })).toEqual(["p/alias"]);
    expect(names("gpt-4o", { ...chained, chains: {}, aliases: {} })).toEqual(["p/gpt-4o"]);
    expect(names("gpt-4o", directory({ sources: [source("openai")] }))).toEqual(["openai/gpt-4o"]);
    expect(names("free", directory({ sources }))).toEqual(["p/free"]);
  });

  test("a chain may name itself as a model: its own entry then means the model", () => {
    const from = directory({ sources: [source("p", { models: ["m"] }), source("q")], chains: { m: ["m", "q/other"] } });
    expect(names("m", from)).toEqual(["p/m", "q/other"]);
  });

  test("says by which steps a target was found", () => {
    const reasons = (name: string) => expandName(name, FULL).candidates.map((candidate) => candidate.reason);
    expect(reasons("openai/gpt-4o")).toEqual(["explicit"]);
    expect(reasons("nick")).toEqual(["alias:nick>alias:coder"]);
    expect(reasons("both")).toEqual(["chain:both>alias:coder", "chain:both"]);
    expect(reasons("only-here")).toEqual(["bare-name"]);
    expect(reasons("auto").slice(0, 2)).toEqual(["auto>free", "auto>best"]);
  });

  test("without a default chain auto is free, then cheap, then best", () => {
    expect(names("auto", { ...FULL, chains: {} })).toEqual([
      "ollama/qwen:3b",
      "openai/nano",
      "anthropic/haiku",
      "mystery/small",
      "anthropic/opus",
      "openai/big",
      "mystery/large",
    ]);
  });

  for (const trap of ["__proto__", "constructor", "toString", "hasOwnProperty", "valueOf", "default"]) {
    test(`"${trap}" is a name like any other`, () => {
      const bare = directory({ sources: [source("p", { models: ["m"] })] });
      expect(expandName(trap, bare)).toEqual({ candidates: [] });
      expect(names(`p/${trap}`, bare)).toEqual([`p/${trap}`]);
      expect(names(`${trap}/m`, bare)).toEqual([]);
      expect(names(trap, directory({ sources: [source("p", { models: [trap] })] }))).toEqual([`p/${trap}`]);
    });
  }
});

describe("names that lead nowhere say why", () => {
  const cases: readonly (readonly [title: string, name: string, code: string, text: string])[] = [
    [
      "a known provider without a key",
      "groq/llama",
      "provider_not_configured",
      "set GROQ_API_KEY or run `lodestar provider add groq`",
    ],
    [
      "a known provider without keys at all",
      "vllm/x",
      "provider_not_configured",
      "start it, or add a `providers` entry",
    ],
    ["free without a local model", "free", "no_local_model", "Pull one."],
    ["cheap without a paid provider", "cheap", "no_paid_provider", "lodestar provider add"],
    ["best without a paid provider", "best", "no_paid_provider", "lodestar provider add"],
    ["auto tells its first problem", "auto", "no_local_model", "Pull one."],
    ["a built-in name whose provider has no key", "claude-opus", "provider_not_configured", "ANTHROPIC_API_KEY"],
  ];
  const empty = directory({
    unconfigured: [...FULL.unconfigured, { id: "anthropic", keyEnv: "ANTHROPIC_API_KEY" }],
  });
  for (const [title, name, code, text] of cases) {
    test(title, () => {
      const { candidates, problem } = expandName(name, empty);
      expect(candidates).toEqual([]);
      expect(problem).toMatchObject({ code, status: 400, shouldRetry: false, param: "model" });
      expect(problem?.message).toContain(text);
    });
  }

  test("a chain with one way left has no problem", () => {
    const from = directory({ ...empty, sources: [source("p")], chains: { c: ["free", "groq/x", "p/m"] } });
    const expansion = expandName("c", from);
    expect(expansion.candidates.map(targetName)).toEqual(["p/m"]);
    expect(expansion.problem).toBeUndefined();
  });

  test("a local engine without a chat model does not count as free", () => {
    const sources = [source("ollama", { isLocal: true, models: ["nomic-embed-text"], free: null })];
    expect(expandName("free", directory({ sources })).problem?.code).toBe("no_local_model");
    expect(names("nomic-embed-text", directory({ sources }))).toEqual(["ollama/nomic-embed-text"]);
  });

  test("a paid provider that names no cheap model does not count", () => {
    expect(expandName("cheap", directory({ sources: [source("p")] })).problem?.code).toBe("no_paid_provider");
  });
});

describe("every directory", () => {
  const word = fc.constantFrom(
    "a",
    "b",
    "c",
    "auto",
    "free",
    "best",
    "cheap",
    "default",
    "p/m",
    "q/m",
    "gpt-4o",
    "grok",
  );
  const anyDirectory = fc.record({
    aliases: fc.dictionary(word, word, { maxKeys: 5 }),
    chains: fc.dictionary(word, fc.array(word, { minLength: 1, maxLength: 4 }), { maxKeys: 5 }),
    models: fc.subarray(["a", "b", "auto", "gpt-4o"]),
  });

  test("is looked up to an end, names every target once, and only configured providers", () => {
    fc.assert(
      fc.property(anyDirectory, word, ({ aliases, chains, models }, name) => {
        const sources = [source("p", { models, cheap: "c", strong: "s" }), source("q", { isLocal: true, models })];
        const found = names(name, directory({ sources, aliases, chains }));
        expect(new Set(found).size).toBe(found.length);
        for (const target of found) expect(["p", "q"]).toContain(target.split("/")[0] ?? "");
      }),
      { numRuns: 500 },
    );
  });

  /** Chains `c0` to `c<depth - 1>`, each naming the next one twice: 2^depth ways to the last, which names two models. */
  function multiplying(depth: number) {
    const chains = Object.fromEntries(
      Array.from({ length: depth }, (_, index) => [`c${index}`, [`c${index + 1}`, `c${index + 1}`]]),
    );
    return directory({ sources: [source("p")], chains: { ...chains, [`c${depth}`]: ["p/a", "p/b"] } });
  }

  test("chains that name one another are followed as long as they stay few", () => {
    expect(names("c0", multiplying(7))).toEqual(["p/a", "p/b"]);
  });

  test("chains that multiply without end are refused at once, whole, and by the name that was asked for", () => {
    const { candidates, problem } = expandName("c0", multiplying(60));
    expect(candidates).toEqual([]);
    expect(problem).toMatchObject({ status: 400, code: "chain_too_large", param: "model", shouldRetry: false });
    expect(problem?.message).toStartWith('"c0" leads through more than 1000 chains and aliases');
  });

  test("built-in names lead to providers, patterns or choices only", () => {
    for (const [name, targets] of Object.entries(BUILT_IN_ALIASES)) {
      expect(targets.length).toBeGreaterThan(0);
      for (const target of targets) expect(`${name}: ${target}`).toMatch(/: (?:[a-z]+\/[\w.*-]+|free)$/);
    }
  });
});

describe("patterns of names", () => {
  const cases: readonly (readonly [name: string, pattern: string, expected: boolean])[] = [
    ["gpt-4o", "gpt-4o", true],
    ["gpt-4o", "gpt-4", false],
    ["gpt-4o", "gpt*", true],
    ["gpt-4o", "*4o", true],
    ["gpt-4o", "g*4*o", true],
    ["gpt-4o", "*", true],
    ["", "*", true],
    ["aa", "aa*aa", false],
    ["aaa", "aa*aa", false],
    ["aaaa", "aa*aa", true],
    ["acbd", "a*b*c*d", false],
    ["a.c", "a?c", false],
    ["axc", "a.c", false],
    ["ollama/x", "ollama/*", true],
    ["a*b", "a**b", true],
  ];
  for (const [name, pattern, expected] of cases) {
    test(`"${pattern}" ${expected ? "takes" : "does not take"} "${name}"`, () => {
      expect(matchesPattern(name, pattern)).toBe(expected);
    });
  }

  test("agree with the regular expression that says the same", () => {
    const letters = fc.string({ unit: fc.constantFrom("a", "b", "/"), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom("a", "b", "/", "*"), maxLength: 6 });
    fc.assert(
      fc.property(letters, pattern, (name, glob) => {
        expect(matchesPattern(name, glob)).toBe(new RegExp(`^${glob.replaceAll("*", ".*")}$`).test(name));
      }),
      { numRuns: 1000 },
    );
  });
});
