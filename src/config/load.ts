import { dirname, resolve } from "node:path";
import { failure, type Result, success } from "../core/result.ts";
import type { Finding, LocalProblem } from "./accounts.ts";
import { budgetFindings, checkBudgets } from "./budgets.ts";
import { type ConfigFlags, environmentLayer, flagLayer, misspeltVariables } from "./environment.ts";
import { finishSettings } from "./finish.ts";
import { type Layer, readConfigFile } from "./layer.ts";
import { type Environment, readVariable, SYSTEM_CONFIG_FILE, stateDirectory, userConfigFile } from "./paths.ts";
import { type ConfigProblem, formatPlace, type Place } from "./problem.ts";
import { checkReferences } from "./references.ts";
import { isLoopbackUrl, resolveProviders } from "./resolve-providers.ts";
import { ruleFindings } from "./rules.ts";
import type { Config } from "./schema.ts";
import type { ConfiguredProvider, Settings } from "./settings.ts";
import { resolveWebhooks } from "./webhooks.ts";
import { formatPath, type ValuePath } from "./yaml-source.ts";

/** All that the settings follow from, besides the files that these name. */
export interface ConfigInputs {
  readonly flags: ConfigFlags;
  readonly environment: Environment;
  /** Default {@link SYSTEM_CONFIG_FILE}. */
  readonly systemFile?: string;
}

/** A configuration that works, and what a person may want to know about it. */
export interface Loaded {
  readonly settings: Settings;
  /** What was found and what was not, providers first. */
  readonly findings: readonly Finding[];
  /** Files whose change calls for a reload, whether they exist or not: configuration files, key files, stored keys. */
  readonly watch: readonly string[];
  readonly stateDir: string;
  /** Where the value at a path was set (`file:line:column`, a variable, a flag), or `default`. */
  readonly sourceOf: (path: ValuePath) => string;
}

/** The configuration files that count, most important first: the one named by flag or variable alone, else the user's and the system's. */
export function configFiles(inputs: ConfigInputs): { readonly files: readonly string[]; readonly isNamed: boolean } {
  const named = inputs.flags.config ?? readVariable(inputs.environment, "LODESTAR_CONFIG");
  if (named !== null) return { files: [resolve(named)], isNamed: true };
  return { files: [userConfigFile(inputs.environment), inputs.systemFile ?? SYSTEM_CONFIG_FILE], isNamed: false };
}

interface Layers {
  /** Most important first. */
  readonly all: readonly Layer[];
  /** The file layers' configuration file, if there is one. */
  readonly file: string | null;
}

function readFiles(inputs: ConfigInputs): Result<Layers, readonly ConfigProblem[]> {
  const { files, isNamed } = configFiles(inputs);
  const layers: Layer[] = [];
  const problems: ConfigProblem[] = [];
  let first: string | null = null;
  for (const file of files) {
    const read = readConfigFile(file);
    if (!read.ok) problems.push(...read.error);
    else if (read.value !== null) layers.push(read.value);
    else if (isNamed) {
      const fix = "create it with `lodestar init`, or correct --config or LODESTAR_CONFIG";
      problems.push({ code: "unreadable", origin: file, path: "", message: "there is no such file", fix });
    }
    if (read.ok && read.value !== null) first ??= file;
  }
  return problems.length > 0 ? failure(problems) : success({ all: layers, file: first });
}

function readLayers(inputs: ConfigInputs): Result<Layers, readonly ConfigProblem[]> {
  const flags = flagLayer(inputs.flags);
  const environment = environmentLayer(inputs.environment);
  const files = readFiles(inputs);
  if (flags.ok && environment.ok && files.ok) {
    return success({ all: [flags.value, environment.value, ...files.value.all], file: files.value.file });
  }
  return failure([flags, environment, files].flatMap((read) => (read.ok ? [] : read.error)));
}

