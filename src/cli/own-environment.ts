import type { Environment } from "../terminal/terminal.ts";

/** Variable in which `lodestar env` notes whom it pointed a shell's tools at. */
const ENV_MARK = "LODESTAR_ENV_URL";

/** The variables that point tools at a daemon; `base` is its API URL without `/v1`. */
export function toolVariables(base: string, key: string): Readonly<Record<string, string>> {
  return {
    OPENAI_BASE_URL: `${base}/v1`,
    OPENAI_API_KEY: key,
    ANTHROPIC_BASE_URL: base,
    OLLAMA_HOST: base,
    [ENV_MARK]: base,
  };
}

/**
 * The environment without what `lodestar env` put there for other tools. A daemon started from such a shell would else
 * take itself for its Ollama, and its own client key for one of OpenAI's.
 */
export function withoutToolVariables(environment: Environment): Environment {
  const base = environment[ENV_MARK];
  if (base === undefined) return environment;
  const ours = toolVariables(base, environment.OPENAI_API_KEY ?? "");
  const isPointed = environment.OPENAI_BASE_URL === ours.OPENAI_BASE_URL;
  const isOurs = (name: string, value: string | undefined): boolean =>
    name === "OPENAI_API_KEY" ? isPointed : Object.hasOwn(ours, name) && ours[name] === value;
  return Object.fromEntries(Object.entries(environment).filter(([name, value]) => !isOurs(name, value)));
}
