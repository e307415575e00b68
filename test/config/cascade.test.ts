import { describe, expect, test } from "bun:test";
import { parseConfig } from "../../src/config/layer.ts";
import { finishCascade } from "../../src/config/schema-cascade.ts";
import { complaints, loaded, makeSandbox } from "./sandbox.ts";

function cascade(yaml: string) {
  const parsed = parseConfig(`routing: { cascade: ${yaml} }`, "c.yaml");
  if (!parsed.ok) throw new Error(complaints(parsed));
  return finishCascade(parsed.value.config.routing?.cascade);
}

describe("routing.cascade", () => {
  test("checks by default only what auto answers with a local model first, and holds no prose", () => {
    expect(finishCascade(undefined)).toMatchObject({
      mode: "on",
      names: ["auto"],
      first: "local",
      judge: null,
      maxEscalations: 2,
      maxMs: 120_000,
      capUsd: null,
      streams: "structured",
      tellsEvidence: true,
    });
    expect(finishCascade(undefined).checks).not.toContain("lazy");
    expect(finishCascade(null)).toEqual(finishCascade(undefined));
  });

  test("says all of it", () => {
    const yaml =
      "{ mode: shadow, names: [auto, coder], first: any, checks: [json, lazy], judge: cheap, maxEscalations: 1, maxTime: 30s, capUsd: 0.05, streams: hold, evidence: false }";
    expect(cascade(yaml)).toEqual({
      mode: "shadow",
      names: ["auto", "coder"],
      first: "any",
      checks: ["json", "lazy"],
      judge: "cheap",
      maxEscalations: 1,
      maxMs: 30_000,
      capUsd: 0.05,
      streams: "hold",
      tellsEvidence: false,
    });
  });

  test("says what is wrong with a value", () => {
    const wrong = (yaml: string) => complaints(parseConfig(`routing: { cascade: ${yaml} }`, "c.yaml"));
    expect(wrong("{ mode: maybe }")).toContain("must be on, shadow or off");
    expect(wrong("{ checks: [jsn] }")).toContain("must be a list of empty, cut-off");
    expect(wrong("{ maxEscalations: 0 }")).toContain("from 1 to 8");
    expect(wrong("{ maxTime: 1ms }")).toContain("at least 1000ms");
    expect(wrong("{ judgge: x }")).toContain('Did you mean "judge"?');
  });

  test("may only name what there is", () => {
    const wrong = (yaml: string) => complaints(makeSandbox(`routing: { cascade: ${yaml} }`).load());
    expect(wrong("{ judge: cheep }")).toContain(
      'routing.cascade.judge names "cheep", which is no alias, chain or listed model. Did you mean "cheap"?',
    );
    expect(wrong("{ names: [auto, codr] }")).toContain("routing.cascade.names[1]");
    const right = makeSandbox("routing: { cascade: { names: [auto, cheap], judge: openai/gpt-5.4-nano } }").load();
    expect(loaded(right).settings.routing.cascade.names).toEqual(["auto", "cheap"]);
  });
});