function isBlock(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One layer over another: sections merge name by name, and what a name stands for is replaced whole. */
function mergeConfig(upper: Config, lower: Config): Config {
  const merged: Record<string, unknown> = { ...lower };
  for (const [section, value] of Object.entries(upper)) {
    const below = merged[section];
    if (value === undefined || value === null) continue;
    merged[section] = isBlock(value) && isBlock(below) ? { ...below, ...value } : value;
  }
  return merged as Config;
}

/** Whether a provider leads back to our own API port, where it would call itself for ever. */
function isLoop({ provider }: ConfiguredProvider, port: number): boolean {
  return provider.endpoints.some(({ baseUrl }) => isLoopbackUrl(baseUrl) && URL.parse(baseUrl)?.port === String(port));
}

/** Takes out the providers that lead back to us: wrong in the file, a warning where a variable meant for others says so. */
function removeLoops(settings: Settings): { settings: Settings; problems: LocalProblem[]; findings: Finding[] } {
  const { port } = settings.server;
  const loops = settings.providers.filter((configured) => isLoop(configured, port));
  const message = `leads to port ${port}, which is Lodestar's own`;
  const fix = "give it the provider's address, or move Lodestar with `server.port`";
  return {
    settings: { ...settings, providers: settings.providers.filter((configured) => !loops.includes(configured)) },
    problems: loops
      .filter(({ origin }) => origin === "file")
      .map(({ provider }) => ({ code: "loop", path: ["providers", provider.id, "baseUrl"], message, fix })),
    findings: loops
      .filter(({ origin }) => origin !== "file")
      .map(({ provider }) => ({ level: "warning", subject: provider.id, message: `${message}: left out; ${fix}` })),
  };
}

function placeFinder(layers: Layers): (path: ValuePath, part?: "key" | "value") => Place | null {
  return (path, part) => layers.all.map((layer) => layer.place(path, part)).find((place) => place !== null) ?? null;
}

/** The place of the nearest part of a path that is set anywhere. */
function nearestPlace(path: ValuePath, find: ReturnType<typeof placeFinder>, part?: "key" | "value"): Place | null {
  const enclosing = path.map((_, index) => path.slice(0, path.length - index));
  return enclosing.map((steps) => find(steps, part)).find((found) => found !== null) ?? null;
}

function placeText(place: Place | null): string {
  return place === null ? "default" : formatPlace(place);
}

/** Gives problems their places: the nearest enclosing one that is set anywhere. */
function locateProblems(problems: readonly LocalProblem[], layers: Layers): readonly ConfigProblem[] {
  const find = placeFinder(layers);
  return problems.map(({ path, part, ...problem }) => {
    const about = part ?? (find(path) === null ? "key" : "value");
    const place = nearestPlace(path, find, about);
    return { ...problem, path: formatPath(path), ...(place ?? { origin: layers.file ?? "environment" }) };
  });
}

function fileFindings(inputs: ConfigInputs, layers: Layers): readonly Finding[] {
  const { files } = configFiles(inputs);
  const config: Finding =
    layers.file === null
      ? { level: "info", subject: "config", message: `no file (looked for ${files.join(", ")})` }
      : { level: "ok", subject: "config", message: layers.file };
  const misspelt = misspeltVariables(inputs.environment).map(({ name, meant }): Finding => {
    return { level: "warning", subject: name, message: `is not read; did you mean ${meant}?` };
  });
  return [config, ...misspelt];
}

/**
 * Reads flags, environment, files and keys (in this order of precedence) into the final settings. Changes nothing and
 * may be called again at any time; a caller that reloads keeps what it has when this fails.
 */
export function loadSettings(inputs: ConfigInputs): Result<Loaded, readonly ConfigProblem[]> {
  const layers = readLayers(inputs);
  if (!layers.ok) return layers;
  const { all, file } = layers.value;
  const config = all.map((layer) => layer.config).reduceRight((lower, upper) => mergeConfig(upper, lower), {});
  const stateDir = stateDirectory(inputs.environment, inputs.flags.stateDir);
  const { files: configPaths } = configFiles(inputs);
  const find = placeFinder(layers.value);
  const directoryOf = (path: ValuePath): string => dirname(find(path)?.origin ?? file ?? configPaths[0] ?? stateDir);
  const configDirOf = (provider: string): string => directoryOf(["providers", provider]);
  const resolved = resolveProviders(config, { environment: inputs.environment, stateDir }, configDirOf);
  const hooks = resolveWebhooks(config, { environment: inputs.environment, configDir: directoryOf(["webhooks"]) });
  const isAdminPortExplicit = find(["server", "adminPort"]) !== null;
  const whole = finishSettings(config, resolved.providers, file, isAdminPortExplicit, hooks.webhooks);
  const { settings, ...loops } = removeLoops(whole);
  const local = [
    ...resolved.problems,
    ...hooks.problems,
    ...checkReferences(whole),
    ...checkBudgets(whole.budgets),
    ...loops.problems,
  ];
  const problems = [...locateProblems(local, layers.value), ...resolved.variableProblems];
  if (problems.length > 0) return failure(problems);
  return success({
    settings,
    findings: [
      ...resolved.findings,
      ...loops.findings,
      ...hooks.findings,
      ...budgetFindings(settings),
      ...ruleFindings(settings, (path) => placeText(nearestPlace(path, find))),
      ...fileFindings(inputs, layers.value),
    ],
    watch: [...new Set([...configPaths, ...resolved.files, ...hooks.files, resolve(stateDir, "secrets")])],
    stateDir,
    sourceOf: (path) => placeText(find(path)),
  });
}
