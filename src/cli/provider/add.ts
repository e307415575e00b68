import { addProvider } from "../../config/edit.ts";
import { failure, type Result, success } from "../../core/result.ts";
import { didYouMean } from "../../core/suggest.ts";
import { EXIT_CODES } from "../../terminal/exit-code.ts";
import { type CliProblem, failureProblem, usageProblem } from "../../terminal/problem.ts";
import { readSecret } from "../../terminal/prompt.ts";
import type { BackendInputs, KnownProvider } from "../backend.ts";
import { type CliHost, defineCommand, type Outcome } from "../command.ts";
import { editConfig } from "../config/edit.ts";
import { type DaemonArgs, daemonFlags, inputsOf } from "../shared-flags.ts";
import { callProvider, reloadDaemon, testModel } from "./call.ts";

interface AddArgs extends DaemonArgs {
  readonly name: string;
  readonly baseUrl?: string | undefined;
  readonly dialect?: string | undefined;
  readonly models: readonly string[];
  readonly key: boolean;
  readonly test: boolean;
}

/** An error names so many providers, the best known first; more would hide what it says. */
const MOST_NAMED = 27;

function checkName(args: AddArgs, known: readonly KnownProvider[]): CliProblem | null {
  if (args.baseUrl !== undefined || known.some(({ id }) => id === args.name)) return null;
  const names = known.map(({ id }) => id);
  const others = names.length - MOST_NAMED;
  const rest = others > 0 ? ` and ${others} more (docs/providers.md)` : "";
  return usageProblem(
    "unknown_provider",
    `"${args.name}" is no provider that Lodestar knows.${didYouMean(args.name, names)}`,
    `one that speaks OpenAI's dialect: lodestar provider add ${args.name} --base-url https://…/v1\nknown: ${names.slice(0, MOST_NAMED).join(", ")}${rest}`,
  );
}

async function askForKey(
  host: CliHost,
  args: AddArgs,
  known: KnownProvider | undefined,
): Promise<Result<string | null, CliProblem>> {
  if (!args.key || known?.isLocal === true) return success(null);
  const where = known?.keyUrl === undefined ? "" : ` (get one at ${known.keyUrl})`;
  const key = await readSecret(host.terminal, host.stdin, `key of ${known?.name ?? args.name}${where}: `);
  if (key === null)
    return failure({ code: "interrupted", message: "nothing was stored", exitCode: EXIT_CODES.interrupted });
  if (key !== "" && !/\s/.test(key)) return success(key);
  const what = key === "" ? "no key was given" : "a key is one word; what was given has spaces or several lines";
  const fix = `printf %s "$KEY" | lodestar provider add ${args.name}${args.baseUrl === undefined ? "" : ", or --no-key where it needs none"}`;
  return failure(failureProblem("no_key", what, fix));
}

/** Writes the block of a provider that only has a base URL. */
async function writeBlock(args: AddArgs, inputs: BackendInputs): Promise<CliProblem | null> {
  if (args.baseUrl === undefined) return null;
  const block = {
    ...(args.dialect === undefined ? {} : { dialect: args.dialect }),
    baseUrl: args.baseUrl,
    ...(args.models.length === 0 ? {} : { models: [...args.models] }),
  };
  const edited = await editConfig(inputs, (text, file) => addProvider(text, file, args.name, block));
  return edited.ok ? null : edited.error;
}

/** One test call with the new key; a key that the provider refuses is taken out again. */
async function tryOut(host: CliHost, args: AddArgs, inputs: BackendInputs, replaced: string | null): Promise<Outcome> {
  const model = await testModel(host, args, args.name, args.models[0]);
  if (!model.ok) {
    host.terminal.talk(`stored, not tested: ${model.error.message}`);
    return EXIT_CODES.ok;
  }
  const answer = await callProvider(host, args, args.name, model.value);
  if (answer.ok) {
    host.terminal.talk(`${args.name}/${model.value} answers`);
    return EXIT_CODES.ok;
  }
  if (answer.error.code !== "provider_auth_failed") {
    return { ...answer.error, message: `the key is stored, but the test call failed: ${answer.error.message}` };
  }
  (await host.backend()).storeKey(inputs, args.name, replaced);
  await reloadDaemon(host, args);
  const kept = replaced === null ? "it was not stored" : "the one before is back in place";
  return {
    code: "key_refused",
    message: `${args.name} refuses the key, so ${kept}: ${answer.error.message}`,
    exitCode: EXIT_CODES.auth,
  };
}

export const command = defineCommand({
  meta: {
    name: "add",
    description: "Add a provider: asks for its key, tests it, stores it (0600), tells the daemon",
    examples: [
      ["lodestar provider add deepseek", "asks for the key without showing it"],
      ["pass show openai | lodestar provider add openai", "reads it from standard input"],
      ["lodestar provider add lab --base-url http://lab:8000/v1 --no-key", "your own server"],
    ],
  },
  args: {
    name: {
      type: "positional",
      required: true,
      description: "a provider that Lodestar knows, or a name of your own with --base-url",
    },
    baseUrl: { type: "string", valueHint: "URL", description: "where it stands; written to the configuration file" },
    dialect: {
      type: "enum",
      options: ["openai-chat", "anthropic", "ollama"],
      description: "what it speaks there (default openai-chat)",
    },
    models: {
      type: "string",
      alias: "m",
      isRepeatable: true,
      valueHint: "NAME",
      description: "models it has; the first one is tested",
    },
    key: { type: "boolean", default: true, description: "it needs no key" },
    test: { type: "boolean", default: true, description: "store it without a test call" },
    ...daemonFlags,
  },
  async run({ args, ...host }) {
    const backend = await host.backend();
    const known = backend.knownProviders();
    const unknown = checkName(args, known);
    if (unknown !== null) return unknown;
    const key = await askForKey(
      host,
      args,
      known.find(({ id }) => id === args.name),
    );
    if (!key.ok) return key.error;
    const inputs = inputsOf(host, args);
    const problem = await writeBlock(args, inputs);
    if (problem !== null) return problem;
    const stored = key.value === null ? success(null) : backend.storeKey(inputs, args.name, key.value);
    if (!stored.ok) return stored.error;
    const reloaded = await reloadDaemon(host, args);
    if (typeof reloaded === "object") return reloaded;
    if (key.value !== null)
      host.terminal.talk(`key stored${reloaded === "reloaded" ? ", and the daemon uses it" : ""}`);
    return args.test ? tryOut(host, args, inputs, stored.value) : EXIT_CODES.ok;
  },
});
