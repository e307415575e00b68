import { Database } from "bun:sqlite";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Manner } from "../load/job.ts";
import { isServing } from "../targets/child.ts";
import { BINARY, type LodestarTarget, spawnLodestar } from "../targets/lodestar.ts";
import type { Target } from "../targets/target.ts";
import type { UpstreamTarget } from "../targets/upstream.ts";
import { run, sentTo } from "./load.ts";
import type { Metric, Samples } from "./samples.ts";
import type { Scale } from "./scenarios.ts";

const POLL_MS = 1;
const START_DEADLINE_MS = 10_000;
const CUT_DEADLINE_MS = 1_000;
/** How long a client waits for headers that never come before it leaves. */
const PATIENCE_MS = 50;

/** Times `--version` and the way from the start of the process, with a fresh state, to its first 200. */
export async function measureStarts(upstreamPort: number, scale: Scale, samples: Samples): Promise<void> {
  for (let start = 0; start < scale.starts; start++) {
    const versionAt = performance.now();
    await Bun.spawn([BINARY, "--version"], { stdout: "ignore", stderr: "ignore" }).exited;
    samples.add("version", "lodestar", performance.now() - versionAt);
    const startedAt = performance.now();
    const { child, port, stateDir } = spawnLodestar(upstreamPort);
    const isUp = await isServing(`http://127.0.0.1:${port}/livez`, START_DEADLINE_MS, POLL_MS);
    samples.add("start", "lodestar", isUp ? performance.now() - startedAt : Number.POSITIVE_INFINITY);
    await child.stop();
    rmSync(join(stateDir, ".."), { recursive: true, force: true });
  }
}

/** Lets clients leave, and notes how long it took each time until the upstream lost its caller; never counts as infinity. */
async function leave(
  load: { target: Target; metric: Metric; script: Parameters<typeof run>[0]["script"]; manner: Manner },
  upstream: UpstreamTarget,
  samples: Samples,
): Promise<void> {
  const { target, metric, script, manner } = load;
  const { leavings } = await run({ target, script, manner });
  const marks = new Set(leavings.map(({ mark }) => mark));
  const until = performance.now() + CUT_DEADLINE_MS;
  let cuts = await upstream.cuts();
  while (cuts.filter(({ mark }) => marks.has(mark)).length < marks.size && performance.now() < until) {
    await Bun.sleep(POLL_MS);
    cuts = await upstream.cuts();
  }
  const cutAt = new Map(cuts.map(({ mark, at }) => [mark, at]));
  samples.add(
    metric,
    target.name,
    ...leavings.map(({ mark, at }) => (cutAt.get(mark) ?? Number.POSITIVE_INFINITY) - at),
  );
}

/** How fast a target lets go of the upstream when its client leaves: while waiting for headers, and in the stream. */
export async function measureLeaving(
  target: Target,
  upstream: UpstreamTarget,
  scale: Scale,
  samples: Samples,
): Promise<void> {
  const requests = scale.leavings;
  await leave(
    {
      target,
      metric: "cancelWaiting",
      script: { kind: "hang" },
      manner: { kind: "leave", requests, afterMs: PATIENCE_MS, prefix: `${target.name}-waiting-` },
    },
    upstream,
    samples,
  );
  if (target.isWithoutStreams === true) return;
  await leave(
    {
      target,
      metric: "cancelStreaming",
      script: { kind: "sse", events: 1_000, intervalMs: 20 },
      manner: { kind: "leave", requests, afterMs: null, prefix: `${target.name}-streaming-` },
    },
    upstream,
    samples,
  );
}

/** What a stopped Lodestar's ledger holds. */
export interface LedgerCount {
  readonly sent: number;
  readonly rows: number;
  readonly requests: number;
  readonly unsettled: number;
}

/** Holds the ledger of a Lodestar that has been stopped against what was sent to it. */
export function measureLedger(target: LodestarTarget, samples: Samples): LedgerCount {
  const database = new Database(target.ledgerPath, { readonly: true });
  const counted = database
    .query<Omit<LedgerCount, "sent">, []>(
      `SELECT count(*) AS rows, count(DISTINCT request_id) AS requests,
       coalesce(sum(state IN ('reserved', 'streaming')), 0) AS unsettled FROM attempts`,
    )
    .get();
  database.close();
  const sent = sentTo.get(target.pid) ?? 0;
  const count = { sent, ...(counted ?? { rows: 0, requests: 0, unsettled: 0 }) };
  const isExact = count.rows === sent && count.requests === sent && count.unsettled === 0;
  samples.add("rowsMissing", "lodestar", isExact ? 0 : Math.max(1, Math.abs(sent - count.rows), count.unsettled));
  return count;
}
