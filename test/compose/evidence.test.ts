import { describe, expect, test } from "bun:test";
import { createEvidenceSide, evidenceDesk } from "../../src/compose/evidence.ts";
import type { Evidence } from "../../src/core/evidence.ts";
import { plainName } from "../../src/core/routing/quality-prior.ts";
import { isTaskClass } from "../../src/core/routing/task-class.ts";
import { openEvidenceStore } from "../../src/stores/evidence.ts";
import { temporaryFolder } from "../stores/temporary.ts";

const NOW = Date.UTC(2026, 10, 23);
const MODEL = { provider: "ollama", model: "m:7b", isLocal: true, parametersBillions: 7, outputUsdPerMillion: 0 };
const PIECE: Evidence = {
  ...{ id: "a", at: NOW, provider: "ollama", model: "m:7b", taskClass: "bug_fix", kind: "thumb", score: 1 },
  ...{ voter: null, requestId: null, project: null },
};

describe("the evidence of a gateway", () => {
  test("opens its file when somebody first asks, once, and pruning alone opens nothing", () => {
    using folder = temporaryFolder();
    let opens = 0;
    const side = createEvidenceSide(() => {
      opens += 1;
      const opened = openEvidenceStore({ stateDir: folder.path });
      return opened.ok ? opened.value : null;
    });
    expect([side.prune(NOW + 1), opens]).toEqual([0, 0]);
    expect(side.book.recordEvidence(PIECE)).toBe(true);
    expect(side.book.believe(MODEL, "bug_fix", NOW).ownWeight).toBeGreaterThan(0.9);
    expect([opens, side.prune(NOW), side.prune(NOW + 1)]).toEqual([1, 0, 1]);
    side.close();
  });

  test("without a file that can be used believes the prior, keeps nothing, and says so", () => {
    const side = createEvidenceSide(() => null);
    expect(side.book.recordEvidence(PIECE)).toBe(false);
    expect(side.book.believe(MODEL, "bug_fix", NOW)).toMatchObject({ ownWeight: 0, priorWeight: 2 });
    side.close();
  });

  test("knows a model's size by what its engine says before what its name says", () => {
    const installed = [{ name: "seven:latest", parameterSize: "7.6B" }];
    const state = { installed } as unknown as ReturnType<Parameters<typeof evidenceDesk>[1]["stateOf"]>;
    const desk = evidenceDesk(
      createEvidenceSide(() => null),
      { stateOf: (provider) => (provider === "ollama" ? state : null) },
    );
    expect(desk.parametersOf("ollama", "seven:latest")).toBe(7.6);
    expect(desk.parametersOf("lab", "other-13b")).toBe(13);
    expect(desk.parametersOf("lab", "other")).toBeNull();
  });
});

describe("the published figures", () => {
  const { figures } = createEvidenceSide(() => null);

  test("each has a pinned source, a day, a number of tasks, and names that a model's name can come to", () => {
    for (const { names, taskClasses, value, n, source, date } of figures) {
      expect(names.map(plainName)).toEqual([...names]);
      expect(taskClasses.every(isTaskClass)).toBe(true);
      expect(value).toBeGreaterThan(0);
      expect(value).toBeLessThan(1);
      expect(n).toBeGreaterThanOrEqual(100);
      expect(Math.abs(value * n - Math.round(value * n))).toBeLessThan(0.1);
      expect(source).toMatch(/^https:\/\/github\.com\/[^/]+\/[^/]+\/blob\/[0-9a-f]{40}\//);
      expect(Date.parse(date)).toBeLessThan(NOW);
    }
  });

  test("no model has two of one class, and those of one class are of one board", () => {
    const keys = figures.flatMap(({ names, taskClasses }) =>
      names.flatMap((name) => taskClasses.map((taskClass) => `${taskClass} ${name}`)),
    );
    expect(new Set(keys).size).toBe(keys.length);
    const boards = Map.groupBy(figures, ({ taskClasses }) => taskClasses.join());
    for (const [, all] of boards) expect(new Set(all.map(({ metric }) => metric)).size).toBe(1);
  });
});
