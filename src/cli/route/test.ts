import { readFileSync } from "node:fs";
import { isJsonObject, type JsonObject, parseJson } from "../../core/json.ts";
import type { DialectName } from "../../core/request.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { type RuleTest, ruleTestFaults } from "../../core/routing/rules/rule-test.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { formatPlural } from "../../terminal/format.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { plainText } from "../../terminal/table.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { daemonFlags, inputsOf, jsonFlag } from "../shared-flags.ts";
import { type FactArgs, factFlags, factsFromFlags } from "./facts.ts";
import { projectAt } from "./project-at.ts";
import { sayJson, showSay } from "./say.ts";
import type { RulesTrial } from "./trial.ts";

const DIALECT_NAMES = [
  "openai-chat",
  "openai-responses",
  "anthropic",
  "gemini",
  "ollama",
] as const satisfies readonly DialectName[];

/** One test, and what is wrong with it. */
interface Tested {
  readonly name: string;
  readonly faults: readonly string[];
}

async function readBody(file: string | undefined, host: CliHost): Promise<Result<JsonObject | null, CliProblem>> {
  if (file === undefined) return success(null);
  let text: string;
  try {
    text = file === "-" ? await host.stdin.readAll() : readFileSync(file, "utf8");
  } catch (error) {
    return failure(usageProblem("unreadable_file", `${plainText(file)} cannot be read: ${String(error)}`));
  }
  const json = parseJson(text);
  if (isJsonObject(json)) return success(json);
  const fix = "give the body of a request, such as that of POST /v1/chat/completions";
  return failure(
    usageProblem("bad_request_body", `${file === "-" ? "standard input" : plainText(file)} is no JSON object`, fix),
  );
}

function judge(test: RuleTest, trial: RulesTrial): Tested {
  const say = trial.ask({ given: test.given, body: null, dialect: null });
  if (!say.ok) return { name: test.name, faults: [say.error.message] };
  return { name: test.name, faults: ruleTestFaults(test, say.value.verdict, say.value.targets, trial.names) };
}

function runTests(trial: RulesTrial, { terminal }: CliHost, isJson: boolean): Outcome {
  if (trial.tests.length === 0) {
    const fix = "state facts (lodestar route test --task bug_fix), or write tests below `routing` in the configuration";
    return usageProblem("nothing_to_test", "there are no tests beside the rules, and no facts were stated", fix);
  }
  const tested = trial.tests.map((test) => judge(test, trial));
  const failed = tested.filter(({ faults }) => faults.length > 0);
  const { style } = terminal;
  if (isJson)
    terminal.out(JSON.stringify({ passed: tested.length - failed.length, failed: failed.length, tests: tested }));
  else {
    for (const { name, faults } of tested) {
      terminal.out(`${faults.length === 0 ? style.green("pass") : style.red("FAIL")}  ${plainText(name)}`);
      for (const fault of faults) terminal.out(`      ${plainText(fault)}`);
    }
  }
  if (failed.length === 0) return EXIT_CODES.ok;
  if (isJson) return EXIT_CODES.failure;
  return failureProblem("rule_tests_failed", `${failed.length} of ${formatPlural(tested.length, "test")} failed`);
}

interface TestArgs extends FactArgs {
  readonly file?: string | undefined;
  readonly dialect?: DialectName | undefined;
  readonly json: boolean;
}

async function tryFacts(trial: RulesTrial, args: TestArgs, host: CliHost): Promise<Outcome> {
  const given = factsFromFlags(args, trial.timeZone);
  if (!given.ok) return given.error;
  if (args.file === undefined && Object.keys(given.value).length === 0) return runTests(trial, host, args.json);
  const body = await readBody(args.file, host);
  if (!body.ok) return body.error;
  const say = trial.ask({ given: given.value, body: body.value, dialect: args.dialect ?? null });
  if (!say.ok) return say.error;
  if (args.json) host.terminal.out(JSON.stringify(sayJson(say.value)));
  else showSay(say.value, host.terminal);
  return EXIT_CODES.ok;
}

export const command = defineCommand({
  meta: {
    name: "test",
    description: "Which routing rule decides a request, and why the others do not; runs the tests beside the rules",
    examples: [
      [
        "lodestar route test",
        "run `routing.tests`, and those of this folder's .lodestar.yaml; exit code 1 where one fails",
      ],
      ["lodestar route test --task bug_fix --at 2026-11-27T23:00", "what would hold for these facts"],
      [
        "lodestar route test request.json --key ci --config new.yaml",
        "for a request's body, by a file that is not in use yet",
      ],
    ],
    notes: [
      "Nothing is asked of a model, and no daemon is needed. What is not stated is not there: no budget, nothing loaded, every provider well. `lodestar route explain` looks at the things as they are.",
    ],
  },
  args: {
    file: {
      type: "positional",
      required: false,
      valueHint: "FILE",
      description: "body of a request, JSON; - for standard input",
    },
    dialect: {
      type: "enum",
      options: [...DIALECT_NAMES],
      description: "what the body is written in, where its fields do not tell",
    },
    ...factFlags,
    ...jsonFlag,
    config: daemonFlags.config,
    stateDir: daemonFlags.stateDir,
  },
  async run({ args, ...host }) {
    const project = projectAt(host);
    if (!project.ok) return project.error;
    const opened = await (await host.backend()).openRules(inputsOf(host, args), project.value);
    if (!opened.ok) return opened.error;
    try {
      return await tryFacts(opened.value, args, host);
    } finally {
      opened.value.close();
    }
  },
});
