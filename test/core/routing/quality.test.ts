import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { EVIDENCE_KINDS, type Evidence, evidenceWeightOf } from "../../../src/core/evidence.ts";
import {
  believe,
  floorReached,
  goodAnswersNeeded,
  HALF_LIFE_MS,
  type ModelFacts,
  posteriorOf,
  probabilityAtLeast,
  sumEvidence,
  VOTER_CORRELATION,
} from "../../../src/core/routing/quality.ts";

const WEEK_MS = 7 * 86_400_000;
/** The first instant of a week of the Unix calendar, so that nothing of it is forgotten yet. */
const NOW = 2_955 * WEEK_MS;
const MODEL: ModelFacts = {
  provider: "ollama",
  model: "unheard-of:7b",
  isLocal: true,
  parametersBillions: 7,
  outputUsdPerMillion: 0,
};

let serial = 0;
function piece(over: Partial<Evidence> = {}): Evidence {
  serial += 1;
  const about = { provider: "ollama", model: "unheard-of:7b", taskClass: "bug_fix", requestId: null, project: null };
  return { id: `e${serial}`, at: NOW, kind: "thumb", score: 1, voter: `person ${serial}`, ...about, ...over };
}

function belief(evidence: readonly Evidence[], now = NOW) {
  return believe(MODEL, "bug_fix", { figures: [], evidence, now });
}

const anyPiece = fc.record({
  kind: fc.constantFrom(...EVIDENCE_KINDS),
  score: fc.constantFrom(0, 0.5, 1),
  voter: fc.constantFrom(null, "a", "b", "c"),
  at: fc.integer({ min: NOW - 60 * WEEK_MS, max: NOW }),
});
const somePieces = fc.array(anyPiece, { maxLength: 60 }).map((all) => all.map(piece));

