import type { Agent } from "./agents.ts";
import type { AgentRun } from "./world.ts";

/** One task of one agent in numbers. */
export interface Fact {
  readonly agent: string;
  readonly version: string;
  readonly dialect: string;
  readonly upstream: string;
  readonly scenario: string;
  /** Requests to the gateway that ask a model. */
  readonly requests: number;
  /** Everything else that it asked the gateway, e.g. `GET /v1/models?limit=1000 200`. */
  readonly others: readonly string[];
  /** Requests that the provider saw. */
  readonly upstreamRequests: number;
  /** Null: ended by the time limit. */
  readonly exitCode: number | null;
  readonly outside: readonly string[];
}

function hostOf(asked: string): string {
  return asked.replace(/^https?:\/\//, "").replace(/[:/].*$/, "");
}

/** What one run showed. */
export function factOf(agent: Agent, upstream: string, scenario: string, run: AgentRun): Fact {
  const isAsking = (method: string): boolean => method === "POST";
  const others = run.tap.calls.filter(({ method }) => !isAsking(method));
  return {
    agent: agent.name,
    version: agent.package.version,
    dialect: agent.dialect,
    upstream,
    scenario,
    requests: run.tap.calls.length - others.length,
    others: [...new Set(others.map(({ method, path, status }) => `${method} ${path} ${status}`))],
    upstreamRequests: run.fake.calls.length,
    exitCode: run.code,
    outside: [...new Set(run.fence.asked.map(hostOf))].sort(),
  };
}

function rowOf(fact: Fact): string {
  const { scenario, dialect, upstream, requests, upstreamRequests, exitCode } = fact;
  const way = dialect === upstream ? dialect : `${dialect} to ${upstream}`;
  return `| ${[scenario, way, requests, upstreamRequests, exitCode ?? "ended by the limit"].join(" | ")} |`;
}

function sectionOf(name: string, facts: readonly Fact[]): string {
  const others = [...new Set(facts.flatMap((fact) => fact.others))].map((line) => `\`${line}\``);
  const outside = [...new Set(facts.flatMap((fact) => fact.outside))];
  return [
    `## ${name} ${facts[0]?.version}`,
    [
      "| task | dialect | asked the gateway | asked the provider | exit code |",
      "| --- | --- | --- | --- | --- |",
      ...facts.map(rowOf),
    ].join("\n"),
    `Besides: ${others.length === 0 ? "nothing" : others.join(", ")}.`,
    `Wanted from outside, and did without: ${outside.length === 0 ? "nothing" : outside.join(", ")}.`,
  ].join("\n\n");
}

const INTRODUCTION = `# Clients that are tested

Real coding agents, through the compiled gateway, with a scripted provider behind it: \`bun run test:clients\` installs
them, has each do its tasks and writes this page. The proxy that each is given lets nobody out and keeps a list of who
was asked for. A task ends after at most 45 seconds.

*cut*: the first answer breaks off, the next is whole; *cut call*: so does one with a call of the client's editing tool,
which must not run (opencode runs a call as soon as its arguments are whole, and Aider has none); *refusal*: the account
has nothing left, which must cost one request of the conversation (opencode asks for a title besides).`;

/** The page of what was measured, by agent. */
export function reportOf(facts: readonly Fact[], skipped: readonly string[]): string {
  const byAgent = Map.groupBy(facts, ({ agent }) => agent);
  const sections = [...byAgent].map(([name, of]) => sectionOf(name, of));
  const absent = skipped.length === 0 ? [] : [`## Skipped\n\n${skipped.map((line) => `- ${line}`).join("\n")}`];
  return `${[INTRODUCTION, ...sections, ...absent].join("\n\n")}\n`;
}
