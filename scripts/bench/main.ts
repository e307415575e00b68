import { mkdirSync, writeFileSync } from "node:fs";
import { bun, ROOT, runStep } from "../step.ts";
import { measureDashboard } from "./measure/dashboard.ts";
import { type LedgerCount, measureLeaving, measureLedger, measureStarts } from "./measure/life.ts";
import { measureMemory, measureSlowReaders, megabytesOf } from "./measure/memory.ts";
import { createSamples, METRICS, type Samples } from "./measure/samples.ts";
import { measureLoads, type Scale, streamProblem, warmUp } from "./measure/scenarios.ts";
import { verdicts } from "./report/bars.ts";
import { describeSurroundings } from "./report/machine.ts";
import { type Findings, figureRows, performancePage, verdictRows } from "./report/markdown.ts";
import { startHono } from "./targets/hono.ts";
import { type LodestarTarget, startLodestar } from "./targets/lodestar.ts";
import { startNginx } from "./targets/nginx.ts";
import { startPortkey } from "./targets/portkey.ts";
import type { Absent, Target } from "./targets/target.ts";
import { startUpstream, type UpstreamTarget } from "./targets/upstream.ts";

const LEDGER_ROWS = { full: 1_000_000, quick: 50_000 };
const FULL: Scale = { rounds: 3, duration: 1, starts: 10, leavings: 20 };
const QUICK: Scale = { rounds: 1, duration: 0.25, starts: 3, leavings: 5 };
const HELP = `bun run bench [--quick] [--json]

Measures dist/lodestar beside a direct call, a bare Bun + Hono pass-through, nginx and Portkey's gateway.
Takes up to five minutes and writes docs/performance.md; --quick takes under one and writes nothing.
--json prints every sample instead of tables.`;

interface Field {
  readonly upstream: UpstreamTarget;
  readonly lodestar: LodestarTarget;
  readonly targets: readonly Target[];
  readonly absent: readonly Absent[];
}

function say(words: string): void {
  console.error(`[bench] ${words}`);
}

function isTarget(candidate: Target | Absent): candidate is Target {
  return "port" in candidate;
}

async function openField(): Promise<Field> {
  mkdirSync(`${ROOT}.cache/bench`, { recursive: true });
  say("building");
  const built = await runStep({ name: "build", command: bun("scripts/build.ts", "--if-stale") });
  if (!built.isOk) throw new Error(built.output);
  const upstream = await startUpstream();
  const candidates = [await startNginx(upstream.port), await startPortkey(upstream.port)];
  const absent = candidates.filter((peer): peer is Absent => !isTarget(peer));
  const peers: Target[] = [];
  for (const peer of candidates.filter(isTarget)) {
    const problem = await streamProblem(peer);
    if (problem !== null) absent.push({ name: peer.name, reason: `it fails at streams here (${problem})` });
    peers.push(problem === null ? peer : { ...peer, isWithoutStreams: true });
  }
  for (const { name, reason } of absent) say(`SKIPPED ${name}: ${reason}`);
  const lodestar = await startLodestar(upstream.port);
  const targets = [upstream, await startHono(upstream.port), lodestar, ...peers];
  return { upstream, lodestar, targets, absent };
}

/** Slow readers get a Lodestar of their own: after a thousand streams a collector waits longer. */
async function measureAllMemory(
  { upstream, lodestar }: Field,
  proxies: readonly Target[],
  scale: Scale,
  samples: Samples,
) {
  for (const target of proxies) {
    say(`memory of ${target.name}`);
    await measureMemory(target, samples);
    if (target !== lodestar) await measureSlowReaders(target, scale, samples);
  }
  const fresh = await startLodestar(upstream.port);
  try {
    await measureSlowReaders(fresh, scale, samples);
  } finally {
    await fresh.stop();
    fresh.discard();
  }
}

async function measure(field: Field, scale: Scale, samples: Samples): Promise<LedgerCount> {
  const { upstream, lodestar, targets } = field;
  const proxies = targets.filter((target) => target.pid !== null);
  await measureAllMemory(field, proxies, scale, samples);
  say("starts");
  await measureStarts(upstream.port, scale, samples);
  say("warming up");
  await warmUp(targets, scale);
  await measureLoads(targets, scale, samples, say);
  say("clients that leave");
  for (const target of proxies) await measureLeaving(target, upstream, scale, samples);
  for (const { name, pid } of proxies) if (pid !== null) samples.add("usedMemory", name, megabytesOf(pid));
  await lodestar.stop();
  return measureLedger(lodestar, samples);
}

function allSamples({ samples }: Findings, targets: readonly Target[]): object {
  const metrics = Object.keys(METRICS) as (keyof typeof METRICS)[];
  return Object.fromEntries(
    metrics.map((metric) => [
      metric,
      Object.fromEntries(targets.map(({ name }) => [name, samples.of(metric, name)] as const)),
    ]),
  );
}

async function bench(args: readonly string[]): Promise<number> {
  const unknown = args.filter((arg) => !["--quick", "--json"].includes(arg));
  if (unknown.length > 0) {
    console.error(HELP);
    return unknown.includes("--help") ? 0 : 2;
  }
  const isQuick = args.includes("--quick");
  const samples = createSamples();
  const field = await openField();
  try {
    const count = await measure(field, isQuick ? QUICK : FULL, samples);
    say("the costs dashboard");
    measureDashboard(isQuick ? LEDGER_ROWS.quick : LEDGER_ROWS.full, samples);
    const findings: Findings = {
      ...(await describeSurroundings()),
      date: new Date().toISOString().slice(0, 10),
      samples,
      verdicts: verdicts(samples),
      absent: field.absent,
      ledger: `${count.sent} requests were sent to Lodestar; its ledger holds ${count.rows} rows of ${count.requests} requests, ${count.unsettled} of them unsettled`,
    };
    if (args.includes("--json")) {
      console.log(JSON.stringify({ ...findings, samples: allSamples(findings, field.targets) }, null, 2));
    } else {
      console.log([...verdictRows(findings.verdicts), "", ...figureRows(samples), "", findings.ledger].join("\n"));
    }
    if (!isQuick) writeFileSync(`${ROOT}docs/performance.md`, performancePage(findings));
    return findings.verdicts.every(({ isMet }) => isMet) ? 0 : 1;
  } finally {
    for (const target of field.targets) await target.stop();
    field.lodestar.discard();
  }
}

if (import.meta.main) process.exitCode = await bench(process.argv.slice(2));
