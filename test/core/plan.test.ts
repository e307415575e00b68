import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { makePlan, type PlanInput } from "../../src/core/plan.ts";
import { targetName } from "../../src/core/target.ts";
import { processorMs } from "../support/own-time.ts";
import { directory, source } from "./directory.ts";

const NOW = 1_000_000;

const FROM = directory({
  sources: [
    source("work", {
      models: ["m", "shared"],
      accounts: [
        { id: "a", group: "g" },
        { id: "b", group: "g" },
      ],
    }),
    source("home", { isLocal: true, models: ["tiny", "shared"] }),
    source("openrouter", { models: ["anthropic/claude"] }),
  ],
  aliases: { quick: "home/tiny" },
  chains: { both: ["work/m", "home/tiny"] },
});

function plan(requested: string, more: Partial<PlanInput> = {}) {
  return makePlan({ requested, directory: FROM, allowedModels: [], coolingUntil: () => null, ...more }, NOW);
}

function targets(requested: string, more: Partial<PlanInput> = {}): readonly string[] {
  const made = plan(requested, more);
  if (!made.ok) throw new Error(made.error.message);
  return made.value.targets.map(({ target }) => `${targetName(target)}@${target.account}`);
}

function problem(requested: string, more: Partial<PlanInput> = {}) {
  const made = plan(requested, more);
  if (made.ok) throw new Error(`"${requested}" was planned`);
  return made.error;
}

describe("a plan", () => {
  test("has each account of a provider as a target of its own, in order", () => {
    expect(targets("both")).toEqual(["work/m@a", "work/m@b", "home/tiny@default"]);
    const made = plan("both");
    expect(made.ok && made.value.targets.map((entry) => entry.isLocal)).toEqual([false, false, true]);
    expect(made.ok && made.value.requested).toBe("both");
  });

  test("leaves out accounts that cool down, and says until when", () => {
    const coolingUntil: PlanInput["coolingUntil"] = (provider, account) =>
      provider === "work" && account === "a" ? NOW + 5_000 : null;
    expect(targets("both", { coolingUntil })).toEqual(["work/m@b", "home/tiny@default"]);
    const made = plan("both", { coolingUntil });
    expect(made.ok && made.value.skipped).toEqual([
      { target: { provider: "work", account: "a", model: "m" }, untilMs: NOW + 5_000 },
    ]);
  });

  test("knows the targets of the provider that a name leads to first, even while all its accounts cool down", () => {
    const homes = (more: Partial<PlanInput> = {}) => {
      const made = plan("both", more);
      return made.ok && made.value.targets.map((entry) => entry.isHome);
    };
    expect(homes()).toEqual([true, true, false]);
    expect(homes({ coolingUntil: (provider) => (provider === "work" ? NOW + 1 : null) })).toEqual([false]);
    expect(homes({ allowedModels: ["home/*"] })).toEqual([true]);
  });

  test("takes an account again the moment its pause is over", () => {
    expect(targets("work/m", { coolingUntil: () => NOW })).toEqual(["work/m@a", "work/m@b"]);
  });

  test("is a 503 with the shortest wait where everything cools down", () => {
    const error = problem("both", { coolingUntil: (provider) => NOW + (provider === "home" ? 2_500 : 9_000) });
    expect(error).toMatchObject({ status: 503, code: "cooling_down", retryAfterMs: 2_500, shouldRetry: true });
    expect(error.message).toContain("free in 3 s");
  });

  test("is the refusal of an account with nothing left where that is why everything is paused", () => {
    const spent = { kind: "quota-exhausted", message: "Nothing left." } as const;
    const coolingUntil = () => NOW + 9_000;
    const refused = problem("both", { coolingUntil, pausedBy: () => spent });
    expect(refused).toMatchObject({ status: 429, type: "insufficient_quota", shouldRetry: false });
    expect(refused.message).toContain("Nothing left.");
    const pausedBy: PlanInput["pausedBy"] = (provider) => (provider === "home" ? spent : null);
    expect(problem("both", { coolingUntil, pausedBy })).toMatchObject({ status: 503, code: "cooling_down" });
  });
});

describe("an unknown model", () => {
  test("is a 404 with suggestions", () => {
    expect(problem("quik")).toMatchObject({
      status: 404,
      code: "model_not_found",
      type: "not_found_error",
      param: "model",
    });
    expect(problem("quik").message).toContain('Did you mean "quick"');
  });

  test("without anything like it names the command that lists models", () => {
    expect(problem("zzzzzzzzzzzz").message).toContain("`lodestar models` lists");
  });

  test("that several providers have names the choices", () => {
    expect(problem("shared")).toMatchObject({ code: "model_ambiguous", status: 400 });
    expect(problem("shared").message).toContain('"work/shared" or "home/shared"');
  });

  for (const trap of ["__proto__", "constructor", "toString"]) {
    test(`"${trap}" is refused like any other`, () => expect(problem(trap).code).toBe("model_not_found"));
  }

  test("of a mile's length is refused at once, and not repeated in full", () => {
    const huge = "x".repeat(300_000);
    const many = directory({
      sources: [source("p", { models: Array.from({ length: 2_000 }, (_, i) => `model-${i}`) })],
    });
    const refuse = (): void => {
      for (const requested of [huge, `p/${huge}`]) {
        const error = problem(requested, { directory: many });
        expect(error).toMatchObject({ status: 400, code: "model_name_too_long", param: "model" });
        expect(error.message.length).toBeLessThan(500);
      }
    };
    expect(processorMs(refuse)).toBeLessThan(500);
  });
});

describe("a key that may use some models only", () => {
  const cases: readonly (readonly [requested: string, allowed: string, isAllowed: boolean])[] = [
    ["work/m", "work/*", true],
    ["work/m", "work/m", true],
    ["work/m", "m", true],
    ["work/m", "home/*", false],
    ["both", "both", true],
    ["quick", "quick", true],
    ["quick", "home/tiny", true],
    ["openrouter/anthropic/claude", "openrouter/*", true],
    ["openrouter/anthropic/claude", "anthropic/*", false],
    ["openrouter/home/tiny", "home/*", false],
    ["work/home/tiny", "home/tiny", false],
  ];
  for (const [requested, pattern, isAllowed] of cases) {
    test(`"${pattern}" ${isAllowed ? "allows" : "does not allow"} "${requested}"`, () => {
      const made = plan(requested, { allowedModels: [pattern] });
      expect(made.ok).toBe(isAllowed);
      if (made.ok) return;
      expect(made.error).toMatchObject({ status: 403, code: "model_not_allowed", type: "permission_error" });
      expect(made.error.message).toContain(pattern);
    });
  }

  test("gets of a chain what it may use", () => {
    expect(targets("both", { allowedModels: ["home/*"] })).toEqual(["home/tiny@default"]);
  });

  test("never gets a target outside its providers, however it spells the name", () => {
    const part = fc.constantFrom("work", "home", "openrouter", "m", "tiny", "both", "quick", "anthropic", "*");
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 4 }), (parts) => {
        const made = plan(parts.join("/"), { allowedModels: ["home/*"] });
        if (made.ok) expect(made.value.targets.map((entry) => entry.target.provider)).toEqual(["home"]);
      }),
      { numRuns: 500 },
    );
  });
});
