import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type ProbeFacts, probeDueAt } from "../../src/core/probe-schedule.ts";

const NOW = 10_000_000;
const IDLE: ProbeFacts = {
  state: "closed",
  openUntil: 0,
  pausedUntil: 0,
  silentSince: null,
  lastSeenAt: null,
  lastProbeAt: null,
  since: null,
  failedInRow: 0,
  isLocal: false,
  everyMs: 60_000,
};

describe("the next free probe", () => {
  const cases: readonly (readonly [what: string, facts: Partial<ProbeFacts>, dueIn: number | null])[] = [
    ["of a provider far away that nobody uses is never", {}, null],
    ["of one that was last used two hours ago is never", { lastSeenAt: NOW - 7_200_000 }, null],
    ["of one in use is an interval after its traffic", { lastSeenAt: NOW - 20_000 }, 40_000],
    [
      "of one in use is an interval after its last probe",
      { lastSeenAt: NOW - 90_000, lastProbeAt: NOW - 10_000 },
      50_000,
    ],
    ["of a local one comes though nobody uses it", { isLocal: true, lastProbeAt: NOW - 10_000 }, 50_000],
    [
      "of one whose calls fell silent comes after ten seconds",
      { silentSince: NOW - 4_000, lastSeenAt: NOW - 4_000 },
      6_000,
    ],
    [
      "of one that is silent and was reached does not come at once again",
      { silentSince: NOW - 60_000, lastProbeAt: NOW - 1_000 },
      14_000,
    ],
    [
      "of a local one that is watched for the first time is an interval from then",
      { isLocal: true, since: NOW - 5_000 },
      55_000,
    ],
    ["after a failed one comes soon", { failedInRow: 1, lastProbeAt: NOW - 500 }, 1_500],
    [
      "of one that is left out comes before its trial",
      { state: "open", openUntil: NOW + 5_000, lastProbeAt: NOW - 9_000 },
      1_500,
    ],
    [
      "of one left out for long comes again and again",
      { state: "open", openUntil: NOW + 300_000, lastProbeAt: NOW - 1_000 },
      14_000,
    ],
    [
      "of a local one left out comes sooner",
      { state: "open", openUntil: NOW + 300_000, lastProbeAt: NOW - 1_000, isLocal: true },
      4_000,
    ],
    [
      "of one that asked for a pause waits for its end",
      { pausedUntil: NOW + 30_000, silentSince: NOW - 60_000 },
      30_000,
    ],
  ];
  test.each(cases)("%s", (_what, facts, dueIn) => {
    const due = probeDueAt({ ...IDLE, ...facts }, NOW);
    expect(due === null ? null : due - NOW).toBe(dueIn);
  });

  test("never follows another within two seconds, whatever happens", () => {
    const moment = fc.option(fc.integer({ min: NOW - 100_000, max: NOW }), { nil: null });
    const facts = fc.record({
      state: fc.constantFrom("closed" as const, "open" as const, "half-open" as const),
      openUntil: fc.integer({ min: NOW - 300_000, max: NOW + 300_000 }),
      pausedUntil: fc.integer({ min: 0, max: NOW }),
      silentSince: moment,
      lastSeenAt: moment,
      lastProbeAt: fc.integer({ min: NOW - 100_000, max: NOW }),
      since: moment,
      failedInRow: fc.nat(9),
      isLocal: fc.boolean(),
      everyMs: fc.integer({ min: 2_000, max: 600_000 }),
    });
    fc.assert(
      fc.property(facts, (drawn) => {
        const due = probeDueAt(drawn, NOW);
        if (due !== null) expect(due).toBeGreaterThanOrEqual(drawn.lastProbeAt + 2_000);
      }),
    );
  });
});
