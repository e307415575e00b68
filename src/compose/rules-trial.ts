import type { BackendInputs } from "../cli/backend.ts";
import type { RulesTrial, TrialAsk, TrialProject, TrialSay } from "../cli/route/trial.ts";
import { meansAuto } from "../core/expand.ts";
import type { JsonObject } from "../core/json.ts";
import { NO_LIMITS } from "../core/key-limits.ts";
import { makePlan } from "../core/plan.ts";
import { mergeProject, NO_WISH, projectDirectory } from "../core/project.ts";
import type { ChatRequest, DialectName } from "../core/request.ts";
import { failure, type Result, success } from "../core/result.ts";
import { compileRules } from "../core/routing/rules/compile.ts";
import { evaluateRules } from "../core/routing/rules/evaluate.ts";
import { givenFacts, noFacts } from "../core/routing/rules/given-facts.ts";
import type { RuleFacts, RuleVerdict } from "../core/routing/rules/verdict.ts";
import { readSignals } from "../core/routing/signals.ts";
import { targetName } from "../core/target.ts";
import { DIALECTS } from "../dialects/_all.ts";
import type { Dialect } from "../dialects/dialect.ts";
import type { ChatCall } from "../gateway/call.ts";
import { type CliProblem, usageProblem } from "../terminal/problem.ts";
import { loadFor } from "./opening.ts";
import { openReading } from "./reader.ts";
import type { Runtime } from "./runtime.ts";

/** The dialect that a body is written in, by the fields that only one has. */
function dialectOf(body: JsonObject, named: DialectName | null): Dialect | undefined {
  if (named !== null) return DIALECTS[named];
  if ("contents" in body) return DIALECTS.gemini;
  if ("input" in body) return DIALECTS["openai-responses"];
  return "system" in body ? DIALECTS.anthropic : DIALECTS["openai-chat"];
}

/** A request with nothing but a person's words. */
function requestOf(prompt: string): ChatRequest {
  return { model: "auto", messages: [{ role: "user", parts: [{ type: "text", text: prompt }] }], stream: false };
}

function readRequest({ body, dialect, given }: TrialAsk): Result<ChatRequest, CliProblem> {
  if (body === null) return success(requestOf(given.prompt ?? ""));
  const codec = dialectOf(body, dialect);
  const decoded = codec?.decodeRequest(body, "auto");
  if (decoded?.ok === true) return decoded;
  const why = decoded?.error.message ?? "no such dialect";
  return failure(
    usageProblem("bad_request_body", `the request cannot be read: ${why}`, "name its dialect with --dialect"),
  );
}

/** A call that is only looked at. */
function callOf(request: ChatRequest, { given }: TrialAsk): ChatCall {
  const dialect = DIALECTS["openai-chat"];
  return {
    requestId: "trial",
    caller: {
      keyId: null,
      project: given.project ?? null,
      session: null,
      client: given.client ?? null,
      tag: given.tag ?? null,
      file: null,
      allowedModels: [],
      limits: NO_LIMITS,
      credential: null,
    },
    signal: new AbortController().signal,
    dialect,
    passHeaders: {},
    isStrict: false,
    wantsMetadata: false,
    task: given.task ?? null,
    arrivedAt: 0,
    progress: { target: null },
    request,
    body: { text: "", json: {} },
  };
}

/** What the request itself says; the state of things is only what is stated. */
function factsOf(request: ChatRequest, ask: TrialAsk, { services }: Runtime): RuleFacts {
  const signals = readSignals(request);
  const tools = (request.tools ?? []).flatMap((tool) => (tool.type === "function" ? [tool.name] : []));
  const base: RuleFacts = {
    ...noFacts(services.clock.now()),
    requested: request.model,
    signals: () => signals,
    toolNames: () => tools,
    task() {
      if (signals.text === "") return null;
      const considered = services.router?.consider(callOf(request, ask));
      return considered?.ok === true ? considered.value.question.verdict.taskClass : null;
    },
  };
  const facts = givenFacts(ask.given, base);
  const { directory } = services.project(facts.project) ?? { directory: services.directory() };
  return { ...facts, isAuto: meansAuto(facts.requested, directory) };
}

/** What the user and the project's file say together: of the file at hand, else of the one that was made known. */
function projectOf(name: string | null, here: TrialProject | null, { projects, services }: Runtime) {
  if (name === null) return null;
  const own = services.settings().projects[name] ?? null;
  return here !== null && here.name === name ? mergeProject(name, own, here.wish) : projects.projectOf(name);
}

/** Every target that a verdict leads to, cooling down or not; where the policy chooses, those that it chooses from. */
function targetsOf(
  verdict: RuleVerdict,
  facts: RuleFacts,
  here: TrialProject | null,
  runtime: Runtime,
): readonly string[] {
  if (verdict.denied !== null) return [];
  const directory = runtime.services.directory();
  const project = projectOf(facts.project, here, runtime);
  const borders = project === null ? {} : { project: { models: project.models, userDirectory: directory } };
  const targets = (verdict.names ?? [facts.requested]).flatMap((requested) => {
    const plan = makePlan(
      {
        ...borders,
        directory: project === null ? directory : projectDirectory(directory, project),
        requested,
        allowedModels: [],
        task: facts.isAuto && verdict.names === null ? facts.task() : null,
        coolingUntil: () => null,
      },
      facts.now,
    );
    return plan.ok ? plan.value.targets.map(({ target }) => targetName(target)) : [];
  });
  return [...new Set(targets)];
}

function askRules(ask: TrialAsk, here: TrialProject | null, runtime: Runtime): Result<TrialSay, CliProblem> {
  const request = readRequest(ask);
  if (!request.ok) return request;
  const { rules, timeZone } = runtime.services.settings();
  const asked = { ...ask, given: { ...(here === null ? {} : { project: here.name }), ...ask.given } };
  const facts = factsOf(request.value, asked, runtime);
  const project = projectOf(facts.project, here, runtime);
  const verdict = evaluateRules(compileRules(rules, project?.rules ?? NO_WISH.rules, timeZone), facts);
  return success({
    verdict,
    requested: facts.requested,
    isAuto: facts.isAuto,
    targets: targetsOf(verdict, facts, here, runtime),
  });
}

/**
 * Opens the rules of a configuration to be tried, beside a daemon or without one; `here` is the project whose file lies at hand,
 * made known or not. Nothing is changed, and no model asked.
 */
export async function openRulesTrial(
  inputs: BackendInputs,
  here: TrialProject | null,
): Promise<Result<RulesTrial, CliProblem>> {
  const loaded = loadFor(inputs);
  if (!loaded.ok) return loaded;
  const reading = openReading(inputs, loaded.value);
  if (!reading.ok) return reading;
  const { runtime, stores } = reading.value;
  await runtime.local.refresh();
  const { ruleTests, rules, timeZone } = loaded.value.settings;
  return success({
    tests: [...ruleTests, ...(here?.testsIn(timeZone) ?? [])],
    names: [...rules, ...(here?.wish.rules ?? [])].map(({ name }) => name),
    timeZone,
    ask: (asked) => askRules(asked, here, runtime),
    close() {
      runtime.close();
      stores.close();
    },
  });
}
