import { describe, expect, test } from "bun:test";
import { INBOUND } from "./matrix-codec.ts";
import { cutEverywhere, cutForClients, isSameBytewise } from "./matrix-cuts.ts";
import { allBodyCells, allStreamCells, exceptionsOf, shareOf, surprisesOf, tableOf } from "./matrix-report.ts";
import { UPSTREAMS } from "./matrix-upstreams.ts";
import { dataRoot, NO_DATA_REASON } from "./recordings.ts";

const isAbsent = dataRoot() === undefined;
const title = isAbsent ? ` ${NO_DATA_REASON}` : "";

describe.skipIf(isAbsent)(`every recorded stream in every inbound dialect${title}`, () => {
  test("is accepted by the dialect's official client with text, tools, stop reason, usage and cost", async () => {
    const cells = await allStreamCells();
    console.log([tableOf(cells), ...exceptionsOf(cells)].join("\n"));
    expect(cells.length).toBeGreaterThan(860);
    expect(surprisesOf(cells)).toEqual([]);
    expect(shareOf(cells)).toBeGreaterThanOrEqual(0.99);
  }, 60_000);

  test("gives the same parts when it is fed byte by byte", () => {
    const different = UPSTREAMS.filter((upstream) => !isSameBytewise(upstream));
    expect(different.map(({ recording }) => recording.file)).toEqual([]);
  }, 60_000);

  test("ends in the inbound dialect's error event wherever it is cut", () => {
    let faults = 0;
    for (const upstream of UPSTREAMS) {
      const cut = cutEverywhere(upstream);
      faults += cut.faults;
      expect({ file: upstream.recording.file, wrong: cut.wrong }).toEqual({ file: upstream.recording.file, wrong: [] });
    }
    console.log(`matrix: ${faults} cuts, each an error event in all ${INBOUND.length} dialects`);
    expect(faults).toBeGreaterThan(15_000);
  }, 60_000);

  test("makes the official client throw where it is cut", async () => {
    const outcomes = await Promise.all(UPSTREAMS.map((upstream, seed) => cutForClients(upstream, seed)));
    expect(outcomes.flatMap(({ accepted }) => accepted)).toEqual([]);
  }, 60_000);
});

describe.skipIf(isAbsent)(`every recorded whole answer in every inbound dialect${title}`, () => {
  test("is accepted by the dialect's official client with text, tools, stop reason, usage and cost", async () => {
    const cells = await allBodyCells();
    console.log([tableOf(cells), ...exceptionsOf(cells)].join("\n"));
    expect(cells.length).toBeGreaterThan(660);
    expect(surprisesOf(cells)).toEqual([]);
    expect(shareOf(cells)).toBeGreaterThanOrEqual(0.99);
  }, 60_000);
});
