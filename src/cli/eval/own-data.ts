import {
  evaluateOwn,
  type OwnReport,
  type PairReport,
  type PoolReport,
  type SavingReport,
} from "../../features/routing-eval/own-data.ts";
import { ASSUMED_REPLY_TOKENS } from "../../features/routing-eval/prices.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { showTable } from "../../terminal/table.ts";
import type { Terminal } from "../../terminal/terminal.ts";
import type { Outcome } from "../command.ts";
import { figure, interval, share } from "./figures.ts";
import { readAssumedCosts, readPools } from "./read-pool.ts";

/** What `lodestar eval routing` was told about files. */
export interface OwnDataArgs {
  readonly train: string;
  readonly test: string;
  readonly prices?: string | undefined;
  readonly seed: number;
  readonly json: boolean;
}

function showPair(pair: PairReport, terminal: Terminal): void {
  const { controls } = pair;
  terminal.out(`pair: ${pair.weak} (weak), ${pair.strong} (strong)`);
  terminal.out(pair.apgr === null ? "  APGR: none, both are equally good" : `  APGR ${interval(pair.apgr)}`);
  terminal.out(`  CPT(50) ${share(pair.cpt50)}, CPT(80) ${share(pair.cpt80)} of calls to the strong model`);
  terminal.out(
    `  controls: random ${figure(controls.random)}, length ${figure(controls.length)}, keywords ${figure(controls.keywords)}, oracle ${figure(controls.oracle)}`,
  );
}

function showPool(pool: PoolReport, terminal: Terminal): void {
  terminal.out(`pool: the best single model is ${pool.bestSingle}, quality ${figure(pool.bestQuality)}`);
  showTable<SavingReport>(
    terminal,
    pool.levels,
    [
      { title: "ASKED FOR", cell: ({ level }) => share(level), align: "right" },
      { title: "SAVED", cell: ({ saved }) => interval(saved), align: "right" },
      { title: "QUALITY", cell: ({ quality }) => interval(quality), align: "right" },
      { title: "BY", cell: ({ policy }) => policy, canShrink: true },
      {
        title: "ONE MODEL FOR ALL",
        cell: ({ single }) => `${single.model}: ${share(single.saved)} at ${share(single.quality)}`,
        canShrink: true,
      },
    ],
    "no levels",
  );
  const { oracle, random } = pool;
  terminal.out(
    `  oracle: quality ${figure(oracle.quality)}, ${share(oracle.saved)} saved; random: ${figure(random.quality)}, ${share(random.saved)} saved`,
  );
}

function show(report: OwnReport, terminal: Terminal): void {
  terminal.out(
    `${report.rows.train} training rows, ${report.rows.test} test rows, ${report.models.length} models, seed ${report.seed}`,
  );
  if (report.pair === null) terminal.talk(`no pair: ${report.pairReason}`);
  else showPair(report.pair, terminal);
  if (report.pool === null) terminal.talk(`no savings: ${report.poolReason}`);
  else showPool(report.pool, terminal);
  if (report.costs === "prices") {
    terminal.talk(
      `costs are assumed: four characters a token, ${ASSUMED_REPLY_TOKENS} tokens of reply, at the given prices`,
    );
  }
}

/** Trains on one file, tests on the other, and shows both. Only the training rows choose anything. */
export async function evaluateFiles(
  { train: trainFile, test: testFile, prices, seed, json }: OwnDataArgs,
  terminal: Terminal,
): Promise<Outcome> {
  const pools = await readPools(trainFile, testFile);
  if (!pools.ok) return pools.error;
  const { train, test } = pools.value;
  const assumed = await readAssumedCosts(prices, train, test);
  if (!assumed.ok) return assumed.error;
  const report = evaluateOwn(train, test, assumed.value, seed);
  if (json) terminal.out(JSON.stringify(report));
  else show(report, terminal);
  return EXIT_CODES.ok;
}