describe("what is believed of a model", () => {
  test("more good evidence never lowers the mean, and more bad never raises it", () => {
    fc.assert(
      fc.property(somePieces, anyPiece, (before, one) => {
        const mean = belief(before).mean;
        expect(belief([...before, piece({ ...one, score: 1 })]).mean).toBeGreaterThanOrEqual(mean - 1e-12);
        expect(belief([...before, piece({ ...one, score: 0 })]).mean).toBeLessThanOrEqual(mean + 1e-12);
      }),
    );
  });

  test("forgetting moves the mean towards the prior, monotonically, and never beyond", () => {
    const prior = belief([]).mean;
    fc.assert(
      fc.property(somePieces, fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (pieces, a, b) => {
        const sooner = belief(pieces, NOW + a * WEEK_MS);
        const later = belief(pieces, NOW + (a + b) * WEEK_MS);
        expect(Math.abs(later.mean - prior)).toBeLessThanOrEqual(Math.abs(sooner.mean - prior) + 1e-12);
        expect((later.mean - prior) * (sooner.mean - prior)).toBeGreaterThanOrEqual(-1e-12);
        expect(later.ownWeight).toBeLessThanOrEqual(sooner.ownWeight + 1e-12);
      }),
    );
  });

  test("the order in which evidence of one instant is told changes nothing", () => {
    const shuffled = somePieces.chain((pieces) =>
      fc.tuple(fc.constant(pieces), fc.shuffledSubarray(pieces, { minLength: pieces.length })),
    );
    fc.assert(
      fc.property(shuffled, ([pieces, others]) => {
        const [one, other] = [belief(pieces), belief(others)];
        expect(other.mean).toBeCloseTo(one.mean, 12);
        expect(other.ownWeight).toBeCloseTo(one.ownWeight, 9);
      }),
    );
  });

  test("the interval narrows as evidence of one share grows", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (n, more) => {
        const prior = { mean: 0.6, weight: 2, source: null, basis: "" };
        const width = (answers: number) => {
          const { low, high } = posteriorOf(prior, { good: 0.6 * answers, bad: 0.4 * answers });
          return high - low;
        };
        expect(width(n + more)).toBeLessThan(width(n));
      }),
    );
  });

  test("the interval holds the mean, and everything lies between 0 and 1", () => {
    fc.assert(
      fc.property(somePieces, (pieces) => {
        const { low, mean, high } = belief(pieces);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThan(mean);
        expect(mean).toBeLessThan(high);
        expect(high).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("without evidence it is the prior, wide and unmeasured", () => {
    const { mean, low, high, priorWeight, ownWeight, source } = belief([]);
    expect([mean, priorWeight, ownWeight, source]).toEqual([0.45, 2, 0, null]);
    expect(high - low).toBeGreaterThan(0.8);
  });

  test("a tie counts as half of each", () => {
    expect(sumEvidence([piece({ score: 0.5 })], NOW)).toEqual({ good: 0.5, bad: 0.5 });
  });
});

describe("forgetting and clusters", () => {
  test("after one half-life evidence counts half", () => {
    const pieces = [piece(), piece({ score: 0 })];
    const { good, bad } = sumEvidence(pieces, NOW + HALF_LIFE_MS);
    expect([good, bad]).toEqual([0.5, 0.5]);
  });

  test("evidence from a clock that is ahead counts in full, not more", () => {
    expect(sumEvidence([piece({ at: NOW + 5 * WEEK_MS })], NOW).good).toBe(1);
  });

  test("one person's week counts as the design effect says, many persons in full", () => {
    const one = Array.from({ length: 10 }, () => piece({ voter: "ada" }));
    const many = Array.from({ length: 10 }, () => piece());
    expect(sumEvidence(one, NOW).good).toBeCloseTo(10 / (1 + 9 * VOTER_CORRELATION), 12);
    expect(sumEvidence(many, NOW).good).toBe(10);
  });

  test("one person in one week never outweighs what the correlation allows, however often", () => {
    const tireless = Array.from({ length: 5_000 }, () => piece({ voter: null }));
    expect(sumEvidence(tireless, NOW).good).toBeLessThan(1 / VOTER_CORRELATION);
  });

  test("what machines find is not clustered by who started them", () => {
    const runs = Array.from({ length: 10 }, () => piece({ kind: "exit", voter: "ada" }));
    expect(sumEvidence(runs, NOW).good).toBeCloseTo(10 * evidenceWeightOf("exit"), 12);
  });

  test("each kind has its weight, in answers judged by a person", () => {
    for (const kind of EVIDENCE_KINDS) {
      expect(sumEvidence([piece({ kind })], NOW).good).toBe(evidenceWeightOf(kind));
    }
  });
});

describe("reaching a floor", () => {
  test("the floor that is reached is the one whose probability is asked for", () => {
    fc.assert(
      fc.property(somePieces, fc.constantFrom(0.5, 0.8, 0.9, 0.99), (pieces, probability) => {
        const believed = belief(pieces);
        expect(probabilityAtLeast(believed, floorReached(believed, probability))).toBeCloseTo(probability, 6);
      }),
    );
  });

  test("the number of good answers needed is the least that does", () => {
    fc.assert(
      fc.property(somePieces, fc.constantFrom(0.3, 0.6, 0.9), (pieces, floor) => {
        const sums = sumEvidence(pieces, NOW);
        const prior = { mean: 0.5, weight: 2, source: null, basis: "" };
        const needed = goodAnswersNeeded(posteriorOf(prior, sums), floor, 0.9) ?? Number.NaN;
        const after = (good: number) =>
          probabilityAtLeast(posteriorOf(prior, { ...sums, good: sums.good + good }), floor);
        expect(after(needed)).toBeGreaterThanOrEqual(0.9);
        if (needed > 0) expect(after(needed - 1)).toBeLessThan(0.9);
      }),
    );
  });

  test("a floor of 1 is reached by no number of answers", () => {
    expect(goodAnswersNeeded(belief([piece()]), 1, 0.9)).toBeNull();
  });
});

const votes = join(process.env.LODESTAR_TEST_DATA ?? "../shared", "data/votes/llmfao.csv");

describe("the correlation of one person's votes", () => {
  test.skipIf(!existsSync(votes))("is what the published votes give (needs data/votes)", () => {
    const [, ...lines] = readFileSync(votes, "utf8").trim().split("\n");
    const sides = lines.flatMap((line) => {
      const [, , x = "", y = "", worker = "", winner = ""] = line.split(",");
      const score = winner === "left" ? 1 : winner === "right" ? 0 : 0.5;
      return [
        { model: x, cluster: `${worker} ${x}`, score },
        { model: y, cluster: `${worker} ${y}`, score: 1 - score },
      ];
    });
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const byModel = Map.groupBy(sides, ({ model }) => model);
    const meanOf = new Map([...byModel].map(([model, all]) => [model, mean(all.map(({ score }) => score))]));
    const centred = sides.map(({ model, cluster, score }) => ({ cluster, value: score - (meanOf.get(model) ?? 0) }));
    const clusters = [...Map.groupBy(centred, ({ cluster }) => cluster).values()].map((all) =>
      all.map(({ value }) => value),
    );
    const n = centred.length;
    const middle = mean(centred.map(({ value }) => value));
    const between = clusters.reduce((sum, all) => sum + all.length * (mean(all) - middle) ** 2, 0);
    const within = clusters.flatMap((all) => all.map((value) => (value - mean(all)) ** 2)).reduce((a, b) => a + b, 0);
    const size = (n - clusters.reduce((sum, all) => sum + all.length ** 2, 0) / n) / (clusters.length - 1);
    const [msBetween, msWithin] = [between / (clusters.length - 1), within / (n - clusters.length)];
    expect(n).toBe(17_862);
    expect((msBetween - msWithin) / (msBetween + (size - 1) * msWithin)).toBeCloseTo(VOTER_CORRELATION, 2);
  });
});
